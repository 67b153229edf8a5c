import type { FactorPart } from '../../research/factor-study.js'
import { countTick, percentTick, plainTick, timesTick } from '../axis-text.js'
import { columnChart, histogram, intervalChart, lineChart, monthChart } from '../charts.js'
import type { Block, Column, ReportDocument, TableCell, Tile } from '../document.js'
import { type Canvas, INK } from '../draw.js'
import { basisPoints, counted, decimal, percent, whole } from '../text.js'
import type { FactorSheet } from './factor-sheet.js'

/** A factor's report as a document, its pictures drawn. */
export function factorDocument(sheet: FactorSheet, canvas: Canvas): ReportDocument {
  const { data, expression, caveats } = sheet
  return {
    title: expression,
    subtitle: `Factor · ${data.start} to ${data.end} · ${counted(data.bars, 'bar')} · ${counted(data.symbols, 'symbol')}`,
    tiles: tiles(sheet),
    sections: [
      { title: 'Before you trust it', blocks: [{ kind: 'list', items: caveats }] },
      { title: 'Information coefficient', blocks: informationCoefficient(sheet, canvas) },
      { title: 'Returns by fifth', blocks: fifths(sheet, canvas) },
      { title: 'Turnover', blocks: turnover(sheet, canvas) },
      { title: 'Coverage', blocks: coverage(sheet, canvas) },
      { title: 'By year', blocks: [partsTable('By calendar year', 'Year', sheet.years)] },
      ...groupSections(sheet),
      {
        title: 'How it was made',
        blocks: [
          {
            kind: 'facts',
            facts: [
              ['Factor', expression],
              [
                'Data',
                `${counted(data.bars, 'bar')} from ${data.start} to ${data.end}, ${counted(data.symbols, 'symbol')}, ${data.hash}`,
              ],
              [
                'Rank IC',
                "Spearman's rank correlation of values and the returns that follow, at each bar with at least five symbols",
              ],
              [
                'Fifths',
                'the symbols sorted by value into five parts, equally weighted, made anew at each bar',
              ],
            ],
          },
        ],
      },
    ],
    data: sheet,
  }
}

function tiles({ report }: FactorSheet): Tile[] {
  const { rankIc, quantiles, turnover } = report
  return [
    {
      label: 'Mean rank IC',
      value: decimal(rankIc.mean, 4),
      note: `next bar, over ${counted(rankIc.bars, 'bar')}`,
    },
    { label: 't of the mean', value: decimal(rankIc.t), note: `ICIR ${decimal(rankIc.icir, 3)} a bar` },
    {
      label: 'Spread of fifths',
      value: basisPoints(quantiles.spread),
      note: `highest less lowest, a bar; t ${decimal(quantiles.spreadT)}`,
    },
    {
      label: 'Rank autocorrelation',
      value: decimal(turnover.rankAutocorrelation, 3),
      note: 'with the bar before',
    },
    {
      label: 'Turnover of fifths',
      value: percent(turnover.top),
      note: `of the highest, a bar; lowest ${percent(turnover.bottom)}`,
    },
    { label: 'Coverage', value: percent(report.coverage), note: 'of cells with a close' },
  ]
}

