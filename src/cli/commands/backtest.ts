import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { type BenchmarkInfo, backtest as backtestStrategy } from '../../backtest/backtest-strategy.js'
import { type Contribution, contribution } from '../../backtest/contribution.js'
import { contributionCsv, equityCsv, tradesCsv } from '../../backtest/tables.js'
import { METRIC_NAMES } from '../../backtest/types.js'
import { counted } from '../../base/counted.js'
import { compileStrategyCode, dataOptions, inText, marketOf } from '../../compose.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import type { Fill } from '../../graph/strategy-graph.js'
import { languageOf, readStrategyFile } from '../../loop/strategy-file.js'
import { createWindowFunctions } from '../../sandbox/window-functions.js'
import { isBenchmarkFile, readBenchmark } from '../benchmark-file.js'
import { checkOutputs, dataFiles } from '../check-outputs.js'
import { checkDates, checkRange } from '../date-range.js'
import type { CommandContext, Define } from '../main.js'
import { equityChart } from '../render/chart.js'
import { METRIC_LABELS, metricText } from '../render/figures.js'
import { table } from '../render/table.js'
import { wrap } from '../render/wrap.js'
import { writeOutput } from '../write-file.js'
import { reportForm, writeReport } from '../write-report.js'
import { checkFill, configFile, type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

interface BacktestOptions extends DataFlags {
  readonly start?: string
  readonly end?: string
  readonly market?: string
  readonly fill?: Fill
  readonly equity?: string
  readonly trades?: string
  readonly report?: string
  readonly contribution?: string
  /** A symbol or a file. */
  readonly benchmark?: string
}

export function backtestCommand(program: Command, define: Define): void {
  define<BacktestOptions>(
    withDataOptions(program.command('backtest <file>'))
      .description('backtest one strategy (.ts, .js or .json)')
      .option('--start <date>', 'first day; earlier bars only warm indicators up')
      .option('--end <date>', 'last day; later bars are not read')
      .option('--market <name>', 'us-stock, tw-stock, crypto or none')
      .option('--fill <when>', 'nextOpen or nextClose, instead of what the strategy says')
      .option(
        '--benchmark <what>',
        'a symbol, or a file of date,value, to measure against; default: equal weight',
      )
      .option('--equity <file>', 'write date,equity,return,exposure as CSV')
      .option('--trades <file>', 'write one row a position as CSV')
      .option('--contribution <file>', 'write what every symbol and group contributed as CSV')
      .option('--report <file>', 'write a tearsheet: one .html file, or .md with pictures beside it')
      .addHelpText(
        'after',
        '\nExample:\n  $ alphaloop backtest momentum.ts --data prices.csv.gz --start 2015-01-01',
      ),
    backtest,
  )
}

async function backtest(context: CommandContext, options: BacktestOptions, file: string): Promise<undefined> {
  const { io, out } = context
  const started = performance.now()
  checkDates(options)
  checkFill(options.fill)
  if (options.report !== undefined) reportForm(options.report)
  const { benchmark: against, ...flags } = options
  const isFile = against !== undefined && isBenchmarkFile(against, io.cwd)
  const given = isFile ? flags : options
  const loaded = loadConfig(context, undefined, flagValues(given, io.cwd))
  const { config, base } = loaded
  const data = dataOptions(config, base, io.env)
  const path = resolve(io.cwd, file)
  const { equity, trades, contribution: contributions, report } = options
  checkOutputs(
    io.cwd,
    [
      { name: '--equity', path: equity },
      { name: '--trades', path: trades },
      { name: '--contribution', path: contributions },
      { name: '--report', path: report },
    ],
    [
      { name: 'the strategy', path: file },
      ...dataFiles(data),
      { name: '--benchmark', path: isFile ? against : undefined },
      configFile(loaded),
    ],
  )
  const code = readStrategyFile(path)
  const compiled = await compileStrategyCode(code, {
    fileName: basename(path),
    language: languageOf(path),
    limits: config.limits,
  })
  const dataset = await openDataset(data)
  for (const note of dataset.notes) out.warn(note)
  const warnings = dataset.issues.filter(({ severity }) => severity === 'warning')
  if (out.verbose) for (const { message } of warnings) out.warn(message)
  checkRange(options, dataset.dates)
  const panel = await dataset.load(options.end === undefined ? {} : { until: options.end })
  const benchmarkSeries = isFile ? await readBenchmark(resolve(io.cwd, against), data.cacheDir) : undefined
  const fill = options.fill ?? config.fill
  const tested = await inText({ source: code, fileName: basename(path), language: languageOf(path) }, () =>
    backtestStrategy(compiled, panel, {
      market: marketOf(config),
      ...(options.start === undefined ? {} : { start: options.start }),
      ...(fill === undefined ? {} : { fill }),
      benchmark: config.benchmark,
      benchmarkSeries,
      windowFunctions: createWindowFunctions({ seconds: config.limits.customSeconds }),
    }),
  )
  const { strategy, simulation, metrics, metricNotes, benchmarkReturns, costs, market, range } = tested
  for (const { message } of simulation.warnings) out.warn(message)
  if (options.equity)
    writeOutput(resolve(io.cwd, options.equity), equityCsv(simulation, panel.dates, range.start))
  if (options.trades) writeOutput(resolve(io.cwd, options.trades), tradesCsv(simulation.trades))
  const sources = contribution(simulation, panel)
  if (options.contribution !== undefined)
    writeOutput(resolve(io.cwd, options.contribution), contributionCsv(sources))
  if (options.report !== undefined) {
    const { renderTearsheet } = await import('../../report/render.js')
    writeReport(resolve(io.cwd, options.report), await renderTearsheet(tested, panel))
  }

  let level = 1
  const levels = Float64Array.from(benchmarkReturns, (r) => {
    level *= 1 + r
    return level
  })
  const closed = simulation.trades.filter(({ reason }) => reason !== 'end').length
  const result = {
    strategy: { hash: strategy.hash, name: strategy.graph.name },
    data: {
      hash: panel.hash,
      bars: range.end - range.start + 1,
      symbols: panel.symbols.length,
      start: panel.dates[range.start],
      end: panel.dates[range.end],
    },
    market: { name: market.name, costs, periodsPerYear: market.periodsPerYear },
    status: simulation.status,
    metrics,
    metricNotes,
    benchmark: { ...tested.benchmark, totalReturn: levels.at(-1)! - 1 },
    contribution: extremes(sources),
    trades: closed,
    openPositions: simulation.trades.length - closed,
    warnings: simulation.warnings,
    durationMs: performance.now() - started,
  }
  out.result(result, () => {
    const { data } = result
    const rows = METRIC_NAMES.map((name) => [
      METRIC_LABELS[name],
      metricText(name, metrics[name]),
      metrics[name] === null ? out.colors.dim(metricNotes[name] ?? '') : '',
    ])
    return `${out.colors.bold(strategy.graph.name)}  (${strategy.hash.slice(0, 8)})
${data.start} … ${data.end}, ${counted(data.bars, 'bar')}, ${counted(data.symbols, 'symbol')}
${costsText(market.name, costs)}${simulation.status === 'ruined' ? '\nRUINED: the equity was gone before the end.' : ''}

${table(['', '', ''], rows, { colors: out.colors, right: [1] })}

${wrap(`benchmark: ${tested.benchmark.name}, total return ${metricText('totalReturn', result.benchmark.totalReturn)}`, out.columns)}

${equityChart(
  [
    { name: strategy.graph.name, values: simulation.equity },
    { name: `benchmark (${benchmarkText(tested.benchmark)})`, values: levels },
  ],
  { width: out.columns, colors: out.colors.isColorSupported, from: data.start!, to: data.end! },
)}`
  })
  return undefined
}

/** Rows from each end of a list of contributions that a result shows. */
const EXTREMES = 20

/** The largest and smallest contributions, and how many symbols stand between them; all are in --contribution. */
function extremes({ symbols, groups, borrow, financing }: Contribution) {
  const most = symbols.slice(0, EXTREMES)
  const least = symbols.slice(Math.max(most.length, symbols.length - EXTREMES)).reverse()
  return { most, least, others: symbols.length - most.length - least.length, groups, borrow, financing }
}

const benchmarkText = ({ kind, name }: BenchmarkInfo): string =>
  kind === 'equalWeight' ? 'equal weight, no costs' : kind === 'symbol' ? `${name}, no costs` : name

const costsText = (
  market: string,
  { commission, tax, slippage }: { commission: number; tax: number; slippage: number },
) =>
  `${market}: commission ${costText(commission)}, tax ${costText(tax)} on sales, slippage ${costText(slippage)}`

const costText = (fraction: number): string => `${Number((fraction * 100).toFixed(6))}%`
