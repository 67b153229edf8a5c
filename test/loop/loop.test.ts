import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { stalenessDue } from '../../src/champion/staleness.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { JournalStore } from '../../src/history/journal-store.js'
import type { DemotionRecord, HistoryRecord, IterationRecord } from '../../src/history/record.js'
import { resumeState } from '../../src/loop/resume.js'
import { foldRules } from '../../src/loop/state.js'
import { strategyFromTemplate } from '../../src/search/from-template.js'
import type { Evaluation } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import { iterationsIn, normalised } from '../support/histories.js'
import { configOf, killedAfter, loopFolder, type Replaced, runInFolder, SETUP, SPACE } from './engine.js'

const evaluateInline = () => createInlineRunner(SETUP, () => 0)

/** Runs to the end in one go. */
async function whole(given: object = {}, replaced: Replaced = {}) {
  return runInFolder(loopFolder(), configOf(given), replaced)
}

describe('one run', () => {
  test('is the same from the same seed, and another from another', async () => {
    const [one, same, other] = [await whole(), await whole(), await whole({ seed: 2 })]
    expect(one.stopped).toBe('finished')
    expect(iterationsIn(one.records).map(({ iteration }) => iteration)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    )
    expect(normalised(same.records)).toEqual(normalised(one.records))
    expect(normalised(other.records)).not.toEqual(normalised(one.records))
  })

  test('keeps its state as a fold: reading the history anew gives what the loop held at its end', async () => {
    const folder = loopFolder()
    const config = configOf({ iterations: 22 })
    const { state } = await runInFolder(folder, config)
    const store = await JournalStore.open(join(folder, 'history.jsonl'))
    const read = await resumeState(store, {
      rules: foldRules(config),
      batchSize: config.batchSize,
      snapshot: join(folder, 'none.json'),
      onWarning: () => {},
    })
    await store.close()
    expect(read.state).toEqual(state)
    expect(read.view.next).toBe(20)
  })

  test('proposals of a batch are drawn from the state before it: no parent comes from the same batch', async () => {
    const { records } = await whole({ iterations: 40 })
    const iterations = iterationsIn(records)
    const numberOf = new Map(iterations.map(({ id, iteration }) => [id, iteration]))
    const bred = iterations.filter(({ parents }) => parents.length > 0)
    expect(bred.length).toBeGreaterThan(5)
    for (const { iteration, parents } of bred)
      for (const parent of parents) expect(numberOf.get(parent)!).toBeLessThan(Math.floor(iteration / 4) * 4)
  })

  test('no strategy is evaluated twice', async () => {
    const asked: string[] = []
    const inner = evaluateInline()
    await whole(
      { iterations: 40 },
      {
        runner: {
          ...inner,
          evaluate: (graph, options) => {
            asked.push(createStrategy(graph).hash)
            return inner.evaluate(graph, options)
          },
        },
      },
    )
    expect(new Set(asked).size).toBe(asked.length)
  })
})

describe('a run that is cut', () => {
  test.each([1, 3, 4, 6, 11, 19])(
    'after %i records gives the history of an uninterrupted one, with and without snapshots',
    async (cut) => {
      const reference = normalised((await whole()).records)
      for (const snapshots of [false, true]) {
        const folder = loopFolder()
        await expect(runInFolder(folder, configOf(), { wrap: killedAfter(cut), snapshots })).rejects.toThrow(
          'killed',
        )
        const { records } = await runInFolder(folder, configOf(), { snapshots })
        expect(normalised(records)).toEqual(reference)
      }
    },
  )

  test('by its total, in the middle of a batch, goes on as if the total had always been larger', async () => {
    const reference = normalised((await whole()).records)
    const folder = loopFolder()
    for (const iterations of [2, 7, 8, 13]) await runInFolder(folder, configOf({ iterations }))
    expect(normalised((await runInFolder(folder, configOf())).records)).toEqual(reference)
  })

  test('and whose cached returns are gone computes them again', async () => {
    const reference = normalised((await whole({ iterations: 24 })).records)
    const folder = loopFolder()
    await runInFolder(folder, configOf({ iterations: 14 }))
    rmSync(join(folder, 'returns'), { recursive: true })
    const { records } = await runInFolder(folder, configOf({ iterations: 24 }))
    expect(iterationsIn(records).some(({ iteration, champion }) => iteration < 14 && champion.updated)).toBe(
      true,
    )
    expect(normalised(records)).toEqual(reference)
  })

  test('by an interrupt records what is being evaluated and begins nothing new', async () => {
    const stop = new AbortController()
    const begun: number[] = []
    const inner = evaluateInline()
    const { stopped, records } = await whole(
      {},
      {
        stop,
        runner: {
          ...inner,
          async evaluate(graph, options) {
            const number = begun.length
            if (options?.cancelled?.()) return undefined
            begun.push(number)
            const result = await inner.evaluate(graph, options)
            return result
          },
        },
        onEvent(event) {
          if (event.type === 'iteration-recorded' && event.record.iteration === 5) stop.abort()
        },
      },
    )
    expect(stopped).toBe('interrupted')
    const last = iterationsIn(records).at(-1)!.iteration
    expect(last).toBeGreaterThanOrEqual(5)
    expect(last).toBeLessThan(8)
  })
})

