/**
 * The one file that picks implementations: which sandbox, which store, which runner. Commands and the library call it;
 * everything below sees ports only.
 */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import {
  type BacktestOptions,
  backtest as backtestPurely,
  type StrategyBacktest,
} from './backtest/backtest-strategy.js'
import { resolveMarket } from './backtest/markets.js'
import { type Positions, type PositionsOptions, positions as positionsPurely } from './backtest/positions.js'
import type { Market, Metrics } from './backtest/types.js'
import type { Config } from './config/schema.js'
import { parseDataSettings } from './data/argument.js'
import type { DataOptions } from './data/dataset.js'
import type { Panel } from './data/panel.js'
import { openDataset } from './data/sources/open-dataset.js'
import type { VariantName } from './feedback/variants/variant.js'
import {
  createEvaluator as createPureEvaluator,
  type Evaluator,
  type EvaluatorOptions,
} from './graph/evaluate/columnar.js'
import { availableFields } from './graph/evaluate/context.js'
import type { Expression } from './graph/expression.js'
import type { GraphLimits } from './graph/limits.js'
import type { Strategy } from './graph/strategy.js'
import { HISTORY_FILE } from './history/journal-store.js'
import type { RunSettings } from './history/record.js'
import { createRedactor } from './history/redact.js'
import type { OutputForm } from './llm/chain.js'
import { keyVariableOf, USUAL_KEY_VARIABLES } from './llm/providers.js'
import { systemSleep } from './llm/retry.js'
import type { LoopEvent } from './loop/events.js'
import { holdRun } from './loop/held-run.js'
import { missingKeys, wordsForKeys } from './loop/key-warnings.js'
import { checkTarget, type Replay } from './loop/replay.js'
import { type Session, startSession } from './loop/session.js'
import type { LoopState } from './loop/state.js'
import { promptMoment, type StoredPrompt, storedPrompt } from './loop/stored-prompt.js'
import { readRun } from './loop/stored-run.js'
import { type RunSummary, summarizeRun } from './loop/summary.js'
import { openWorkbench, type Workbench } from './loop/workbench.js'
import { factorValues as pureFactorValues } from './research/factor-values.js'
import type { Sandbox } from './sandbox/sandbox.js'
import { createThreadSandbox } from './sandbox/thread-sandbox.js'
import { createWindowFunctions } from './sandbox/window-functions.js'
import type { Expr } from './strategy/api.js'
import { type CompileOptions, compileExpression, compileStrategy } from './strategy/compile.js'
import { inStrategyText, type StrategyText } from './strategy/place.js'
import type { EvaluationSetup } from './workers/evaluation.js'
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

/**
 * Computes factors on a panel and shares what strategies have in common; `custom` functions run in a thread of their own.
 * @throws AlphaloopError (usage) UNKNOWN_SYMBOL where the panel lacks the benchmark's symbol
 */
export const createEvaluator = (panel: Panel, options: EvaluatorOptions = {}): Evaluator =>
  createPureEvaluator(panel, { windowFunctions: createWindowFunctions(), ...options })

/**
 * Backtests a strategy on a panel, as the accounting page defines it.
 * @throws AlphaloopError (usage) UNKNOWN_FIELD, UNKNOWN_GROUP, UNKNOWN_SYMBOL, NO_OPEN_PRICES, NO_HIGH_LOW_PRICES,
 *   UNKNOWN_MARKET, EMPTY_RANGE, WRONG_EVALUATOR, BENCHMARK_RANGE, WINDOW_TOO_LONG (the panel is too short for it to
 *   decide anything), and the codes of `WindowFunctions.apply`
 */
export const backtest = (strategy: Strategy, panel: Panel, options: BacktestOptions = {}): StrategyBacktest =>
  backtestPurely(strategy, panel, { windowFunctions: createWindowFunctions(), ...options })

/** What a strategy holds after the last bar, and the orders of an account. @throws AlphaloopError (usage), as `backtest` */
export const positions = (strategy: Strategy, panel: Panel, options: PositionsOptions = {}): Positions =>
  positionsPurely(strategy, panel, { windowFunctions: createWindowFunctions(), ...options })

