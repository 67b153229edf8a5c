/** What happened over time: growth, falls, months, rolling figures, exposure. */

import { percentTick, plainTick, timesTick } from '../axis-text.js'
import { lineChart, monthChart } from '../charts.js'
import type { Block, PictureBlock, ReportTable, TableCell } from '../document.js'
import { type Canvas, INK } from '../draw.js'
import { counted, decimal, multiple, percent, signedPercent, whole } from '../text.js'
import type { DrawdownSpell } from './drawdowns.js'
import type { Tearsheet } from './tearsheet.js'

export function growth({ strategy, series, metrics, benchmark, data }: Tearsheet, canvas: Canvas): Block[] {
  const end = series.equity.at(-1)!
  const otherEnd = series.benchmark.at(-1)!
  return [
    {
      kind: 'picture',
      picture: lineChart(canvas, {
        id: 'equity',
        title: 'Equity against the benchmark',
        alt: `From ${data.start} to ${series.dates.at(-1)}, 1 invested became ${multiple(end)} with the strategy (${percent(metrics.cagr)} a year) and ${multiple(otherEnd)} with the benchmark (${percent(benchmark.metrics.cagr)} a year).`,
        height: 340,
        dates: series.dates,
        series: [
          { name: strategy.name, stroke: INK.own, values: series.equity },
          { name: 'Benchmark', stroke: INK.other, thin: true, values: series.benchmark },
        ],
        y: { label: 'Value of 1 invested (log scale)', format: timesTick },
        scale: 'log',
        levels: [1],
      }),
    },
    { kind: 'text', text: `Benchmark: ${benchmark.name}.` },
  ]
}

export function drawdowns(
  { strategy, series, drawdowns: { count, deepest } }: Tearsheet,
  canvas: Canvas,
): Block[] {
  const worst = deepest[0]
  return [
    {
      kind: 'picture',
      picture: lineChart(canvas, {
        id: 'drawdowns',
        title: 'Below the highest equity so far',
        alt:
          worst === undefined
            ? 'The equity never fell below an earlier high.'
            : `The deepest of ${counted(count, 'drawdown')} is ${percent(worst.depth)}, with its low on ${worst.trough}; the benchmark's is ${percent(minOf(series.benchmarkDrawdown))}.`,
        height: 240,
        dates: series.dates,
        series: [
          { name: strategy.name, stroke: INK.loss, values: series.drawdown, area: true },
          { name: 'Benchmark', stroke: INK.other, thin: true, values: series.benchmarkDrawdown },
        ],
        y: { label: 'Drawdown (%); numbers as in the table below', format: percentTick },
        levels: [0],
        labels: deepest
          .slice(0, 5)
          .map(({ trough, depth }, i) => ({ date: trough, y: depth, text: String(i + 1) })),
      }),
    },
    ...(deepest.length === 0
      ? [{ kind: 'text', text: 'There was no drawdown.' } as const]
      : [
          {
            kind: 'table',
            title: `The deepest ${counted(Math.min(5, count), 'drawdown')}${count > 5 ? ` of ${count}` : ''}`,
            columns: [
              { title: '#', numeric: false },
              { title: 'Depth', numeric: true },
              { title: 'Peak', numeric: true },
              { title: 'Trough', numeric: true },
              { title: 'Recovery', numeric: true },
              { title: 'Bars down', numeric: true },
              { title: 'Bars in all', numeric: true },
            ],
            rows: deepest.slice(0, 5).map(drawdownRow),
          } as const,
        ]),
  ]
}

const minOf = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), 0)

const drawdownRow = (spell: DrawdownSpell, i: number): TableCell[] => [
  String(i + 1),
  percent(spell.depth),
  spell.peak ?? 'the start',
  spell.trough,
  spell.recovery ?? 'not yet',
  whole(spell.barsDown),
  whole(spell.bars),
]

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export function calendar({ years, bestDays, worstDays }: Tearsheet): Block[] {
  const months = years.flatMap((year) => year.months.filter((value) => value !== null))
  // A tint is full at twice the usual size of a month.
  const usual = Math.sqrt(months.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, months.length)) * 2
  const tinted = (value: number | null, by = usual): TableCell =>
    value === null ? '' : { text: signedPercent(value), tint: by > 0 ? clamp(value / by) : 0 }
  return [
    {
      kind: 'table',
      title: 'Returns by month and year (%)',
      columns: [
        { title: 'Year', numeric: false },
        ...MONTHS.map((title) => ({ title, numeric: true })),
        { title: 'Year total', numeric: true },
        { title: 'Benchmark', numeric: true },
      ],
      rows: years.map(({ year, months: row, total, benchmark }) => [
        String(year),
        ...row.map((value) => stripPercent(tinted(value))),
        stripPercent(tinted(total, usual * Math.sqrt(12))),
        stripPercent(signedPercent(benchmark)),
      ]),
      note: 'The first and the last month may be partial.',
    },
    ...(bestDays.length + worstDays.length === 0
      ? []
      : [
          {
            kind: 'beside',
            blocks: [daysTable('Best days', bestDays), daysTable('Worst days', worstDays)],
          } as const,
        ]),
  ]
}

