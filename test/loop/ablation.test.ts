import { describe, expect, test } from 'vitest'
import { createStrategy } from '../../src/graph/strategy.js'
import type { DemotionRecord, HistoryRecord, IterationRecord } from '../../src/history/record.js'
import { measureAblation } from '../../src/loop/ablation.js'
import { ablations } from '../../src/search/ablate.js'
import type { TryOut } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import type { Runner } from '../../src/workers/runner.js'
import { iterationsIn, normalised } from '../support/histories.js'
import { configOf, killedAfter, loopFolder, runInFolder, SETUP, SPACE } from './engine.js'

const CONFIG = configOf({ iterations: 24, seed: 3, champion: { firstSharpe: 0 } })
const real = () => createInlineRunner(SETUP, () => performance.now())

/** A runner that tells which proposals it evaluates and which parts of champions it tries out. */
function watched(before: (part: number) => void = () => {}) {
  const inner = real()
  const proposals: string[] = []
  const parts: string[] = []
  const runner: Runner = {
    ...inner,
    evaluate(graph, options) {
      proposals.push(graph.name)
      return inner.evaluate(graph, options)
    },
    async tryOut(graph, options) {
      before(parts.push(graph.name))
      return inner.tryOut(graph, options)
    },
  }
  return { runner, proposals, parts }
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
    const { runner, proposals, parts } = watched()
    const { records, state } = await runInFolder(loopFolder(), CONFIG, { runner })
    for (const { trials, ablation } of crowned(records)) expect(trials).toBe(1 + ablation!.parts.length)
    expect(state.counts.trials).toBe(proposals.length + parts.length)
    expect(state.championAblation).toEqual(state.championRecord!.ablation)
  })
})

describe('killed', () => {
  test('while the parts are evaluated: the resume records the champion once, with them', async () => {
    const reference = await runInFolder(loopFolder(), CONFIG)
    const folder = loopFolder()
    const { runner } = watched((part) => {
      if (part === 2) throw new Error('killed')
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
    const { runner, proposals, parts } = watched()
    const { records, state } = await runInFolder(loopFolder(), configOf({ ...given, seed }), { runner })
    const demotion = records.findLast((one): one is DemotionRecord => one.kind === 'demotion')
    if (demotion === undefined) continue
    const { ablation, trials } = demotion
    expect(trials).toBe(ablation!.parts.length)
    expect(state.championAblation).toEqual(ablation)
    expect(ablation!.whole).toBe(state.championRecord!.metrics!.train!.sharpe)
    expect(state.counts.trials).toBe(proposals.length + parts.length)
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
  const ran = await real().tryOut(strategy.graph)
  if (ran?.state !== 'ran') throw new Error(JSON.stringify(ran))
  const { train } = ran
  const dead = { ...train, metrics: { ...train.metrics, sharpe: null }, notes: { sharpe: 'no variance' } }
  const answers: TryOut[] = [
    { ...ran, ruinedOn: '2020-01-02' },
    ran,
    { state: 'timedOut', seconds: 60, durationMs: 1 },
    { state: 'refused', code: 'X', message: 'refused it', hint: undefined, durationMs: 1 },
    { state: 'crashed', message: 'crashed on it', durationMs: 1 },
    { ...ran, train: dead },
    { ...ran, train: { ...dead, notes: {} } },
  ]
  let next = 0
  const { parts, whole } = await measureAblation(
    answers.map((_, i) => ({ without: `part ${i}`, strategy })),
    { tryOut: async () => answers[next++] },
    'sharpe',
    null,
  )
  expect(whole).toBeNull()
  expect(parts).toEqual([
    { without: 'part 0', value: null, because: 'it loses everything by 2020-01-02' },
    { without: 'part 1', value: train.metrics.sharpe },
    { without: 'part 2', value: null, because: 'it took longer than 60 seconds' },
    { without: 'part 3', value: null, because: 'refused it' },
    { without: 'part 4', value: null, because: 'crashed on it' },
    { without: 'part 5', value: null, because: 'no variance' },
    { without: 'part 6', value: null, because: 'it has no value' },
  ])
})
