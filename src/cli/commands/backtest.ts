import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { backtest as backtestStrategy } from '../../backtest/backtest-strategy.js'
import { equityCsv, tradesCsv } from '../../backtest/tables.js'
import { METRIC_NAMES } from '../../backtest/types.js'
import { createSandbox, dataOptions, languageOf, marketOf, readStrategyFile } from '../../compose.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import type { Fill } from '../../graph/strategy-graph.js'
import { compileStrategy } from '../../strategy/compile.js'
import { checkDates, checkRange } from '../date-range.js'
import type { CommandContext, Define } from '../main.js'
import { equityChart } from '../render/chart.js'
import { METRIC_LABELS, metricText } from '../render/figures.js'
import { table } from '../render/table.js'
import { writeOutput } from '../write-file.js'
import { reportForm, writeReport } from '../write-report.js'
import { checkFill, type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

interface BacktestOptions extends DataFlags {
  readonly start?: string
  readonly end?: string
  readonly market?: string
  readonly fill?: Fill
  readonly equity?: string
  readonly trades?: string
  readonly report?: string
}

export function backtestCommand(program: Command, define: Define): void {
  define<BacktestOptions>(
    withDataOptions(program.command('backtest <file>'))
      .description('backtest one strategy (.ts, .js or .json)')
      .option('--start <date>', 'first day; earlier bars only warm indicators up')
      .option('--end <date>', 'last day; later bars are not read')
      .option('--market <name>', 'us-stock, tw-stock, crypto or none')
      .option('--fill <when>', 'nextOpen or nextClose, instead of what the strategy says')
      .option('--equity <file>', 'write date,equity,return,exposure as CSV')
      .option('--trades <file>', 'write one row a position as CSV')
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
  const { config, base } = loadConfig(context, undefined, flagValues(options, io.cwd))
  const path = resolve(io.cwd, file)
  const code = readStrategyFile(path)
  const compiled = await compileStrategy(code, createSandbox(), {
    fileName: basename(path),
    language: languageOf(path),
    limits: config.limits,
  })
  const dataset = await openDataset(dataOptions(config, base, io.env))
  for (const note of dataset.notes) out.warn(note)
  const warnings = dataset.issues.filter(({ severity }) => severity === 'warning')
  if (out.verbose) for (const { message } of warnings) out.warn(message)
  checkRange(options, dataset.dates)
  const panel = await dataset.load(options.end === undefined ? {} : { until: options.end })
  const fill = options.fill ?? config.fill
  const tested = backtestStrategy(compiled, panel, {
    market: marketOf(config),
    ...(options.start === undefined ? {} : { start: options.start }),
    ...(fill === undefined ? {} : { fill }),
    benchmark: config.benchmark,
  })
  const { strategy, simulation, metrics, metricNotes, benchmarkReturns, costs, market, range } = tested
  for (const { message } of simulation.warnings) out.warn(message)
  if (options.equity)
    writeOutput(resolve(io.cwd, options.equity), equityCsv(simulation, panel.dates, range.start))
  if (options.trades) writeOutput(resolve(io.cwd, options.trades), tradesCsv(simulation.trades))
  if (options.report !== undefined) {
    const { renderTearsheet } = await import('../../report/render.js')
    const named = config.benchmark === undefined ? {} : { benchmarkName: config.benchmark }
    writeReport(resolve(io.cwd, options.report), await renderTearsheet(tested, panel, named))
  }

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
    trades: closed,
    openPositions: simulation.trades.length - closed,
    warnings: simulation.warnings,
    durationMs: performance.now() - started,
  }
  out.result(result, () => {
    let level = 1
    const benchmark = Float64Array.from(benchmarkReturns, (r) => {
      level *= 1 + r
      return level
    })
    const { data } = result
    const rows = METRIC_NAMES.map((name) => [
      METRIC_LABELS[name],
      metricText(name, metrics[name]),
      metrics[name] === null ? out.colors.dim(metricNotes[name] ?? '') : '',
    ])
    return `${out.colors.bold(strategy.graph.name)}  (${strategy.hash.slice(0, 8)})
${data.start} … ${data.end}, ${data.bars} bars, ${data.symbols} symbols
${costsText(market.name, costs)}${simulation.status === 'ruined' ? '\nRUINED: the equity was gone before the end.' : ''}

${table(['', '', ''], rows, { colors: out.colors, right: [1] })}

${equityChart(
  [
    { name: strategy.graph.name, values: simulation.equity },
    { name: 'benchmark (equal weight, no costs)', values: benchmark },
  ],
  { width: out.columns, colors: out.colors.isColorSupported, from: data.start!, to: data.end! },
)}`
  })
  return undefined
}

const costsText = (
  market: string,
  { commission, tax, slippage }: { commission: number; tax: number; slippage: number },
) =>
  `${market}: commission ${costText(commission)}, tax ${costText(tax)} on sales, slippage ${costText(slippage)}`

const costText = (fraction: number): string => `${Number((fraction * 100).toFixed(6))}%`
