import { describe, expect, test } from 'vitest'
import { createStrategy } from '../../src/graph/strategy.js'
import type { DemotionRecord, HistoryRecord, IterationRecord } from '../../src/history/record.js'
import { measureAblation } from '../../src/loop/ablation.js'
import { ablations } from '../../src/search/ablate.js'
import type { Evaluation } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import type { Runner } from '../../src/workers/runner.js'
import { iterationsIn, normalised } from '../support/histories.js'
import { configOf, killedAfter, loopFolder, runInFolder, SETUP, SPACE } from './engine.js'

const CONFIG = configOf({ iterations: 24, seed: 3, champion: { firstSharpe: 0 } })
const real = () => createInlineRunner(SETUP, () => performance.now())

/** A runner that tells which graphs it evaluates, and what came out may be changed. */
function watched(change: (evaluation: Evaluation, isPart: boolean) => Evaluation = (same) => same) {
  const inner = real()
  const names: string[] = []
  const parts: string[] = []
  const runner: Runner = {
    ...inner,
    async evaluate(graph, options) {
      // Proposals may be cancelled, a champion's parts are always finished.
      const isPart = options === undefined
      names.push(graph.name)
      if (isPart) parts.push(graph.name)
      const evaluation = await inner.evaluate(graph, options)
      return evaluation === undefined ? undefined : change(evaluation, isPart)
    },
  }
  return { runner, names, parts }
}

const crowned = (records: readonly HistoryRecord[]): IterationRecord[] =>
  iterationsIn(records).filter(({ champion }) => champion.updated)

describe('the record of a new champion', () => {
  test('says what train is without each part, as an evaluation of its own would find it', async () => {
    const { records } = await runInFolder(loopFolder(), CONFIG)
    const champions = crowned(records)
    expect(champions.length).toBeGreaterThan(0)
    const runner = real()
    for (const { strategy, ablation, metrics } of champions) {
      const expected = ablations(createStrategy(strategy!.graph), SPACE)
      expect(ablation!.parts.map(({ without }) => without)).toEqual(expected.map(({ without }) => without))
      expect(ablation).toMatchObject({ metric: 'sharpe', whole: metrics!.train!.sharpe })
      for (const [i, part] of expected.entries()) {
        const evaluation = await runner.evaluate(part.strategy.graph)
        if (evaluation?.state !== 'scored') throw new Error('not scored')
        expect(ablation!.parts[i]!.value).toBe(evaluation.ranges.train.metrics.sharpe)
      }
    }
    expect(champions.some(({ ablation }) => ablation!.parts.length > 1)).toBe(true)
    expect(iterationsIn(records).filter(({ ablation }) => ablation !== undefined)).toHaveLength(
      champions.length,
    )
  })

  test('counts every evaluation as a trial', async () => {
    const { runner, names } = watched()
    const { records, state } = await runInFolder(loopFolder(), CONFIG, { runner })
    for (const { trials, ablation } of crowned(records)) expect(trials).toBe(1 + ablation!.parts.length)
    expect(state.counts.trials).toBe(names.length)
    expect(state.championAblation).toEqual(state.championRecord!.ablation)
  })

  test('is the same whatever validation says of the parts', async () => {
    const plain = await runInFolder(loopFolder(), CONFIG)
    const { runner } = watched((evaluation, isPart) => {
      if (evaluation.state !== 'scored' || !isPart) return evaluation
      const { train } = evaluation.ranges
      return {
        ...evaluation,
        ranges: {
          train,
          get validation(): never {
            throw new Error('validation was looked at')
          },
        },
      }
    })
    const blind = await runInFolder(loopFolder(), CONFIG, { runner })
    expect(normalised(blind.records)).toEqual(normalised(plain.records))
  })
})