function informationCoefficient({ report, months, series, decay }: FactorSheet, canvas: Canvas): Block[] {
  const { rankIc } = report
  const known = series.rankIc.filter((value) => value !== null)
  if (known.length === 0) return [{ kind: 'text', text: 'No bar has a rank correlation.' }]
  const positive = months.filter((month) => month.rankIc !== null && month.rankIc > 0).length
  const counted12 = months.filter((month) => month.rankIc !== null).length
  const farthest = decay.at(-1)!
  return [
    {
      kind: 'picture',
      picture: monthChart(canvas, {
        id: 'ic-months',
        title: 'Mean rank IC by month',
        alt: `The mean rank IC of a month was positive in ${positive} of ${counted(counted12, 'month')}; over all bars it is ${decimal(rankIc.mean, 4)} (dashed line).`,
        height: 260,
        months: months.map((month) => ({ month: month.month, value: month.rankIc })),
        y: { label: 'Mean rank IC with the next bar', format: plainTick },
        level: rankIc.mean,
      }),
    },
    {
      kind: 'beside',
      blocks: [
        {
          kind: 'picture',
          picture: lineChart(canvas, {
            id: 'ic-cumulative',
            title: 'Cumulative rank IC',
            alt: `The rank ICs of all bars add up to ${decimal(series.cumulativeIc.at(-1))}; a steady line is a steady factor.`,
            half: true,
            dates: series.dates,
            series: [{ name: 'Cumulative rank IC', stroke: INK.own, values: series.cumulativeIc }],
            y: { label: 'Sum of rank ICs', format: plainTick },
            levels: [0],
          }),
        },
        {
          kind: 'picture',
          picture: histogram(canvas, {
            id: 'ic-distribution',
            title: 'Rank ICs of the bars',
            alt: `${percent(known.filter((value) => value > 0).length / known.length)} of ${counted(known.length, 'bar')} have a positive rank IC; mean ${decimal(rankIc.mean, 4)} (dashed line), deviation ${decimal(rankIc.std, 3)}.`,
            half: true,
            values: known,
            x: { label: 'Rank IC with the next bar', format: plainTick },
            y: { label: 'Bars', format: countTick },
            signed: true,
            ...(rankIc.mean === null ? {} : { level: rankIc.mean }),
          }),
        },
      ],
    },
    {
      kind: 'picture',
      picture: intervalChart(canvas, {
        id: 'ic-decay',
        title: 'Decay: rank IC by how far the returns reach',
        alt: `Mean rank IC with the return over the next bars, with 95% confidence intervals: ${decimal(decay[0]!.mean, 4)} over 1 bar, ${decimal(decay[4]!.mean, 4)} over 5, ${decimal(farthest.mean, 4)} over ${farthest.bars}.`,
        height: 260,
        points: decay.flatMap(({ bars, mean, low, high }) =>
          mean === null ? [] : [{ x: bars, y: mean, low, high }],
        ),
        x: { label: 'Bars ahead', ticks: [1, 5, 10, 15, 20] },
        y: { label: 'Mean rank IC, 95% confidence', format: plainTick },
      }),
    },
    {
      kind: 'table',
      title: 'Decay',
      columns: [
        { title: 'Bars ahead', numeric: false },
        { title: 'Mean rank IC', numeric: true },
        { title: 't', numeric: true },
        { title: '95% confidence', numeric: true },
      ],
      rows: decay
        .filter(({ bars }) => [1, 2, 3, 5, 10, 15, 20].includes(bars))
        .map(({ bars, mean, t, low, high }) => [
          String(bars),
          decimal(mean, 4),
          decimal(t),
          low === null ? decimal(null) : `${decimal(low, 4)} to ${decimal(high, 4)}`,
        ]),
      note: 'Beyond one bar, t and confidence are by Newey and West, because the returns of neighbouring bars overlap.',
    },
  ]
}

const FIFTHS = ['Lowest', '2', '3', '4', 'Highest']

function fifths({ report, series }: FactorSheet, canvas: Canvas): Block[] {
  const { meanReturns, spread, spreadT, bars } = report.quantiles
  if (bars === 0) return [{ kind: 'text', text: 'No bar has symbols enough for fifths.' }]
  const ends = series.fifths.map((fifth) => fifth.at(-1)!)
  return [
    {
      kind: 'beside',
      blocks: [
        {
          kind: 'picture',
          picture: columnChart(canvas, {
            id: 'fifth-returns',
            title: 'Mean return of a bar by fifth',
            alt: `From the lowest values to the highest: ${meanReturns.map(basisPoints).join(', ')} a bar. Highest less lowest: ${basisPoints(spread)} (t ${decimal(spreadT)}).`,
            half: true,
            columns: meanReturns.map((value, i) => ({
              name: FIFTHS[i]!,
              value: value === null ? null : value * 10_000,
            })),
            x: { label: 'Fifth of the factor' },
            y: { label: 'Mean return (basis points a bar)', format: plainTick },
          }),
        },
        {
          kind: 'picture',
          picture: lineChart(canvas, {
            id: 'spread',
            title: 'Highest fifth bought, lowest sold',
            alt: `1 in the highest fifth less the lowest became ${decimal(series.spread.at(-1))}, made anew at each bar and without costs.`,
            half: true,
            dates: series.dates,
            series: [{ name: 'Highest less lowest', stroke: INK.own, values: series.spread }],
            y: { label: 'Value of 1, no costs (log scale)', format: timesTick },
            scale: 'log',
            levels: [1],
          }),
        },
      ],
    },
    {
      kind: 'picture',
      picture: lineChart(canvas, {
        id: 'fifths',
        title: 'What became of each fifth',
        alt: `1 held in each fifth, made anew at each bar and without costs, became, from the lowest values to the highest, ${ends.map((value) => decimal(value)).join(', ')}.`,
        height: 320,
        dates: series.dates,
        series: series.fifths
          .map((values, i) => ({
            name: FIFTHS[i]!,
            stroke: INK.fifths[i]!,
            values,
            thin: i !== 0 && i !== series.fifths.length - 1,
          }))
          .toReversed(),
        y: { label: 'Value of 1, no costs (log scale)', format: timesTick },
        scale: 'log',
        levels: [1],
      }),
    },
  ]
}