describe('what goes wrong inside an iteration is a part of its record', () => {
  const replies: Record<string, Evaluation> = {
    refused: {
      state: 'refused',
      code: 'UNKNOWN_FIELD',
      message: 'no field x',
      hint: 'take close',
      durationMs: 1,
    },
    crashed: { state: 'crashed', message: 'the engine tripped', durationMs: 2 },
    timedOut: { state: 'timedOut', seconds: 3, durationMs: 3000 },
  }

  test.each([
    ['refused', 'error', 'UNKNOWN_FIELD'],
    ['crashed', 'error', 'EVALUATION_CRASHED'],
    ['timedOut', 'timeout', 'EVALUATION_TIMEOUT'],
  ])('an evaluation that %s becomes status %s, and the run goes on', async (name, status, code) => {
    const inner = evaluateInline()
    let n = 0
    const { records, stopped } = await whole(
      { iterations: 8 },
      {
        runner: {
          ...inner,
          evaluate: async (graph, options) => (n++ === 2 ? replies[name] : inner.evaluate(graph, options)),
        },
      },
    )
    expect(stopped).toBe('finished')
    const iterations = iterationsIn(records)
    expect(iterations).toHaveLength(8)
    expect(iterations[2]).toMatchObject({
      level: 'LEVEL_0',
      metrics: null,
      execution: { status, error: { code } },
      champion: { updated: false, gate: 'level' },
    })
    // The next batch is told, in words that name the iteration only if it was the last one.
    expect(iterations[4]!.feedback).toContain(status === 'timeout' ? 'took too long' : 'failed')
  })

  test('a runner that cannot work at all ends the run, and what was recorded stays', async () => {
    const inner = evaluateInline()
    const folder = loopFolder()
    let n = 0
    const broken = {
      ...inner,
      evaluate: async (...args: Parameters<typeof inner.evaluate>) => {
        if (n++ >= 5) throw new Error('no threads')
        return inner.evaluate(...args)
      },
    }
    await expect(runInFolder(folder, configOf(), { runner: broken })).rejects.toThrow('no threads')
    const { records } = await runInFolder(folder, configOf())
    expect(normalised(records)).toEqual(normalised((await whole()).records))
  })
})

describe('feedback, through the real executor', () => {
  test('a success is never reported as an error, and an error never as a success', async () => {
    const inner = evaluateInline()
    let n = 0
    const { records } = await whole(
      { iterations: 32, batchSize: 1 },
      {
        runner: {
          ...inner,
          evaluate: async (graph, options) =>
            n++ % 5 === 3
              ? { state: 'crashed', message: 'the engine tripped', durationMs: 0 }
              : inner.evaluate(graph, options),
        },
      },
    )
    const iterations = iterationsIn(records)
    expect(iterations[0]!.feedback).toContain('These are the first iterations')
    let successes = 0
    for (const record of iterations.slice(1)) {
      const before = iterations[record.iteration - 1]!
      const about = record.feedback.split('. ')[0]!
      expect(about).toContain(`Iteration ${before.iteration} `)
      if (before.execution.status === 'success') {
        successes++
        expect(about).not.toMatch(/error|rejected|stopped/i)
        const sharpe = before.metrics!.train!.sharpe
        if (sharpe !== null && before.level !== 'LEVEL_1')
          expect(record.feedback).toMatch(/train Sharpe is -?\d/)
        expect(record.feedback).toContain(`It is ${before.level}`)
      } else if (before.execution.status === 'error') {
        expect(about).toContain('ended in an error')
        expect(record.feedback).toContain('the engine tripped')
      }
    }
    expect(successes).toBeGreaterThan(15)
  })

  test('no figure of a strategy that is not champion is given from validation', async () => {
    const { records } = await whole({ iterations: 32, batchSize: 1 })
    const iterations = iterationsIn(records)
    const shown = new Set<string>()
    let seen = 0
    for (const record of iterations) {
      // What a champion has may be said; another strategy may have the very same figures.
      for (const text of figuresOf(record)) {
        if (record.champion.updated) shown.add(text)
        const next = iterations[record.iteration + 1]
        if (next === undefined || shown.has(text)) continue
        seen++
        expect(next.feedback).not.toContain(text)
      }
    }
    expect(shown.size).toBeGreaterThan(0)
    expect(seen).toBeGreaterThan(20)
  })

  const figuresOf = ({ metrics }: IterationRecord): string[] =>
    ['sharpe', 'calmar', 'maxDrawdown'].flatMap((name) => {
      const value = metrics?.validation?.[name]
      return typeof value === 'number' && Math.abs(value) > 0.01 ? [value.toFixed(3)] : []
    })
})

