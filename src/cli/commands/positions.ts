import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { parseHoldings } from '../../backtest/holdings.js'
import { type Positions, positions as positionsOf } from '../../backtest/positions.js'
import { ordersCsv } from '../../backtest/tables.js'
import { usageError } from '../../base/errors.js'
import { compileStrategyCode, dataOptions, inText, marketOf } from '../../compose.js'
import { resolveConfig } from '../../config/resolve.js'
import type { Config } from '../../config/schema.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import { createStrategy, type Strategy } from '../../graph/strategy.js'
import type { Fill } from '../../graph/strategy-graph.js'
import { championOf, readRun, storedConfig } from '../../loop/stored-run.js'
import { languageOf, readStrategyFile } from '../../loop/strategy-file.js'
import { createWindowFunctions } from '../../sandbox/window-functions.js'
import type { StrategyText } from '../../strategy/place.js'
import { checkOutputs, dataFiles, type NamedFile } from '../check-outputs.js'
import { checkDates, checkRange } from '../date-range.js'
import type { CommandContext, Define } from '../main.js'
import { positionsReport } from '../render/positions-report.js'
import { historyOf, runDirOf } from '../run-dir.js'
import { systemError } from '../system-errors.js'
import { writeOutput } from '../write-file.js'
import { checkFill, configFile, type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

interface PositionsFlags extends DataFlags {
  readonly runDir?: string
  readonly holdings?: string
  readonly cash?: number
  readonly capital?: number
  readonly lots?: number
  readonly fractional?: boolean
  readonly onSchedule?: boolean
  readonly start?: string
  readonly market?: string
  readonly fill?: Fill
  readonly benchmark?: string
  readonly out?: string
}

const EXAMPLES = `
Examples:
  $ alphaloop positions momentum.ts --data prices.csv.gz --holdings holdings.csv
  $ alphaloop positions --run-dir runs/20260102-093000 --data prices.csv.gz --capital 50000 --out orders.csv

holdings.csv is what you hold now; the row cash is your money:
  symbol,shares
  AAPL,120
  BRK.B,15
  cash,2350.75

Orders are estimated at the last closes. Changes are whole lots, rounded towards zero; what the
strategy does not hold is sold whole; purchases are cut until the cash is enough for their costs too.`

export function positionsCommand(program: Command, define: Define): void {
  define<PositionsFlags>(
    withDataOptions(program.command('positions [file]'))
      .description('what to hold after the last bar of the data, and the orders from your holdings')
      .option('--run-dir <dir>', 'a run, for its champion; default without a file: the newest under runs/')
      .option('--holdings <file>', 'what you hold: symbol,shares as CSV, and a row cash')
      .option('--cash <amount>', 'money beside the holdings, instead of their row cash', amount)
      .option(
        '--capital <amount>',
        'what the account is worth altogether; default without holdings: 100000',
        amount,
      )
      .option('--lots <shares>', 'shares traded together; default: 1000 for tw-stock, else 1', amount)
      .option('--fractional', 'fractions of a share, to 8 decimals (the default for crypto)')
      .option('--on-schedule', 'on a day without a rebalance, order only what exit rules close')
      .option(
        '--start <date>',
        'first day of the simulation that leads up to today; default: that of the data',
      )
      .option('--market <name>', 'us-stock, tw-stock, crypto or none')
      .option('--fill <when>', 'nextOpen or nextClose, instead of what the strategy says')
      .option('--benchmark <symbol>', 'what benchmark(…) in the strategy reads')
      .option('--out <file>', 'write the orders as CSV')
      .addHelpText('after', EXAMPLES),
    positions,
  )
}

/** Shares of a coin are traded to this fraction. */
const FRACTION = 1e-8

/** Data that ends so many days before today is told to be old. */
const OLD_DAYS = 7

async function positions(
  context: CommandContext,
  options: PositionsFlags,
  file: string | undefined,
): Promise<undefined> {
  const { io, out } = context
  const started = performance.now()
  checkDates(options)
  checkFill(options.fill)
  if (options.lots !== undefined && options.fractional)
    throw usageError('USAGE', '--lots and --fractional contradict each other', 'give one of them')
  if (file !== undefined && options.runDir !== undefined)
    throw usageError(
      'USAGE',
      `both a strategy file and a run are given`,
      'leave one out: --run-dir stands for the champion of that run',
    )
  const { strategy, config, base, source, text, files } =
    file === undefined ? await championToHold(context, options) : await fileToHold(context, options, file)

  const data = dataOptions(config, base, io.env)
  checkOutputs(
    io.cwd,
    [{ name: '--out', path: options.out }],
    [...files, ...dataFiles(data), { name: '--holdings', path: options.holdings }],
  )
  const dataset = await openDataset(data)
  for (const note of dataset.notes) out.warn(note)
  checkRange(options.start === undefined ? {} : { start: options.start }, dataset.dates)
  const panel = await dataset.load()
  const holdings =
    options.holdings === undefined
      ? undefined
      : parseHoldings(readHoldings(resolve(io.cwd, options.holdings)), {
          name: options.holdings,
          symbols: panel.symbols,
        })
  // What the account is worth says how much of it is money.
  // A file without a row cash is an account without money, whether it holds something or not.
  const noCash = holdings !== undefined && holdings.cash === undefined
  const cash = options.cash ?? (options.capital === undefined && holdings ? (holdings.cash ?? 0) : undefined)
  const fill = options.fill ?? config.fill
  const lot = options.fractional ? FRACTION : options.lots
  const decide = () =>
    positionsOf(strategy, panel, {
      market: marketOf(config),
      ...(options.start === undefined ? {} : { start: options.start }),
      ...(fill === undefined ? {} : { fill }),
      ...(holdings === undefined ? {} : { shares: holdings.shares }),
      benchmark: config.benchmark,
      windowFunctions: createWindowFunctions({ seconds: config.limits.customSeconds }),
      cash,
      capital: options.capital,
      lot,
      onSchedule: options.onSchedule ?? false,
    })
  const found = text === undefined ? decide() : await inText(text, decide)
  const age = Math.floor((Date.now() - Date.parse(found.schedule.date)) / 86_400_000)
  const warnings = [
    ...(age > OLD_DAYS && dataset.source !== 'builtin'
      ? [{ code: 'OLD_DATA', message: `the data ends on ${found.schedule.date}, ${age} days ago` }]
      : []),
    ...(noCash && options.cash === undefined && options.capital === undefined
      ? [
          {
            code: 'NO_CASH_ROW',
            message: `${options.holdings} has no row cash: the account is taken to have no money (--cash says otherwise)`,
          },
        ]
      : []),
    ...found.warnings,
  ]
  for (const { message } of warnings) out.warn(message)
  if (options.out !== undefined) writeOutput(resolve(io.cwd, options.out), ordersCsv(found.plan.orders))
  out.result({ ...resultOf(found, panel), source, warnings, durationMs: performance.now() - started }, () =>
    positionsReport(found, {
      colors: out.colors,
      columns: out.columns,
      source,
      onSchedule: options.onSchedule ?? false,
    }),
  )
  return undefined
}

/** The object that `--json` prints. */
function resultOf(
  found: Positions,
  panel: { hash: string; dates: readonly string[]; symbols: readonly string[] },
) {
  const { strategy, market, costs, lot, schedule, model, plan } = found
  return {
    strategy: { hash: strategy.hash, name: strategy.graph.name },
    data: {
      hash: panel.hash,
      bars: panel.dates.length,
      symbols: panel.symbols.length,
      start: panel.dates[0],
      end: panel.dates.at(-1),
    },
    market: { name: market.name, costs, periodsPerYear: market.periodsPerYear },
    decision: {
      ...schedule,
      fill: strategy.graph.portfolio.fill,
      rebalance: strategy.graph.portfolio.rebalance,
    },
    lot,
    equity: plan.equity,
    targets: plan.targets,
    orders: plan.orders,
    holdings: plan.holdings,
    cash: plan.cash,
    cost: plan.cost,
    turnover: plan.turnover,
    notTradable: plan.notTradable,
    model,
  }
}

interface ToHold {
  readonly strategy: Strategy
  readonly config: Config
  /** Folder that the configuration's relative paths count from. */
  readonly base: string
  /** Where the strategy comes from, in words. */
  readonly source: string
  /** Its file. */
  readonly text?: StrategyText
  /** The files that were read for it. */
  readonly files: readonly NamedFile[]
}

async function fileToHold(context: CommandContext, options: PositionsFlags, file: string): Promise<ToHold> {
  const { io } = context
  const loaded = loadConfig(context, undefined, flagValues(options, io.cwd))
  const { config, base } = loaded
  const path = resolve(io.cwd, file)
  const code = readStrategyFile(path)
  const text: StrategyText = { source: code, fileName: basename(path), language: languageOf(path) }
  const strategy = await compileStrategyCode(code, {
    fileName: text.fileName,
    language: languageOf(path),
    limits: config.limits,
  })
  const files = [{ name: 'the strategy', path: file }, configFile(loaded)]
  return { strategy, config, base, source: file, text, files }
}

/** The champion of a run, with the settings of that run. */
async function championToHold({ io, out }: CommandContext, options: PositionsFlags): Promise<ToHold> {
  const runDir = runDirOf(io, options.runDir)
  const state = await readRun(runDir, ({ message }) => out.warn(message))
  const record = championOf(state, runDir)
  const { runDir: _run, ...flags } = options
  const { config, warnings } = resolveConfig({
    file: await storedConfig(runDir),
    environment: io.env,
    flags: flagValues(flags, io.cwd),
  })
  for (const warning of warnings) out.warn(warning)
  return {
    strategy: createStrategy(record.strategy!.graph, config.limits),
    config,
    base: runDir,
    source: `champion of ${options.runDir ?? runDir}, iteration ${record.iteration}`,
    files: [historyOf(runDir)],
  }
}

/** @throws AlphaloopError (usage) BAD_HOLDINGS where the bytes are no UTF-8, or are none of a text */
function asText(bytes: Uint8Array, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {
    // Told below.
  }
  throw usageError(
    'BAD_HOLDINGS',
    `${path} is no text in UTF-8`,
    bytes[0] === 0x1f && bytes[1] === 0x8b
      ? 'it is compressed: unpack it first (gunzip)'
      : 'save it as CSV in UTF-8',
    { file: path },
  )
}

/** @throws AlphaloopError (usage) HOLDINGS_NOT_FOUND, BAD_HOLDINGS, or (environment) what the system says */
function readHoldings(path: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR')
      throw usageError(
        'HOLDINGS_NOT_FOUND',
        code === 'ENOENT' ? `there is no holdings file ${path}` : `${path} is a folder`,
        'write one with the columns symbol,shares, or leave --holdings out to start from cash',
        { file: path },
      )
    throw systemError(error, { path }) ?? error
  }
  return asText(bytes, path)
}

/** A number above or below zero given to an option. */
function amount(text: string): number {
  const value = Number(text.trim())
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError(`'${text}' is not a number.`)
  return value
}
