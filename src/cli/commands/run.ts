import type { Command } from 'commander'
import { runBacktest } from '../../backtest/backtest.js'
import { evaluateRule } from '../../backtest/strategy-rule.js'
import { counted } from '../../base/counted.js'
import { usageError } from '../../base/errors.js'
import { type RunResult, runLearningLoop } from '../../compose.js'
import { type Config, modelName } from '../../config/schema.js'
import { createEvaluator } from '../../graph/evaluate/columnar.js'
import { createStrategy } from '../../graph/strategy.js'
import type { LoopEvent } from '../../loop/events.js'
import { openRecordings, type Recordings } from '../../loop/replay.js'
import { createWindowFunctions } from '../../sandbox/window-functions.js'
import { benchmarkMask } from '../../workers/evaluation.js'
import type { CommandContext, Define } from '../main.js'
import type { Output } from '../output.js'
import { durationText } from '../render/figures.js'
import { runReport } from '../render/run-report.js'
import { runDirOf } from '../run-dir.js'
import { shellWord, wholeNumber, withDataOptions } from './common.js'
import { type RunFlags, settleRun } from './settle-run.js'

interface RunOptions extends RunFlags {
  readonly iterations?: number
  readonly replay?: string
  readonly fork?: number
}

export function runCommand(program: Command, define: Define): void {
  define<RunOptions>(
    withDataOptions(program.command('run [config]'))
      .description(
        'the learning loop: propose, backtest, judge, remember; an existing run directory is resumed',
      )
      .option('--iterations <n>', 'total of the run, what is recorded already included', wholeNumber)
      .option('--seed <n>', 'seed of all chance', wholeNumber)
      .option('--run-dir <dir>', 'where the history is; default: a new folder under runs/')
      .option('--workers <n>', 'evaluation threads', wholeNumber)
      .option('--market <name>', 'us-stock, tw-stock, crypto or none')
      .option('--fill <when>', 'nextOpen or nextClose, for every strategy')
      .option('--no-llm', 'ask no model: every proposal comes from the Factor Graph')
      .option('--accept-changes', 'go on although config or data have changed, and record it')
      .option('--replay <dir>', 'run again what another run recorded: no model is asked, no key is needed')
      .option('--fork <n>', 'with --replay: only iterations below n, then go on live', wholeNumber)
      .addHelpText(
        'after',
        '\nExamples:\n  $ alphaloop run --data prices.csv.gz --iterations 100 --seed 1' +
          '\n  $ alphaloop run --run-dir runs/20260102-093000 --iterations 500' +
          '\n  $ alphaloop run --replay runs/20260102-093000 --fork 50 --run-dir runs/other',
      ),
    run,
  )
}

async function run(context: CommandContext, options: RunOptions, path?: string): Promise<number> {
  const { io, out } = context
  const replay = await openReplay(context, options)
  const { loaded, runDir, fromHistory } = await settleRun(context, options, path, replay?.recordings)
  const { base } = loaded
  const config = replay === undefined ? loaded.config : { ...loaded.config, iterations: replay.total }

  const stop = new AbortController()
  let interrupted: 'SIGINT' | 'SIGTERM' | undefined
  const off = io.onSignal((signal) => {
    if (interrupted !== undefined) io.exit(exitCodeOf(signal))
    interrupted = signal
    out.info('Stopping: what is being evaluated is finished and recorded. Press again to leave at once.')
    stop.abort()
  })
  try {
    if (replay === undefined || replay.total > replay.until) out.info(modelLine(config, options.llm))
    if (replay !== undefined) out.info(replayLine(replay))
    const result = await runLearningLoop({
      config,
      base,
      env: io.env,
      runDir,
      acceptChanges: options.acceptChanges ?? false,
      ...(replay === undefined ? {} : { replay }),
      stop: stop.signal,
      onEvent: watcher(out, runDir),
    })
    if (replay?.ends !== undefined && result.summary.stopped === 'finished') out.warn(replay.ends)
    const again = loaded.file === undefined || fromHistory ? [] : againArguments(options, path)
    out.result(result.summary, () => report(result, again, out))
    return result.summary.stopped === 'interrupted' && interrupted !== undefined ? exitCodeOf(interrupted) : 0
  } finally {
    off()
  }
}

interface ReplayChoice {
  readonly recordings: Recordings
  readonly until: number
  readonly total: number
  /** What is to be said where the recordings end before the run that they are of. */
  readonly ends?: string
}

/** The recordings that a run is replayed from, as far as it shall be. */
async function openReplay(
  { io, out }: CommandContext,
  { replay, fork, iterations }: RunOptions,
): Promise<ReplayChoice | undefined> {
  if (replay === undefined) {
    if (fork === undefined) return undefined
    throw usageError('FORK_WITHOUT_REPLAY', '--fork says where a replay ends', 'give --replay DIR as well')
  }
  const recordings = await openRecordings(runDirOf(io, replay), ({ message }) => out.warn(message))
  const { length, endsBecause } = recordings
  const wanted = iterations ?? recordings.total ?? length
  if (fork !== undefined) {
    if (fork > length)
      throw usageError(
        'FORK_BEYOND_RECORDINGS',
        `--fork is ${fork}, and ${replay} has recordings of ${counted(length, 'iteration')}`,
        `the most is --fork ${length}: everything is replayed, and the run goes on from there`,
        { fork, recorded: length },
      )
    return { recordings, until: fork, total: wanted }
  }
  const because = endsBecause === undefined ? '' : `: ${endsBecause}`
  return {
    recordings,
    until: length,
    total: Math.min(wanted, length),
    ...(wanted > length
      ? { ends: `the recordings end after ${length} of ${counted(wanted, 'iteration')}${because}` }
      : {}),
  }
}