const clamp = (value: number) => Math.max(-1, Math.min(1, value))
const stripPercent = (cell: TableCell): TableCell =>
  typeof cell === 'string' ? cell.replace('%', '') : { ...cell, text: cell.text.replace('%', '') }

const daysTable = (title: string, days: Tearsheet['bestDays']): ReportTable => ({
  kind: 'table',
  title,
  columns: [
    { title: 'Day', numeric: false },
    { title: 'Strategy', numeric: true },
    { title: 'Benchmark', numeric: true },
  ],
  rows: days.map((day) => [day.date, signedPercent(day.return, 2), signedPercent(day.benchmark, 2)]),
})

export function throughTime(sheet: Tearsheet, canvas: Canvas): Block[] {
  const { series, rollingBars, strategy, metrics } = sheet
  const { dates } = series
  const rolling: Block[] =
    rollingBars === null
      ? [{ kind: 'text', text: `${counted(dates.length, 'bar')} are too few for rolling figures.` }]
      : [
          {
            kind: 'beside',
            blocks: [
              {
                kind: 'picture',
                picture: lineChart(canvas, {
                  id: 'rolling-sharpe',
                  title: `Sharpe over ${rollingBars} bars`,
                  alt: `Sharpe a year over the last ${rollingBars} bars: ${rangeText(series.rollingSharpe)}${shareAboveZero(series.rollingSharpe)}.`,
                  half: true,
                  dates,
                  series: [
                    { name: strategy.name, stroke: INK.own, values: series.rollingSharpe },
                    {
                      name: 'Benchmark',
                      stroke: INK.other,
                      thin: true,
                      values: series.rollingBenchmarkSharpe,
                    },
                  ],
                  y: { label: 'Sharpe (a year)', format: plainTick },
                  levels: [0],
                }),
              },
              {
                kind: 'picture',
                picture: lineChart(canvas, {
                  id: 'rolling-beta',
                  title: `Beta over ${rollingBars} bars`,
                  alt: `Beta to the benchmark over the last ${rollingBars} bars: ${rangeText(series.rollingBeta)}; over all bars ${decimal(metrics.beta)}.`,
                  half: true,
                  dates,
                  series: [{ name: strategy.name, stroke: INK.own, values: series.rollingBeta }],
                  y: { label: 'Beta (slope on the benchmark)', format: plainTick },
                  levels: [0, 1],
                }),
              },
            ],
          },
        ]
  const turnover = turnoverPicture(sheet, canvas)
  return [
    ...rolling,
    {
      kind: 'beside',
      blocks: [
        {
          kind: 'picture',
          picture: lineChart(canvas, {
            id: 'exposure',
            title: 'Exposure',
            alt: `Gross value of all positions over equity at each close: ${rangeText(series.exposure, percent)}; ${percent(metrics.exposure)} on average.`,
            half: true,
            height: 240,
            dates,
            series: [{ name: 'Gross exposure', stroke: INK.own, values: series.exposure, area: true }],
            y: { label: 'Gross value over equity (%)', format: percentTick },
            levels: [0],
          }),
        },
        ...turnover,
      ],
    },
    ...(turnover.length > 0
      ? []
      : [
          {
            kind: 'text' as const,
            text: 'Nothing was traded in any month, so there is no turnover to draw.',
          },
        ]),
  ]
}

function turnoverPicture({ turnoverByMonth, metrics }: Tearsheet, canvas: Canvas): PictureBlock[] {
  const months = turnoverByMonth.map(({ month, turnover }) => ({ month, value: turnover }))
  // An axis from 0 to 0 has no middle: bars of nothing would fill it.
  if (months.every(({ value }) => value === 0)) return []
  return [
    {
      kind: 'picture',
      picture: monthChart(canvas, {
        id: 'turnover',
        title: 'Turnover by month',
        alt: `One-way turnover by month, the mean month being ${percent(meanOf(months.map(({ value }) => value)))} of equity, ${decimal(metrics.turnover, 1)} times a year.`,
        half: true,
        height: 240,
        months,
        y: { label: 'Traded one way over equity (% a month)', format: percentTick },
      }),
    },
  ]
}

const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

function rangeText(values: readonly (number | null)[], text: (value: number) => string = decimal): string {
  const finite = values.filter((value) => value !== null)
  if (finite.length === 0) return 'no value throughout'
  const low = finite.reduce((a, b) => Math.min(a, b))
  const high = finite.reduce((a, b) => Math.max(a, b))
  return `from ${text(low)} to ${text(high)}`
}

function shareAboveZero(values: readonly (number | null)[]): string {
  const finite = values.filter((value) => value !== null)
  return finite.length === 0
    ? ''
    : `; above 0 at ${percent(finite.filter((value) => value > 0).length / finite.length, 0)} of the bars`
}