/**
 * The values of a factor on a panel: T × N, row-major, NaN where missing; a condition as 1 and 0, one value per bar
 * repeated over the symbols. The array is the caller's own.
 * @param factor what the builder's functions return, or an expression that is checked already
 * @throws AlphaloopError (usage) UNKNOWN_FIELD or UNKNOWN_GROUP where the panel lacks what the factor reads
 */
export const factorValues = (
  factor: Expr | Expression,
  panel: Panel,
  evaluator: Evaluator = createEvaluator(panel),
): Float64Array => pureFactorValues(factor, panel, evaluator)

/** Runs what evaluates a strategy; its errors about the data get their place in the strategy's text. */
export const inText = <T>(text: StrategyText, run: () => T | Promise<T>): Promise<T> =>
  inStrategyText(text, (source) => inSandbox(undefined, (sandbox) => sandbox.read(source)), run)

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
  /** Takes iterations below `until` from recordings (openRecordings): no model is asked for them. */
  readonly replay?: Pick<Replay, 'recordings' | 'until'>
  /** Once it is aborted, what is being evaluated is finished and recorded, and the run ends. */
  readonly stop?: AbortSignal
  readonly onEvent?: (event: LoopEvent) => void
}

/** A request with everything in place. */
type FullRequest = Required<Omit<RunRequest, 'replay'>> & Pick<RunRequest, 'replay'>

export interface RunResult {
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
  const { config, runDir, env, stop } = request
  const warn = (message: string) => request.onEvent({ type: 'warning', message })
  const startedAt = performance.now()
  const told = new Set<string>()
  let recorded = 0
  let evaluated = 0
  const onEvent = (event: LoopEvent) => {
    if (event.type === 'iteration-recorded') {
      recorded++
      const { status } = event.record.execution
      if (status === 'success' || status === 'ruined') evaluated += event.record.trials
    }
    // What was said before the start is not said again where it comes true.
    if (event.type === 'warning' && told.has(event.message)) return
    request.onEvent(event)
  }
  const redactor = createRedactor(secretsOf(config, env))
  const replay = request.replay && { ...request.replay, version: VERSION }
  if (replay !== undefined) checkTarget(runDir, replay)
  const held = await holdRun({ runDir, config, redactor, warn })
  let close = async () => {}
  try {
    // A replay keeps the boundaries of what it replays, though its data may have grown since.
    const stored = held.state.settings ?? replay?.recordings.settings ?? null
    const bench = await prepareRun({
      config: timeOuts(config, replay),
      base: request.base,
      env,
      stored,
      warn,
    })
    close = bench.close
    const from = Math.max(held.state.next, replay?.until ?? 0)
    if (from < config.iterations)
      for (const message of [
        ...missingKeys(config, env, from),
        ...wordsForKeys(bench, keysOf(config, env), redactor.text),
      ]) {
        warn(message)
        told.add(message)
      }
    const { state, iterate } = await startSession({
      held,
      bench,
      redactor,
      base: request.base,
      acceptChanges: request.acceptChanges,
      replay,
      surroundings: { env, now: Date.now, sleep: systemSleep },
      onEvent,
    })
    const loopStartedAt = performance.now()
    const stopped = await iterate({ total: config.iterations, stop })
    const loopMs = performance.now() - loopStartedAt
    const summary = summarizeRun(state, {
      runDir,
      total: config.iterations,
      recorded,
      evaluated,
      stopped,
      durationMs: performance.now() - startedAt,
      loopMs,
    })
    const { train, validation } = bench.benchmark
    return {
      summary,
      state,
      setup: bench.setup,
      benchmark: { train: train.metrics, validation: validation.metrics },
      settings: bench.settings,
    }
  } finally {
    await close()
    await held.release()
  }
}

/** Where everything is replayed, the recordings say which evaluations took too long, and no clock does. */
const timeOuts = (config: Config, replay: Pick<Replay, 'until'> | undefined): Config =>
  replay === undefined || replay.until < config.iterations
    ? config
    : { ...config, limits: { ...config.limits, evaluationTimeoutSeconds: LONGEST_TIMEOUT_SECONDS } }

const LONGEST_TIMEOUT_SECONDS = 86_400

