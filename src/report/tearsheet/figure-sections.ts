/** Every figure, and what it was made from. */
import type { MetricName } from '../../backtest/types.js'
import { countTick, percentTick } from '../axis-text.js'
import { histogram } from '../charts.js'
import type { Block, ReportTable } from '../document.js'
import type { Canvas } from '../draw.js'
import { METRIC_LABELS, metricText } from '../metric-text.js'
import { counted, decimal, percent, signedPercent, whole } from '../text.js'
import type { Tearsheet } from './tearsheet.js'
import { BENCHMARK_METRICS } from './tearsheet.js'

const GROUPS_OF_METRICS: readonly (readonly [title: string, names: readonly MetricName[]])[] = [
  ['Return', ['totalReturn', 'cagr', 'sharpe', 'sortino', 'calmar', 'positiveMonths']],
  ['Risk', ['volatility', 'maxDrawdown', 'ulcer', 'var95', 'cvar95', 'skew', 'kurtosis']],
  [
    'Against the benchmark',
    ['beta', 'alpha', 'trackingError', 'informationRatio', 'upCapture', 'downCapture'],
  ],
  [
    'Trading',
    ['trades', 'winRate', 'profitFactor', 'expectancy', 'avgHoldingBars', 'turnover', 'costDrag', 'exposure'],
  ],
]

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

export function figures(
  { metrics, metricNotes, benchmark, further, series }: Tearsheet,
  canvas: Canvas,
): Block[] {
  const returns = series.equity.map((value, t) => value / (series.equity[t - 1] ?? 1) - 1)
  const other: Partial<Record<MetricName, number | null>> = benchmark.metrics
  const tables = GROUPS_OF_METRICS.map(([title, names]): ReportTable => {
    const compared = names.some((name) => (BENCHMARK_METRICS as readonly string[]).includes(name))
    return {
      kind: 'table',
      title,
      columns: [
        { title: 'Figure', numeric: false },
        { title: 'Strategy', numeric: true },
        ...(compared ? [{ title: 'Benchmark', numeric: true }] : []),
      ],
      rows: names.map((name) => [
        sentence(METRIC_LABELS[name]),
        minus(metricText(name, metrics[name])),
        ...(compared ? [minus(metricText(name, other[name]))] : []),
      ]),
    }
  })
  const more: ReportTable = {
    kind: 'table',
    title: 'Further',
    columns: [
      { title: 'Figure', numeric: false },
      { title: 'Strategy', numeric: true },
    ],
    rows: [
      ['Best and worst day', pair(further.bestDay, further.worstDay)],
      ['Best and worst month', pair(further.bestMonth, further.worstMonth)],
      ['Average drawdown', percent(further.averageDrawdown)],
      ['Longest drawdown (bars)', whole(further.longestDrawdownBars)],
      ['Time below an earlier high', percent(further.timeUnderWater)],
      ['Tail ratio (95th over 5th percentile)', decimal(further.tailRatio)],
      ['Omega (threshold 0)', decimal(further.omega)],
      ['Payoff ratio (mean gain over mean loss)', decimal(further.payoffRatio)],
    ],
  }
  const [first, second, third, fourth] = tables
  const undefinedOnes = Object.entries(metricNotes).map(
    ([name, why]) => `${sentence(METRIC_LABELS[name as MetricName])} has no value: ${why}.`,
  )
  return [
    { kind: 'beside', blocks: [first!, second!] },
    { kind: 'beside', blocks: [third!, fourth!] },
    {
      kind: 'beside',
      blocks: [
        more,
        {
          kind: 'picture',
          picture: histogram(canvas, {
            id: 'bar-returns',
            title: 'Returns of a bar',
            alt: `${counted(returns.length, 'bar')}: the worst twentieth lost ${percent(metrics.var95, 2)} or more (dashed line), ${percent(metrics.cvar95, 2)} on average.`,
            half: true,
            values: returns,
            x: { label: 'Return (%)', format: percentTick },
            y: { label: 'Bars', format: countTick },
            signed: true,
            ...(metrics.var95 === null ? {} : { level: -metrics.var95 }),
          }),
        },
      ],
    },
    ...(undefinedOnes.length > 0 ? [{ kind: 'list', items: undefinedOnes } as const] : []),
  ]
}

const minus = (text: string) => text.replace('-', '−')
const pair = (a: number | null, b: number | null) => `${signedPercent(a)} / ${signedPercent(b)}`

export function provenance({ strategy, data, market, benchmark, riskFree }: Tearsheet): Block[] {
  const { commission, tax, slippage } = market.costs
  const rate = (value: number) => `${Number((value * 100).toFixed(6))}%`
  return [
    {
      kind: 'facts',
      facts: [
        ['Strategy', `${strategy.name} (${strategy.side}), ${strategy.hash}`],
        [
          'Data',
          `${counted(data.bars, 'bar')} from ${data.start} to ${data.end}, ${counted(data.symbols, 'symbol')}, ${data.hash}`,
        ],
        ['Market', `${market.name}, ${market.periodsPerYear} bars a year`],
        ['Costs', `commission ${rate(commission)}, tax ${rate(tax)} on sales, slippage ${rate(slippage)}`],
        [
          'Decisions',
          `at the close, ${strategy.rebalance}; filled at the next bar's ${strategy.fill === 'nextOpen' ? 'open' : 'close'}`,
        ],
        ['Benchmark', benchmark.name],
        ['Risk-free rate', `${rate(riskFree)} a year`],
      ],
    },
    { kind: 'code', label: 'The strategy as code', language: 'ts', code: strategy.code },
  ]
}
