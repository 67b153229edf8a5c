import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { resolveMarket } from '../../src/backtest/markets.js'
import { type Config, configSchema } from '../../src/config/schema.js'
import type { Panel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { availableFields } from '../../src/graph/evaluate/context.js'
import { JournalStore } from '../../src/history/journal-store.js'
import type { HistoryRecord, RunInfo } from '../../src/history/record.js'
import type { HistoryStore } from '../../src/history/store.js'
import type { LoopEvent, StopReason } from '../../src/loop/events.js'
import { resumeState, snapshotState } from '../../src/loop/resume.js'
import { createReturnsCache } from '../../src/loop/returns-cache.js'
import { type LoopParts, runLoop } from '../../src/loop/run.js'
import { foldRules, type LoopState } from '../../src/loop/state.js'
import { ablations } from '../../src/search/ablate.js'
import type { SearchSpace } from '../../src/search/proposal.js'
import { proposeFactorGraph } from '../../src/search/propose.js'
import { createSearchSpace } from '../../src/search/space.js'
import { splitBars } from '../../src/validation/splits.js'
import { type EvaluationSetup, measureBenchmark } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import type { Runner } from '../../src/workers/runner.js'

/** A market small enough to evaluate a strategy in a few milliseconds. */
export const PANEL: Panel = generateMarket({ symbols: 10, bars: 420, seed: 7 })
const { train, validation } = splitBars(PANEL.dates.length)

export const SETUP: EvaluationSetup = {
  panel: PANEL,
  ranges: { train, validation },
  market: resolveMarket('us-stock'),
  limits: { maxNodes: 200, maxDepth: 30, maxFields: 10 },
  cacheBytes: 1 << 26,
}

export const configOf = (given: object = {}): Config =>
  configSchema.parse({ iterations: 20, batchSize: 4, ...given })

export const SPACE: SearchSpace = createSearchSpace({
  fields: availableFields(PANEL),
  groups: [...PANEL.groups.keys()],
  symbols: PANEL.symbols.length,
  bars: train.end - train.start + 1,
})

/** What a test may put in place of a real part. */
export interface Replaced {
  readonly model?: LoopParts['model'] | ((state: LoopState) => LoopParts['model'])
  readonly starts?: LoopParts['starts']
  readonly texts?: LoopParts['texts']
  readonly runner?: Runner
  readonly stop?: AbortController
  /** Stands between the loop and its journal. */
  readonly wrap?: (store: HistoryStore) => HistoryStore
  readonly onEvent?: (event: LoopEvent) => void
  /** Makes a snapshot after every batch. */
  readonly snapshots?: boolean
}

export interface LoopRun {
  readonly stopped: StopReason
  readonly state: LoopState
  readonly records: HistoryRecord[]
  readonly events: LoopEvent[]
}

export function loopFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-loop-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const RUN: RunInfo = { config: 'c', data: PANEL.hash, seed: 1, version: '0.0.0' }

/** Resumes or begins a run in a folder, in this process, with the real parts. */
export async function runInFolder(folder: string, config: Config, replaced: Replaced = {}): Promise<LoopRun> {
  const store = await JournalStore.open(join(folder, 'history.jsonl'))
  const events: LoopEvent[] = []
  const onWarning = () => {}
  const rules = foldRules(config)
  const snapshot = join(folder, 'snapshot.json')
  try {
    const { state, view } = await resumeState(store, {
      rules,
      batchSize: config.batchSize,
      snapshot,
      onWarning,
    })
    const benchmark = measureBenchmark({
      panel: PANEL,
      range: validation,
      fill: 'nextOpen',
      market: SETUP.market,
      universe: undefined,
    })
    const stopped = await runLoop(
      {
        config,
        store: replaced.wrap?.(store) ?? store,
        runner: replaced.runner ?? createInlineRunner(SETUP, () => performance.now()),
        factorGraph: ({ rng, parents, champion, seen }) =>
          proposeFactorGraph({
            rng,
            space: SPACE,
            parents,
            seen,
            weights: config.factorGraph.proposers,
            ...(champion === null ? {} : { champion }),
          }),
        ablate: (strategy) => ablations(strategy, SPACE),
        model: typeof replaced.model === 'function' ? replaced.model(state) : (replaced.model ?? null),
        starts: replaced.starts ?? [],
        texts: replaced.texts ?? { put: async (text) => `text of ${text.length}` },
        returns: createReturnsCache(join(folder, 'returns')),
        run: RUN,
        periodsPerYear: 252,
        benchmarkReturns: benchmark.returns,
        stop: (replaced.stop ?? new AbortController()).signal,
        onEvent(event) {
          events.push(event)
          replaced.onEvent?.(event)
        },
        async onBatchEnd() {
          if (replaced.snapshots)
            await snapshotState(store, { rules, batchSize: config.batchSize, snapshot, onWarning })
        },
      },
      state,
      view,
    )
    return { stopped, state, records: await all(store), events }
  } finally {
    await store.close()
  }
}

async function all(store: HistoryStore): Promise<HistoryRecord[]> {
  const records: HistoryRecord[] = []
  for await (const record of store.records()) records.push(record)
  return records
}

/** A store that stands in for a process that is killed: from its n-th record on nothing is written any more. */
export function killedAfter(count: number, of: (kind: string) => boolean = () => true) {
  let left = count
  return (store: HistoryStore): HistoryStore =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'append')
          return async (draft: { kind: string }) => {
            if (of(draft.kind) && left-- <= 0) throw new Error('killed')
            return target.append(draft as never)
          }
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
}
