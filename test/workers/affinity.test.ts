import { describe, expect, test } from 'vitest'
import { createStrategy } from '../../src/graph/strategy.js'
import type { Rebalance, StrategyGraph } from '../../src/graph/strategy-graph.js'
import { bestPair, marksOf, Remembered } from '../../src/workers/affinity.js'

const scored = (n: number, op: string, rebalance: Rebalance = 'monthly', name = 'any'): StrategyGraph =>
  createStrategy({
    version: 1,
    name,
    nodes: [
      { id: 'close', op: 'field', params: { name: 'close' } },
      { id: 'mean', op: 'sma', inputs: ['close'], params: { n } },
      { id: 'rank', op: 'rank', inputs: ['mean'] },
      { id: 'score', op, inputs: ['rank'] },
    ],
    rule: { kind: 'score', score: 'score', select: { top: 5 } },
    portfolio: { rebalance },
  }).graph

const having = (...graphs: StrategyGraph[]) => {
  const remembered = new Remembered()
  for (const graph of graphs) remembered.use(marksOf(graph))
  return remembered
}

describe('marks', () => {
  test('are those of the values that strategies share, whatever is computed cell by cell from them', () => {
    expect(marksOf(scored(20, 'neg'))).toHaveLength(2)
    expect(marksOf(scored(20, 'neg', 'monthly', 'other'))).toEqual(marksOf(scored(20, 'abs')))
    expect(having(scored(20, 'neg')).overlap(marksOf(scored(21, 'neg')))).toBe(0)
  })

  test('differ where decisions fall on other days, because other rows are computed', () => {
    expect(having(scored(20, 'neg')).overlap(marksOf(scored(20, 'neg', 'weekly')))).toBe(0)
  })

  test('a graph that is refused where it is evaluated is marked all the same', () => {
    const graph = scored(20, 'neg')
    const broken = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, op: 'nowhere' })).reverse() }
    expect(marksOf(broken)).toEqual([])
  })
})

test('what was not used for long is forgotten', () => {
  const remembered = having(scored(2, 'neg'))
  for (let n = 3; n < 300; n++) {
    remembered.use(marksOf(scored(n, 'neg')))
    if (n === 200) remembered.use(marksOf(scored(2, 'neg')))
  }
  expect(remembered.overlap(marksOf(scored(2, 'neg')))).toBe(2)
  expect(remembered.overlap(marksOf(scored(3, 'neg')))).toBe(0)
})

describe('the pair of job and thread', () => {
  const jobs = [scored(10, 'neg'), scored(20, 'neg'), scored(20, 'abs')].map((graph, i) => ({
    i,
    marks: marksOf(graph),
  }))
  const ten = { remembered: having(scored(10, 'sign')) }
  const twenty = { remembered: having(scored(20, 'sign')) }
  const fresh = { remembered: new Remembered() }

  test('is the job whose values the idle thread has, the oldest of equal ones', () => {
    expect(bestPair(jobs, [twenty], [ten, twenty]).job.i).toBe(1)
    expect(bestPair(jobs, [ten], [ten, twenty]).job.i).toBe(0)
    expect(bestPair(jobs, [fresh], [fresh]).job.i).toBe(0)
  })

  test('leaves to a thread that is at work what that one remembers', () => {
    expect(bestPair(jobs, [fresh], [twenty, fresh]).job.i).toBe(0)
    expect(bestPair(jobs.slice(1), [fresh], [twenty, fresh]).job.i).toBe(1)
  })

  test('is the thread that remembers, where several are idle', () => {
    expect(bestPair([jobs[1]!], [fresh, ten, twenty], [fresh, ten, twenty]).thread).toBe(twenty)
  })
})
