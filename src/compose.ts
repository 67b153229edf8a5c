/**
 * The one file that picks implementations: which sandbox, which store, which runner. Commands and the library call it;
 * everything below sees ports only.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { resolveMarket } from './backtest/markets.js'
import type { Market, Metrics } from './backtest/types.js'
import { usageError } from './base/errors.js'
import type { Config } from './config/schema.js'
import { parseDataSettings } from './data/argument.js'
import type { DataOptions } from './data/dataset.js'
import type { Panel } from './data/panel.js'
import { openDataset } from './data/sources/open-dataset.js'
import { availableFields, checkSources } from './graph/evaluate/context.js'
import type { Expression } from './graph/expression.js'
import { checkWindows, rootsOf } from './graph/first-values.js'
import type { GraphLimits } from './graph/limits.js'
import type { Strategy } from './graph/strategy.js'
import { HISTORY_FILE, JournalStore } from './history/journal-store.js'
import type { RunInfo, RunSettings } from './history/record.js'
import { createRedactor } from './history/redact.js'
import { holdRunDir, keepTotal, makeRunDir } from './history/run-dir.js'
import { TextStore } from './history/text-store.js'
import { keyVariableOf, USUAL_KEY_VARIABLES } from './llm/providers.js'
import { systemSleep } from './llm/retry.js'
import { createLoopModel } from './loop/ask-model.js'
import { conform } from './loop/conform.js'
import type { LoopEvent, StopReason } from './loop/events.js'
import { resumeState, snapshotState } from './loop/resume.js'
import { createReturnsCache, returnsFolder } from './loop/returns-cache.js'
import { runLoop } from './loop/run.js'
import { loadRanges, recordSettings } from './loop/run-settings.js'
import { searchSpace, universeStrategy } from './loop/search-space.js'
import { configHash } from './loop/settings.js'
import { compileStarts } from './loop/start-strategies.js'
import { foldRules, type LoopState } from './loop/state.js'
import { type RunSummary, summarizeRun } from './loop/summary.js'
import type { Sandbox } from './sandbox/sandbox.js'
import { createThreadSandbox } from './sandbox/thread-sandbox.js'
import type { SearchSpace } from './search/proposal.js'
import { proposeFactorGraph } from './search/propose.js'
import { type CompileOptions, compileExpression, compileStrategy } from './strategy/compile.js'
import { inStrategyText } from './strategy/place.js'
import { benchmarkMask, type EvaluationSetup, measureBenchmark } from './workers/evaluation.js'
import { createThreadRunner } from './workers/threads.js'

/** Version of this package. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version

/** Where untrusted code runs: a thread, which lives until the sandbox is closed or the process has nothing else to do. */
export const createSandbox = (): Sandbox => createThreadSandbox()

/**
 * Compiles strategy code (TypeScript, JavaScript or the JSON form) in a sandbox: the given one, or one for this call.
 * @throws AlphaloopError (usage)
 */
export const compileStrategyCode = (
  source: string,
  { sandbox, ...options }: CompileOptions & { readonly sandbox?: Sandbox } = {},
): Promise<Strategy> => inSandbox(sandbox, (inside) => compileStrategy(source, inside, options))

/** Compiles a factor's text, as `alphaloop factor` takes it, with the panel's fields in scope. @throws AlphaloopError (usage) */
export const compileFactorText = (
  text: string,
  panel: Panel,
  { sandbox, limits }: { readonly sandbox?: Sandbox; readonly limits?: GraphLimits } = {},
): Promise<Expression> =>
  inSandbox(sandbox, (inside) =>
    compileExpression(text, inside, {
      fields: availableFields(panel),
      ...(limits === undefined ? {} : { limits }),
    }),
  )

async function inSandbox<T>(given: Sandbox | undefined, work: (sandbox: Sandbox) => Promise<T>): Promise<T> {
  const sandbox = given ?? createSandbox()
  try {
    return await work(sandbox)
  } finally {
    if (given === undefined) await sandbox.close()
  }
}

