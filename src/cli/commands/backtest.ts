import { writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { runBacktest } from '../../backtest/backtest.js'
import { evaluateRule } from '../../backtest/strategy-rule.js'
import { equityCsv, tradesCsv } from '../../backtest/tables.js'
import { METRIC_NAMES } from '../../backtest/types.js'
import { AlphaloopError, usageError } from '../../base/errors.js'
import { createSandbox, dataOptions, languageOf, marketOf, readStrategyFile } from '../../compose.js'
import type { Panel } from '../../data/panel.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import { createEvaluator } from '../../graph/evaluate/columnar.js'
import { createStrategy, type Strategy } from '../../graph/strategy.js'
import type { Fill } from '../../graph/strategy-graph.js'
import { compileStrategy } from '../../strategy/compile.js'
import type { CommandContext, Define } from '../main.js'
import { equityChart } from '../render/chart.js'
import { METRIC_LABELS, metricText } from '../render/figures.js'
import { table } from '../render/table.js'
import { type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

interface BacktestOptions extends DataFlags {
  readonly start?: string
  readonly end?: string
  readonly market?: string
  readonly fill?: Fill
  readonly equity?: string
  readonly trades?: string
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
      .addHelpText(
        'after',
        '\nExample:\n  $ alphaloop backtest momentum.ts --data prices.csv.gz --start 2015-01-01',
      ),
    backtest,
  )
}

async function backtest(
  { io, out }: CommandContext,
  options: BacktestOptions,
  file: string,
): Promise<undefined> {
  const started = performance.now()
  checkDates(options)
  const { config, base } = loadConfig(io, undefined, flagValues(options, io.cwd))
  const path = resolve(io.cwd, file)
  const code = readStrategyFile(path)
  const compiled = await compileStrategy(code, createSandbox(), {
    fileName: basename(path),
    language: languageOf(path),
    limits: config.limits,
  })
  const fill = options.fill ?? config.fill
  const strategy = fill === undefined ? compiled : withFill(compiled, fill)
  const dataset = await openDataset(dataOptions(config, base, io.env))
  for (const note of dataset.notes) out.warn(note)
  const warnings = dataset.issues.filter(({ severity }) => severity === 'warning')
  if (warnings.length > 0 && out.verbose) for (const { message } of warnings) out.warn(message)
  const panel = await dataset.load(options.end === undefined ? {} : { until: options.end })
  const range = { start: firstBar(panel, options.start), end: panel.dates.length - 1 }
  const market = marketOf(config)
  const evaluated = evaluateRule(strategy, createEvaluator(panel))
  const { simulation, metrics, metricNotes, benchmarkReturns, costs } = runBacktest({
    panel,
    ...evaluated,
    portfolio: strategy.graph.portfolio,
    market,
    range,
  })
  for (const { message } of simulation.warnings) out.warn(message)
  if (options.equity) write(resolve(io.cwd, options.equity), equityCsv(simulation, panel.dates, range.start))
  if (options.trades) write(resolve(io.cwd, options.trades), tradesCsv(simulation.trades))

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
${data.start} … ${data.end}, ${data.bars} bars, ${data.symbols} symbols; ${costsText(market.name, costs)}${simulation.status === 'ruined' ? '\nRUINED: the equity was gone before the end.' : ''}

${table(['', '', ''], rows, { colors: out.colors, right: [1] }).replace(/^\n/, '')}

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
  `${market}: commission ${(commission * 100).toFixed(4)}%, tax ${(tax * 100).toFixed(2)}% on sales, slippage ${(slippage * 100).toFixed(2)}%`

/** The same strategy, filled otherwise. */
function withFill({ graph }: Strategy, fill: Fill): Strategy {
  return createStrategy({ ...graph, portfolio: { ...graph.portfolio, fill } })
}

function checkDates({ start, end, fill }: BacktestOptions): void {
  for (const [flag, date] of [
    ['--start', start],
    ['--end', end],
  ] as const)
    if (date !== undefined && (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))))
      throw usageError('INVALID_DATE', `${flag} ${date} is no date`, 'write it as 2015-01-31')
  if (start !== undefined && end !== undefined && start > end)
    throw usageError('INVALID_DATE', `--start ${start} lies after --end ${end}`)
  if (fill !== undefined && fill !== 'nextOpen' && fill !== 'nextClose')
    throw usageError('INVALID_FILL', `--fill is ${fill}; it must be nextOpen or nextClose`)
}

function firstBar(panel: Panel, start: string | undefined): number {
  if (start === undefined) return 0
  const bar = panel.dates.findIndex((date) => date >= start)
  if (bar >= 0) return bar
  throw usageError(
    'EMPTY_RANGE',
    `there is no bar from ${start} on`,
    `the data runs from ${panel.dates[0]} to ${panel.dates.at(-1)}`,
    { start, first: panel.dates[0], last: panel.dates.at(-1) },
  )
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new AlphaloopError(
      'environment',
      'CANNOT_WRITE',
      `${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`,
      {
        hint: 'choose another path, or mend its permissions',
        details: { path },
        cause: error,
      },
    )
  }
}
