/**
 * The one file that picks implementations: which sandbox, which store, which runner. Commands and the library call it;
 * everything below sees ports only.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { resolveMarket } from './backtest/markets.js'
import type { Market, Metrics } from './backtest/types.js'
import { AlphaloopError, environmentError, usageError } from './base/errors.js'
import type { Config } from './config/schema.js'
import { parseDataSettings } from './data/argument.js'
import type { DataOptions, Dataset } from './data/dataset.js'
import { listedOnly } from './data/listed.js'
import type { Panel } from './data/panel.js'
import { openDataset } from './data/sources/open-dataset.js'
import { executionErrorOf } from './feedback/execution-error.js'
import { availableFields, checkSources } from './graph/evaluate/context.js'
import type { Expression } from './graph/expression.js'
import { checkWindows, rootsOf } from './graph/first-values.js'
import type { GraphLimits } from './graph/limits.js'
import type { Strategy } from './graph/strategy.js'
import { HISTORY_FILE, JournalStore } from './history/journal-store.js'
import { openLock } from './history/lock.js'
import type { RunInfo, RunSettings } from './history/record.js'
import { createRedactor } from './history/redact.js'
import type { HistoryStore } from './history/store.js'
import { TextStore } from './history/text-store.js'
import type { Subgraph } from './library/compose-graph.js'
import { keyVariableOf } from './llm/providers.js'
import { systemSleep } from './llm/retry.js'
import { createLoopModel } from './loop/ask-model.js'
import { conform } from './loop/conform.js'
import type { LoopEvent, StopReason } from './loop/events.js'
import type { StartStrategy } from './loop/ports.js'
import { resumeState, snapshotState } from './loop/resume.js'
import { createReturnsCache, returnsFolder } from './loop/returns-cache.js'
import { runLoop } from './loop/run.js'
import { configHash, differences, keptConfig, settingsDifferences } from './loop/settings.js'
import { foldRules, type LoopState } from './loop/state.js'
import { type RunSummary, summarizeRun } from './loop/summary.js'
import type { Sandbox } from './sandbox/sandbox.js'
import { createThreadSandbox } from './sandbox/thread-sandbox.js'
import type { SearchSpace } from './search/proposal.js'
import { proposeFactorGraph } from './search/propose.js'
import { createSearchSpace } from './search/space.js'
import { type CompileOptions, compileExpression, compileStrategy } from './strategy/compile.js'
import { inStrategyText } from './strategy/place.js'
import { type Split, splitDates, splitFromDates } from './validation/splits.js'
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

const totalFile = (runDir: string): string => join(runDir, 'cache', 'total')

/**
 * Remembers the total for a resume that names none. It is no part of the history, where runs of different length would
 * then differ; where it is lost, the default holds.
 */
function keepTotal(runDir: string, iterations: number): void {
  writeFileSync(totalFile(runDir), `${iterations}\n`)
}

/** The total that a run was last asked for. */
export function keptTotal(runDir: string): number | undefined {
  try {
    const total = Number(readFileSync(totalFile(runDir), 'utf8'))
    return Number.isInteger(total) && total > 0 ? total : undefined
  } catch {
    // A cache: it may have been deleted.
    return undefined
  }
}