/** What a data argument and its settings mean: relative paths count from `cwd`. */
export function dataOptions(
  config: Pick<Config, 'data' | 'dataOptions'>,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): DataOptions {
  const options = parseDataSettings(config, (path) => resolve(cwd, path))
  const cacheDir = env.ALPHALOOP_CACHE_DIR
  return cacheDir ? { ...options, cacheDir: resolve(cwd, cacheDir) } : options
}

/** The market of a configuration, with the costs that it replaces. */
export function marketOf(config: Pick<Config, 'market' | 'costs'>): Market {
  const market = resolveMarket(config.market)
  const given = Object.fromEntries(Object.entries(config.costs).filter(([, value]) => value !== undefined))
  return { ...market, costs: { ...market.costs, ...given } }
}

export interface RunRequest {
  readonly config: Config
  /** An existing run directory is resumed, a new one made. */
  readonly runDir: string
  /** Folder that relative paths of the configuration count from; default: the working directory. */
  readonly base?: string
  /** Where keys of models are read by the names of their variables; default: nowhere. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Goes on although config or data have changed, and records the change. */
  readonly acceptChanges?: boolean
  /** Once it is aborted, what is being evaluated is finished and recorded, and the run ends. */
  readonly stop?: AbortSignal
  readonly onEvent?: (event: LoopEvent) => void
}

/** A request with everything in place. */
type FullRequest = Required<RunRequest>

export interface RunResult {
  readonly stopped: StopReason
  readonly summary: RunSummary
  readonly state: LoopState
  readonly setup: EvaluationSetup
  readonly benchmark: { readonly train: Metrics; readonly validation: Metrics }
  readonly settings: RunSettings
}

/** Runs the learning loop in a run directory until its total is reached or it is stopped. */
export async function runLearningLoop(asked: RunRequest): Promise<RunResult> {
  const request: FullRequest = {
    base: '.',
    env: {},
    acceptChanges: false,
    stop: new AbortController().signal,
    onEvent: () => {},
    ...asked,
  }
  const { config, runDir, env, stop, onEvent } = request
  const warn = (message: string) => onEvent({ type: 'warning', message })
  const onWarning = ({ message }: { message: string }) => warn(message)
  const startedAt = performance.now()
  const redactor = createRedactor(secretsOf(config, env))
  makeRunDir(runDir)
  const release = holdRunDir(runDir, warn)
  let store: JournalStore | undefined
  let close = async () => {}
  try {
    store = await JournalStore.open(join(runDir, HISTORY_FILE), { redactor, onWarning })
    const rules = foldRules(config)
    const snapshot = join(runDir, 'cache', 'loop-state.json')
    mkdirSync(join(runDir, 'cache'), { recursive: true })
    keepTotal(runDir, config.iterations)
    const { state, view } = await resumeState(store, {
      rules,
      batchSize: config.batchSize,
      snapshot,
      onWarning,
    })

    const data = dataOptions(config, request.base, env)
    const dataset = await openDataset(data, { isolate: 'child' })
    for (const note of dataset.notes) warn(note)
    const stored = state.settings
    const { panel, split, settings } = await loadRanges(dataset, data, config, stored)
    const run: RunInfo = {
      config: configHash(config),
      data: panel.hash,
      seed: config.seed,
      version: VERSION,
    }
    await recordSettings(store, state, settings, run, request)
    if (stored !== null) onEvent({ type: 'run-resumed', from: state.next, total: config.iterations })

    const sandbox = createSandbox()
    close = () => sandbox.close()
    const space = await searchSpace(config, panel, split, sandbox)
    if (config.fill === undefined && space.fill === 'nextClose')
      warn('the data has no open prices, so every strategy is filled at the next close')
    const market = marketOf(config)
    const setup: EvaluationSetup = {
      panel,
      ranges: { train: split.train, validation: split.validation },
      market,
      limits: config.limits,
      cacheBytes: config.cacheMegabytes * 1024 * 1024,
      ...(config.benchmark === undefined ? {} : { benchmarkSymbol: knownSymbol(config.benchmark, panel) }),
      ...(space.universe === undefined
        ? {}
        : { benchmarkUniverse: universeStrategy(space.universe.subgraph) }),
    }
    const benchmark = benchmarksOf(setup, space.fill)
    const compile = async (source: string, language: 'ts' | 'js' | 'json', fileName?: string) => {
      const strategy = await compileStrategy(source, sandbox, {
        language,
        limits: config.limits,
        ...(fileName === undefined ? {} : { fileName }),
      })
      inStrategyText({ source, fileName: fileName ?? `strategy.${language}`, language }, () => {
        checkSources(strategy, panel, config.benchmark)
        checkWindows(strategy, rootsOf(strategy), panel.dates.length)
      })
      return conform(strategy, space, config)
    }
    const starts = await compileStarts(config, request.base, state.next, compile)
    const model = createLoopModel({
      config,
      panel,
      space,
      compile,
      redact: (text) => redactor.text(text),
      surroundings: { env, now: Date.now, sleep: systemSleep },
      spent: state.spent,
      warn,
    })

    const runner = createThreadRunner(setup, {
      threads: config.workers === 'auto' ? availableParallelism() : config.workers,
      timeoutSeconds: config.limits.evaluationTimeoutSeconds,
    })
    close = async () => {
      await Promise.all([runner.close(), sandbox.close()])
    }
    let recorded = 0
    let evaluated = 0
    let snapshotAt = state.next
    const loopStartedAt = performance.now()
    const stopped = await runLoop(
      {
        config,
        store,
        runner,
        factorGraph: ({ rng, parents, champion, seen }) =>
          proposeFactorGraph({
            rng,
            space,
            parents,
            seen,
            weights: config.factorGraph.proposers,
            maxRedraws: config.factorGraph.maxRedraws,
            ...(champion === null ? {} : { champion }),
          }),
        model,
        starts,
        texts: new TextStore(join(runDir, 'texts'), redactor),
        returns: createReturnsCache(returnsFolder(runDir, run)),
        run,
        periodsPerYear: market.periodsPerYear,
        benchmarkReturns: benchmark.validation.returns,
        stop,
        onEvent(event) {
          if (event.type === 'iteration-recorded') {
            recorded++
            const { status } = event.record.execution
            if (status === 'success' || status === 'ruined') evaluated += event.record.trials
          }
          onEvent(event)
        },
        async onBatchEnd(current) {
          if (current.next - snapshotAt < SNAPSHOT_EVERY) return
          snapshotAt = current.next
          await snapshotState(store!, { rules, batchSize: config.batchSize, snapshot, onWarning: warn })
        },
      },
      state,
      view,
    )
    const loopMs = performance.now() - loopStartedAt
    const summary = summarizeRun(state, {
      runDir,
      total: config.iterations,
      recorded,
      evaluated,
      durationMs: performance.now() - startedAt,
      loopMs,
    })
    return { stopped, summary, state, setup, benchmark: metricsOf(benchmark), settings }
  } finally {
    await close()
    await store?.close()
    release()
  }
}