describe('killed', () => {
  test('while the parts are evaluated: the resume records the champion once, with them', async () => {
    const reference = await runInFolder(loopFolder(), CONFIG)
    const folder = loopFolder()
    let parts = 0
    const { runner } = watched((evaluation, isPart) => {
      if (isPart && ++parts === 2) throw new Error('killed')
      return evaluation
    })
    await expect(runInFolder(folder, CONFIG, { runner })).rejects.toThrow('killed')
    const resumed = await runInFolder(folder, CONFIG)
    expect(normalised(resumed.records)).toEqual(normalised(reference.records))
  })

  test('after the champion was recorded: nothing is evaluated again', async () => {
    const reference = await runInFolder(loopFolder(), CONFIG)
    const first = crowned(reference.records)[0]!.iteration
    const folder = loopFolder()
    await expect(
      runInFolder(folder, CONFIG, { wrap: killedAfter(first + 1, (kind) => kind === 'iteration') }),
    ).rejects.toThrow('killed')
    const { runner, parts } = watched()
    const resumed = await runInFolder(folder, CONFIG, { runner })
    expect(normalised(resumed.records)).toEqual(normalised(reference.records))
    const later = crowned(reference.records).slice(1)
    expect(parts).toHaveLength(later.reduce((sum, { ablation }) => sum + ablation!.parts.length, 0))
  })
})

test('who succeeds a stale champion is taken apart when it takes over, and that counts as well', async () => {
  const given = {
    iterations: 24,
    champion: {
      firstSharpe: 0,
      marginAbsolute: 50,
      calmarTolerance: 1,
      drawdownFactor: 10,
      minChance: 0,
      stalenessEvery: 6,
      stalenessWindow: 12,
      stalenessShare: 0.25,
      stalenessMinimum: 2,
    },
  }
  for (let seed = 1; seed < 12; seed++) {
    const { runner, names } = watched()
    const { records, state } = await runInFolder(loopFolder(), configOf({ ...given, seed }), { runner })
    const demotion = records.findLast((one): one is DemotionRecord => one.kind === 'demotion')
    if (demotion === undefined) continue
    const { ablation, trials } = demotion
    expect(trials).toBe(ablation!.parts.length)
    expect(state.championAblation).toEqual(ablation)
    expect(ablation!.whole).toBe(state.championRecord!.metrics!.train!.sharpe)
    expect(state.counts.trials).toBe(names.length)
    return
  }
  throw new Error('no seed gives a demotion')
})

test('a part without which nothing can be measured says why', async () => {
  const strategy = createStrategy({
    version: 1,
    name: 'Any',
    nodes: [{ id: 'close', op: 'field', params: { name: 'close' } }],
    rule: { kind: 'score', score: 'close', select: { top: 3 } },
  })
  const inner = real()
  const scored = await inner.evaluate(strategy.graph)
  if (scored?.state !== 'scored') throw new Error(JSON.stringify(scored))
  const { train, validation } = scored.ranges
  const dead = { ...train, metrics: { ...train.metrics, sharpe: null }, notes: { sharpe: 'no variance' } }
  const answers: Evaluation[] = [
    { state: 'ruined', range: 'train', date: '2020-01-02', ranges: scored.ranges, durationMs: 1 },
    { state: 'ruined', range: 'validation', date: '2020-01-02', ranges: scored.ranges, durationMs: 1 },
    { state: 'timedOut', seconds: 60, durationMs: 1 },
    { state: 'refused', code: 'X', message: 'refused it', hint: undefined, durationMs: 1 },
    { ...scored, ranges: { train: dead, validation } },
    { ...scored, ranges: { train: { ...dead, notes: {} }, validation } },
  ]
  let next = 0
  const parts = answers.map((_, i) => ({ without: `part ${i}`, strategy }))
  const { parts: told, whole } = await measureAblation(
    parts,
    { ...inner, evaluate: async () => answers[next++] },
    'sharpe',
    null,
  )
  expect(whole).toBeNull()
  expect(told).toEqual([
    { without: 'part 0', value: null, because: 'it loses everything by 2020-01-02' },
    { without: 'part 1', value: train.metrics.sharpe },
    { without: 'part 2', value: null, because: 'it took longer than 60 seconds' },
    { without: 'part 3', value: null, because: 'refused it' },
    { without: 'part 4', value: null, because: 'no variance' },
    { without: 'part 5', value: null, because: 'it has no value' },
  ])
})