function makeRunDir(runDir: string): void {
  try {
    mkdirSync(runDir, { recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw environmentError(
        'RUN_DIR',
        `the run directory cannot be ${runDir}: a file stands there or on the way to it`,
        'choose another with --run-dir',
        { runDir },
      )
    throw new AlphaloopError(
      'environment',
      'RUN_DIR',
      `the run directory ${runDir} cannot be made: ${code}`,
      {
        hint: 'choose another with --run-dir, or mend its permissions',
        details: { runDir, cause: code },
        cause: error,
      },
    )
  }
}

/** Keeps a second run out of the directory; the journal itself would take any number of writers. */
function holdRunDir(runDir: string, warn: (message: string) => void): () => void {
  try {
    const lock = openLock(join(runDir, 'run.lock'), {
      onTakeOver: ({ pid }) =>
        warn(`the run before this one (process ${pid}) did not end by itself; going on from its records`),
    })
    const refusal = lock.tryAcquire()
    if (refusal === undefined) return () => lock.release()
    const who = refusal.holder === undefined ? 'another process' : `process ${refusal.holder.pid}`
    throw new AlphaloopError('environment', 'RUN_IN_USE', `${runDir} is in use by ${who}`, {
      hint: 'wait for it, stop it, or choose another directory with --run-dir',
      details: { runDir, pid: refusal.holder?.pid ?? null },
    })
  } catch (error) {
    if (error instanceof AlphaloopError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new AlphaloopError(
      'environment',
      'RUN_DIR',
      `nothing can be written to the run directory ${runDir}: ${code}`,
      {
        hint: 'mend its permissions or free some space, or choose another with --run-dir',
        details: { runDir, cause: code },
        cause: error,
      },
    )
  }
}

/** Values that must not reach any file: those of the key variables. */
const secretsOf = (config: Config, env: Readonly<Record<string, string | undefined>>): string[] =>
  config.llm.models
    .map((model) => keyVariableOf(model))
    .map((variable) => (variable === undefined ? undefined : env[variable]))
    .filter((value): value is string => value !== undefined && value !== '')

/**
 * The panel up to the end of validation, and not a row more: the boundaries are found among the dates before anything
 * is loaded. A resumed run keeps the boundaries that it was created with.
 */
async function loadRanges(dataset: Dataset, data: DataOptions, config: Config, stored: RunSettings | null) {
  const boundaries =
    storedBoundaries(dataset, config, stored) ?? splitDates(dataset.dates, config.split).boundaries
  const panel = listedOnly(await dataset.load({ until: boundaries.validation.end }))
  const split: Split = splitFromDates(panel.dates, boundaries)
  const settings: RunSettings = {
    config: keptConfig(config),
    data: {
      // The built-in market's settings are part of what it is; a resume without --data reads this.
      source: dataset.source === 'builtin' ? String(config.data) : dataset.source,
      ...otherTables(data),
      hash: panel.hash,
      symbols: panel.symbols.length,
      start: panel.dates[0]!,
      end: panel.dates.at(-1)!,
    },
    split: boundaries,
  }
  return { panel, split, settings }
}

/** The tables beside the prices, for a resume: only where there are some, so that other runs stay as they were. */
function otherTables(data: DataOptions): Pick<RunSettings['data'], 'with'> {
  if ('builtin' in data) return {}
  const { join, universe, adjustments, renames } = data
  const tables = {
    ...(join ? { join: [...join] } : {}),
    ...(universe ? { universe: [...universe] } : {}),
    ...(adjustments === undefined ? {} : { adjustments }),
    ...(renames === undefined ? {} : { renames }),
  }
  return Object.keys(tables).length === 0 ? {} : { with: tables }
}

function storedBoundaries(
  dataset: Dataset,
  config: Config,
  stored: RunSettings | null,
): RunSettings['split'] | undefined {
  // A split that the user changed is a change of the run, and is made anew.
  if (stored === null || differences(stored.config.split, config.split).length > 0) return undefined
  const { train, validation } = stored.split
  const known = [train.start, train.end, validation.start, validation.end].every((date) =>
    dataset.dates.includes(date),
  )
  return known ? stored.split : undefined
}

/** Creates the run's first record, or compares what it was created with. */
async function recordSettings(
  store: HistoryStore,
  state: LoopState,
  settings: RunSettings,
  run: RunInfo,
  request: FullRequest,
): Promise<void> {
  const stored = state.settings
  if (stored === null) {
    const record = await store.append({
      kind: 'change',
      what: 'created',
      run,
      settings,
      differences: [],
      because: 'The run was created.',
    })
    state.settings = settings
    state.configHash = run.config
    request.onEvent({ type: 'run-created', record })
    return
  }
  const { config, data } = settingsDifferences(stored, settings)
  const all = [...config, ...data]
  if (all.length === 0) return
  if (!request.acceptChanges)
    throw usageError(
      'RUN_CHANGED',
      `${request.runDir} was created with other settings, and results would not be comparable:\n${all
        .map(({ path, before, after }) => `  ${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`)
        .join('\n')}`,
      'use the settings of the run, another --run-dir, or --accept-changes to go on and record the change',
      { runDir: request.runDir, differences: all },
    )
  const changes = [
    { what: 'config' as const, differences: config },
    { what: 'data' as const, differences: data },
  ].filter(({ differences }) => differences.length > 0)
  // Together, or a crash between the two would leave one change unsaid.
  await store.appendMany(
    changes.map(({ what, differences }) => ({
      kind: 'change' as const,
      what,
      run,
      settings,
      differences,
      because: 'The user went on with --accept-changes.',
    })),
  )
  state.settings = settings
  state.configHash = run.config
}

async function searchSpace(
  config: Config,
  panel: Panel,
  split: Split,
  sandbox: Sandbox,
): Promise<SearchSpace> {
  const fields = availableFields(panel)
  const { sides, rebalances, fields: allowed, operators, universe } = config.constraints
  return createSearchSpace({
    fields,
    groups: [...panel.groups.keys()].sort(),
    symbols: panel.symbols.length,
    bars: split.train.end - split.train.start + 1,
    limits: config.limits,
    constraints: {
      ...(sides ? { sides } : {}),
      ...(rebalances ? { rebalances } : {}),
      ...(allowed ? { fields: allowed } : {}),
      ...(operators ? { operators } : {}),
      ...(config.fill ? { fill: config.fill } : {}),
      ...(universe === undefined
        ? {}
        : { universe: await compileUniverse(universe, fields, panel, config.benchmark, sandbox) }),
    },
  })
}

async function compileUniverse(
  text: string,
  fields: readonly string[],
  panel: Panel,
  benchmark: string | undefined,
  sandbox: Sandbox,
): Promise<Subgraph> {
  const expression = await compileExpression(text, sandbox, { fields, fileName: 'constraints.universe' })
  checkSources(expression, panel, benchmark)
  const { nodes, universe } = universeOf(expression)
  return { nodes, root: universe }
}

/** The nodes of a condition, without masks, and its root. */
function universeOf(expression: Awaited<ReturnType<typeof compileExpression>>) {
  if (expression.type !== 'boolean')
    throw usageError(
      'INVALID_CONFIG',
      `constraints.universe is a ${expression.type}, but it must say for each symbol whether it may be held`,
      'compare it with something: close.gt(5)',
    )
  return { nodes: expression.graph.nodes, universe: expression.root }
}

/** A strategy that holds everything in a universe: how the benchmark's universe is evaluated. */
const universeStrategy = (universe: Subgraph) => ({
  version: 1 as const,
  name: 'Universe',
  nodes: [
    ...universe.nodes.map((node) => ({ ...node, inputs: [...node.inputs], params: { ...node.params } })),
    { id: 'held', op: 'field', inputs: [], params: { name: 'close' } },
  ],
  universe: universe.root,
  rule: { kind: 'score' as const, score: 'held', select: { top: 1 } },
})

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

/** The user's strategies that have no record yet; null stands for those that have one. */
async function compileStarts(
  config: Config,
  base: string,
  recorded: number,
  compile: (source: string, language: 'ts' | 'js' | 'json', fileName: string) => Promise<Strategy>,
): Promise<(StartStrategy | null)[]> {
  const starts: (StartStrategy | null)[] = []
  for (const [i, file] of config.start.entries()) {
    if (i < recorded) {
      starts.push(null)
      continue
    }
    const path = isAbsolute(file) ? file : join(base, file)
    const code = readStrategyFile(path)
    try {
      const strategy = await compile(code, languageOf(path), basename(path))
      starts.push({ state: 'compiled', file, strategy, code })
    } catch (error) {
      if (!(error instanceof AlphaloopError)) throw error
      const known = executionErrorOf(error)
      starts.push({ state: 'broken', file, error: { ...known, message: `${file}: ${known.message}` } })
    }
  }
  return starts
}

/** The text of a strategy file. @throws AlphaloopError (usage) STRATEGY_NOT_FOUND, or (environment) unreadable */
export function readStrategyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR')
      throw usageError(
        'STRATEGY_NOT_FOUND',
        code === 'ENOENT' ? `there is no strategy file ${path}` : `${path} is a folder`,
        'give a .ts, .js or .json file',
        {
          file: path,
        },
      )
    throw new AlphaloopError('environment', 'STRATEGY_UNREADABLE', `${path} cannot be read: ${code}`, {
      details: { file: path },
      cause: error,
    })
  }
}

/** The language of a strategy file by its ending. @throws AlphaloopError (usage) STRATEGY_LANGUAGE */
export function languageOf(path: string): 'ts' | 'js' | 'json' {
  const ending = /\.(ts|mts|js|mjs|json)$/.exec(path)?.[1]
  if (ending === undefined)
    throw usageError(
      'STRATEGY_LANGUAGE',
      `${path}: a strategy file ends in .ts, .js or .json`,
      'rename it to what it holds',
    )
  return ending === 'json' ? 'json' : ending.endsWith('ts') ? 'ts' : 'js'
}