/** A run whose data is read and which is written to now and then, for as long as each piece of work takes. */
export interface OpenedRun {
  readonly bench: Workbench
  /**
   * Holds the run directory, made where it is missing, for the time of the work. The work meets the history as it is
   * then, whoever wrote to it in between.
   * @throws AlphaloopError (environment) RUN_IN_USE with the pid of who holds it; (usage) RUN_CHANGED
   */
  hold<T>(work: (session: Session) => Promise<T>, onEvent?: (event: LoopEvent) => void): Promise<T>
  close(): Promise<void>
}

/** Reads the data of a run, new or old, without writing anything: `hold` does. @throws AlphaloopError (data, usage) */
export async function openRun(
  asked: Omit<RunRequest, 'stop' | 'onEvent'> & { readonly warn?: (message: string) => void },
): Promise<OpenedRun> {
  const { config, runDir, base = '.', env = {}, acceptChanges = false, warn = () => {} } = asked
  const redactor = createRedactor(secretsOf(config, env))
  const stored = existsSync(join(runDir, HISTORY_FILE)) ? (await readRun(runDir)).settings : null
  const bench = await prepareRun({ config, base, env, stored, warn })
  return {
    bench,
    async hold(work, onEvent = () => {}) {
      const held = await holdRun({ runDir, config, redactor, warn })
      try {
        const surroundings = { env, now: Date.now, sleep: systemSleep }
        const parts = { held, bench, redactor, base, acceptChanges, surroundings, onEvent }
        return await work(await startSession(parts))
      } finally {
        await held.release()
      }
    },
    close: bench.close,
  }
}

/**
 * What a model was told at an iteration of a run, or would be; nothing is written, and nobody is kept out of the run.
 * @throws AlphaloopError (usage) NO_SUCH_ITERATION, VARIANT_NOT_USABLE; (data) where the run's data cannot be read
 */
export async function readPrompt(request: {
  readonly runDir: string
  /** Default: the next one. */
  readonly iteration?: number | undefined
  readonly variant?: VariantName | undefined
  readonly form?: OutputForm | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly warn?: (message: string) => void
}): Promise<StoredPrompt> {
  const { runDir, iteration, variant, form, env = {}, warn = () => {} } = request
  const moment = await promptMoment(runDir, iteration, warn)
  const { config, settings } = moment
  const bench = await prepareRun({ config, base: runDir, env, stored: settings, warn: () => {} })
  try {
    if (bench.panel.hash !== settings.data.hash)
      warn('the data have changed since: the coverage of the fields may have been another')
    const { text } = createRedactor(secretsOf(config, env))
    return await storedPrompt(moment, bench, { variant, form }, text)
  } finally {
    await bench.close()
  }
}

/** Reads the data of a run and makes ready where its strategies are compiled and evaluated; nothing is written. */
async function prepareRun(request: {
  readonly config: Config
  readonly base: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stored: RunSettings | null
  readonly warn: (message: string) => void
}): Promise<Workbench & { close(): Promise<void> }> {
  const { config, base, env, stored, warn } = request
  const data = dataOptions(config, base, env)
  const dataset = await openDataset(data, { isolate: 'child' })
  const sandbox = createSandbox()
  try {
    const bench = await openWorkbench({
      config,
      dataset,
      data,
      stored,
      version: VERSION,
      market: marketOf(config),
      sandbox,
      createRunner: (setup) =>
        createThreadRunner(setup, {
          threads: config.workers === 'auto' ? availableParallelism() : config.workers,
          timeoutSeconds: config.limits.evaluationTimeoutSeconds,
        }),
      warn,
    })
    return {
      ...bench,
      async close() {
        await Promise.all([bench.runner.close(), sandbox.close()])
      },
    }
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

/** Values that must not reach any file: those of the key variables, without the line break that may follow a key. */
const secretsOf = (config: Config, env: Readonly<Record<string, string | undefined>>): string[] =>
  keysOf(config, env).map(({ value }) => value)

const keysOf = (config: Config, env: Readonly<Record<string, string | undefined>>) =>
  [...new Set([...USUAL_KEY_VARIABLES, ...config.llm.models.map((model) => keyVariableOf(model))])].flatMap(
    (variable) => {
      const value = variable === undefined ? undefined : env[variable]?.trim()
      return variable !== undefined && value ? [{ variable, value }] : []
    },
  )