describe('strategies of the user', () => {
  const drawn = (label: string) => {
    for (let i = 0; ; i++) {
      const made = strategyFromTemplate(createRng(label, i), SPACE)
      if (made.ok) return made.strategy
    }
  }

  test('come first, are judged like any other, and a second copy is rejected as a duplicate', async () => {
    const strategy = drawn('start')
    const compiled = { state: 'compiled', file: 'a.ts', strategy, code: 'code' } as const
    const { records } = await whole(
      { iterations: 4 },
      {
        starts: [
          compiled,
          {
            state: 'broken',
            file: 'b.ts',
            error: { category: 'syntax', code: 'SYNTAX', message: 'b.ts: no', line: 2 },
          },
          { ...compiled, file: 'c.ts' },
        ],
      },
    )
    expect(iterationsIn(records)).toMatchObject([
      { method: 'manual', proposer: 'start', strategy: { hash: strategy.hash, code: 'code' } },
      { method: 'manual', strategy: null, execution: { status: 'error', error: { line: 2 } } },
      { method: 'manual', execution: { status: 'rejected', error: { code: 'DUPLICATE' } } },
      { method: 'factor_graph' },
    ])
    expect(iterationsIn(records)[2]!.execution).toMatchObject({
      error: { message: expect.stringContaining('c.ts is the same strategy') },
    })
  })
})

describe('a stale champion', () => {
  // No challenger ever clears the margin, and every other gate stands open: only staleness can end a reign.
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
  const demotionsIn = (records: readonly HistoryRecord[]) =>
    records.filter((record): record is DemotionRecord => record.kind === 'demotion')

  /** A seed under which a demotion falls into the run. */
  async function demoted() {
    for (let seed = 1; seed < 12; seed++) {
      const config = { ...given, seed }
      const run = await whole(config)
      if (demotionsIn(run.records).length > 0) return { config, run }
    }
    throw new Error('no seed gives a demotion')
  }

  test('is demoted by a record after the iteration that showed it, and its successor reigns', async () => {
    const { config, run } = await demoted()
    const [demotion] = demotionsIn(run.records)
    const place = run.records.indexOf(demotion!)
    const before = run.records[place - 1] as IterationRecord
    expect(before.iteration).toBe(demotion!.after)
    expect(stalenessDue(before.iteration + 1, configOf(config).champion)).toBe(true)
    expect(run.state.champion.reigns).toContainEqual(
      expect.objectContaining({ id: demotion!.successor.id, how: 'succeeded', because: demotion!.because }),
    )
    expect(demotion!.because).toContain('The champion is demoted')
    expect(run.events.some(({ type }) => type === 'champion-demoted')).toBe(true)

    // Killed between the record and the demotion: the resume decides it, as it would have been.
    const reference = normalised(run.records)
    const folder = loopFolder()
    const noDemotion = killedAfter(0, (kind) => kind === 'demotion')
    await expect(runInFolder(folder, configOf(config), { wrap: noDemotion })).rejects.toThrow('killed')
    expect(normalised((await runInFolder(folder, configOf(config))).records)).toEqual(reference)

    // Killed right after it: the resume does not decide it again.
    const again = loopFolder()
    await expect(runInFolder(again, configOf(config), { wrap: killedAfter(place + 1) })).rejects.toThrow(
      'killed',
    )
    const resumed = await runInFolder(again, configOf(config))
    expect(normalised(resumed.records)).toEqual(reference)
    expect(resumed.state.championRecord!.iteration).toBe(run.state.championRecord!.iteration)
  })
})