const replayLine = ({ recordings, until, total }: ReplayChoice): string =>
  until < total
    ? `Iterations below ${until} are replayed from ${recordings.runDir}; from there on, it goes on live.`
    : `Replaying ${counted(total, 'iteration')} of ${recordings.runDir}: no model is asked.`

const exitCodeOf = (signal: 'SIGINT' | 'SIGTERM') => (signal === 'SIGINT' ? 130 : 143)

/** What has to stand on the command line again, where a file is read: flags are not in it. */
function againArguments(options: RunOptions, path: string | undefined): string[] {
  const { data = [], columns, onBadRows, unadjusted, seed, market, fill, llm } = options
  const { universe = [], adjustments, renames, groups, staleAfter } = options
  const valued: [string, string | number | undefined][] = [
    ...data.map((path): [string, string] => ['--data', path]),
    ...universe.map((path): [string, string] => ['--universe', path]),
    ['--adjustments', adjustments],
    ['--renames', renames],
    ['--groups', groups?.join(',')],
    ['--stale-after', staleAfter],
    [
      '--columns',
      columns &&
        Object.entries(columns)
          .map(([role, name]) => `${role}=${name}`)
          .join(','),
    ],
    ['--on-bad-rows', onBadRows],
    ['--seed', seed],
    ['--market', market],
    ['--fill', fill],
  ]
  return [
    ...(path === undefined ? [] : [path]),
    ...valued.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)])),
    ...(unadjusted ? ['--unadjusted'] : []),
    ...(llm ? [] : ['--no-llm']),
  ].map(shellWord)
}

function modelLine(config: Config, llm: boolean): string {
  const { models, selection } = config.llm
  if (!llm || config.innovationRate === 0 || !config.llm.enabled)
    return 'Every strategy comes from the Factor Graph.'
  const share = `${Math.round(config.innovationRate * 100)}% of the strategies; the Factor Graph makes the rest.`
  const names = models.filter(({ weight }) => weight !== 0).map(modelName)
  if (names.length === 0)
    return 'No model is configured: every strategy comes from the Factor Graph. `llm.models` in the configuration adds one.'
  if (names.length === 1) return `${names[0]} writes ${share}`
  const by = selection === 'bandit' ? 'by what they earn' : 'by weight'
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} write, ${by}, ${share}`
}

function watcher(out: Output, runDir: string): (event: LoopEvent) => void {
  const started = performance.now()
  let first: number | undefined
  return (event) => {
    switch (event.type) {
      case 'run-created':
        out.info(`Run ${runDir}`)
        break
      case 'run-resumed':
        out.info(
          event.from >= event.total
            ? `Run ${runDir}: ${event.from} iterations are recorded, and the total is ${event.total}. More: --iterations ${event.from * 2}`
            : `Run ${runDir}: going on after ${event.from} recorded iterations.`,
        )
        break
      case 'model-asked':
        out.progress(`iteration ${event.iteration}: asking the model …`)
        break
      case 'iteration-recorded': {
        const { record, done, total } = event
        first ??= done - 1
        const rate = (done - first) / ((performance.now() - started) / 1000)
        const left = durationText(((total - done) / rate) * 1000)
        if (record.champion.updated)
          out.info(
            `Iteration ${record.iteration}: new champion ${record.strategy?.name}. ${record.champion.because}`,
          )
        else if (out.verbose)
          out.info(
            `Iteration ${record.iteration}: ${record.level} ${record.strategy?.name ?? ''}. ${record.champion.because}`,
          )
        out.progress(`${done}/${total} · ${rate.toFixed(1)} iterations/s · ${left} left`, done / total)
        break
      }
      case 'champion-demoted':
        out.info(event.record.because)
        break
      case 'warning':
        out.warn(event.message)
        break
      case 'batch-started':
        break
    }
  }
}

/** The champion's equity over what the run may see, and the benchmark's, for the chart at the end. */
function report(result: RunResult, again: readonly string[], out: Output): string {
  const { state, setup, benchmark } = result
  const record = state.championRecord
  const curve = record?.strategy?.graph == null ? undefined : championCurves(record.strategy.graph, result)
  return runReport({
    summary: result.summary,
    record,
    benchmark,
    benchmarkHolds:
      setup.benchmarkSymbol ??
      `the equal weight of all symbols${setup.benchmarkUniverse ? ' in the universe' : ''}`,
    curve,
    market: setup.market.name,
    again,
    out,
  })
}

function championCurves(graph: unknown, { setup }: RunResult) {
  const { panel, ranges, market } = setup
  const strategy = createStrategy(graph)
  const range = { start: ranges.train.start, end: ranges.validation.end }
  const evaluator = createEvaluator(panel, {
    cacheBytes: setup.cacheBytes,
    benchmark: setup.benchmarkSymbol,
    windowFunctions: createWindowFunctions({ seconds: setup.customSeconds }),
  })
  const { simulation, benchmarkReturns } = runBacktest({
    panel,
    ...evaluateRule(strategy, evaluator),
    portfolio: strategy.graph.portfolio,
    market,
    range,
    benchmarkUniverse: benchmarkMask(setup),
  })
  let level = 1
  return {
    champion: simulation.equity,
    benchmark: Float64Array.from(benchmarkReturns, (r) => {
      level *= 1 + r
      return level
    }),
    from: panel.dates[range.start]!,
    to: panel.dates[range.end]!,
  }
}
