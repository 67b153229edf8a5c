import { expect, test } from 'vitest'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'
import { assembleStrategy } from '../../src/library/assemble.js'
import { createComposer, type Ref } from '../../src/library/compose-graph.js'

const compose = () => createComposer('n', ['close', 'high', 'low'], ['sector'])
const byScore = (c: ReturnType<typeof compose>, score: Ref, universe?: Ref) =>
  assembleStrategy({
    name: 'Composed',
    nodes: c.nodes,
    universe,
    rule: { kind: 'score', score, select: { top: 5 } },
    portfolio: DEFAULT_PORTFOLIO,
  })

test('inputs that are left out become the default fields of the operator', () => {
  const c = compose()
  expect(byScore(c, c.op('atr', [], [14])).fields).toEqual(['close', 'high', 'low'])
})

test('a parameter too many, and a node that does not exist, are refused by name', () => {
  const c = compose()
  expect(() => byScore(c, c.op('sma', [c.field('close')], [5, 6]))).toThrow(/#1/)
  const d = compose()
  expect(() => byScore(d, d.op('sma', ['nowhere'], [5]))).toThrow(/nowhere/)
})

test('a cross-section that universe and score share is masked in the score only', () => {
  const c = compose()
  const rank = c.op('rank', [c.field('close')])
  const { graph } = byScore(c, rank, c.op('gt', [rank, 0.5]))
  const ranks = graph.nodes.filter(({ op }) => op === 'rank')
  expect(ranks.map(({ mask }) => mask).sort()).toEqual([graph.universe, undefined])
})