/** Iterations between two snapshots of the fold: a resume reads at most this many records beyond one. */
const SNAPSHOT_EVERY = 1000

/** Values that must not reach any file: those of the key variables, without the line break that may follow a key. */
const secretsOf = (config: Config, env: Readonly<Record<string, string | undefined>>): string[] =>
  [...USUAL_KEY_VARIABLES, ...config.llm.models.map((model) => keyVariableOf(model))]
    .map((variable) => (variable === undefined ? undefined : env[variable]?.trim()))
    .filter((value): value is string => value !== undefined && value !== '')

function knownSymbol(symbol: string, panel: Panel): string {
  if (panel.symbols.includes(symbol)) return symbol
  throw usageError(
    'INVALID_CONFIG',
    `benchmark: the data has no symbol ${JSON.stringify(symbol)}`,
    `it has ${panel.symbols.length}: ${panel.symbols.slice(0, 8).join(', ')} …`,
    { path: 'benchmark', given: symbol },
  )
}

function benchmarksOf(setup: EvaluationSetup, fill: SearchSpace['fill']) {
  const universe = benchmarkMask(setup)
  const { panel, market, ranges } = setup
  const on = (name: 'train' | 'validation') =>
    measureBenchmark({ panel, range: ranges[name], fill, market, universe })
  return { train: on('train'), validation: on('validation') }
}

const metricsOf = ({ train, validation }: ReturnType<typeof benchmarksOf>) => ({
  train: train.metrics,
  validation: validation.metrics,
})