function turnover({ report, months }: FactorSheet, canvas: Canvas): Block[] {
  const { rankAutocorrelation, top, bottom } = report.turnover
  if (rankAutocorrelation === null && top === null)
    return [{ kind: 'text', text: 'No two bars in a row can be compared.' }]
  const dates = months.map(({ month }) => `${month}-15`)
  return [
    {
      kind: 'beside',
      blocks: [
        {
          kind: 'picture',
          picture: lineChart(canvas, {
            id: 'autocorrelation',
            title: 'Autocorrelation of ranks',
            alt: `Correlation of the ranks with those of the bar before, by month; ${decimal(rankAutocorrelation, 3)} over all bars.`,
            half: true,
            dates,
            series: [
              {
                name: 'Rank autocorrelation',
                stroke: INK.own,
                values: months.map((month) => month.rankAutocorrelation),
              },
            ],
            y: { label: 'Rank correlation with the bar before (mean of a month)', format: plainTick },
            levels: [1],
          }),
        },
        {
          kind: 'picture',
          picture: lineChart(canvas, {
            id: 'fifth-turnover',
            title: 'New in the outer fifths',
            alt: `Share of a fifth that was not in it at the bar before, by month; over all bars ${percent(top)} of the highest and ${percent(bottom)} of the lowest.`,
            half: true,
            dates,
            series: [
              { name: 'Highest fifth', stroke: INK.own, values: months.map((month) => month.topTurnover) },
              {
                name: 'Lowest fifth',
                stroke: INK.loss,
                values: months.map((month) => month.bottomTurnover),
                thin: true,
              },
            ],
            y: { label: 'New members (% a bar, mean of a month)', format: percentTick },
            levels: [0],
          }),
        },
      ],
    },
  ]
}

function coverage({ report, series }: FactorSheet, canvas: Canvas): Block[] {
  return [
    {
      kind: 'picture',
      picture: lineChart(canvas, {
        id: 'coverage',
        title: 'Symbols with a value',
        alt: `${percent(report.coverage)} of all cells with a close have a value; at the last bar ${whole(series.withValue.at(-1))} of ${counted(series.withClose.at(-1)!, 'symbol')}.`,
        height: 240,
        dates: series.dates,
        series: [
          { name: 'With a value', stroke: INK.own, values: series.withValue },
          { name: 'With a close', stroke: INK.other, values: series.withClose, thin: true },
        ],
        y: { label: 'Symbols', format: countTick },
        levels: [0],
      }),
    },
  ]
}

type Part = FactorPart & { readonly spread?: number | null }

function partsTable(title: string, name: string, parts: readonly Part[]): Block {
  const withSpread = parts.some((part) => part.spread !== undefined)
  const columns: Column[] = [
    { title: name, numeric: false },
    { title: 'Mean rank IC', numeric: true },
    { title: 't', numeric: true },
    ...(withSpread ? [{ title: 'Highest less lowest', numeric: true }] : []),
    { title: 'Bars', numeric: true },
    { title: 'Symbols', numeric: true },
    { title: 'Coverage', numeric: true },
  ]
  const largest = parts.reduce((most, part) => Math.max(most, Math.abs(part.meanIc ?? 0)), 0)
  return {
    kind: 'table',
    title,
    columns,
    rows: parts.map((part): TableCell[] => [
      part.name,
      { text: decimal(part.meanIc, 4), tint: largest > 0 ? (part.meanIc ?? 0) / largest : 0 },
      decimal(part.t),
      ...(withSpread ? [basisPoints(part.spread)] : []),
      whole(part.bars),
      decimal(part.symbols, 0),
      percent(part.coverage),
    ]),
  }
}

function groupSections({ groups }: FactorSheet) {
  const tables = Object.entries(groups)
    .filter(([, parts]) => parts.length > 0)
    .map(([field, parts]) => partsTable(`Within each ${field}`, field, parts))
  return tables.length === 0
    ? []
    : [
        {
          title: 'By group',
          blocks: [
            ...tables,
            {
              kind: 'text',
              text: 'Ranks are taken within the group, at bars with at least five of its symbols.',
            } as const,
          ],
        },
      ]
}
