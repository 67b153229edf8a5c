/** What was traded, what came of it and what it cost. */

import { countTick, percentTick, plainTick, timesTick } from '../axis-text.js'
import { histogram, lineChart, namedBars } from '../charts.js'
import type { Block } from '../document.js'
import { type Canvas, INK } from '../draw.js'
import { counted, decimal, multiple, percent, signedPercent, whole } from '../text.js'
import type { Tearsheet } from './tearsheet.js'

const REASONS: Record<Tearsheet['trades']['byReason'][number]['reason'], string> = {
  rebalance: 'left the selection',
  signal: 'exit signal',
  stopLoss: 'stop loss',
  takeProfit: 'take profit',
  trailingStop: 'trailing stop',
  atrStop: 'ATR stop',
  volatilityStop: 'volatility stop',
  maxHoldingBars: 'held long enough',
  delisted: 'delisted',
  end: 'end of the range',
}

export function trades(
  { trades: { closed, open, byReason, returns, bars }, metrics, further }: Tearsheet,
  canvas: Canvas,
): Block[] {
  const openText =
    open === 0
      ? ''
      : ` ${counted(open, 'position')} still open at the end ${open === 1 ? 'is' : 'are'} left out.`
  if (closed === 0) return [{ kind: 'text', text: `No position was closed.${openText}` }]
  return [
    {
      kind: 'text',
      text: `${counted(closed, 'position')} closed: ${percent(metrics.winRate)} gained, the mean return of one is ${signedPercent(metrics.expectancy, 2)}${
        further.payoffRatio === null
          ? ''
          : `, and the mean gain is ${decimal(further.payoffRatio)} times the mean loss`
      }.${openText}`,
    },
    {
      kind: 'beside',
      blocks: [
        {
          kind: 'picture',
          picture: histogram(canvas, {
            id: 'trade-returns',
            title: 'Returns of closed positions',
            alt: `${counted(closed, 'position')}: ${percent(metrics.winRate)} gained; mean ${signedPercent(metrics.expectancy, 2)} (dashed line).`,
            half: true,
            values: returns,
            x: { label: 'Return net of costs (%)', format: percentTick },
            y: { label: 'Positions', format: countTick },
            signed: true,
            ...(metrics.expectancy === null ? {} : { level: metrics.expectancy }),
          }),
        },
        {
          kind: 'picture',
          picture: histogram(canvas, {
            id: 'holding-times',
            title: 'How long positions were held',
            alt: `Bars from entry to exit of ${counted(closed, 'position')}; ${decimal(metrics.avgHoldingBars, 1)} on average (dashed line).`,
            half: true,
            values: bars,
            x: { label: 'Bars held', format: plainTick },
            y: { label: 'Positions', format: countTick },
            signed: false,
            integer: true,
            ...(metrics.avgHoldingBars === null ? {} : { level: metrics.avgHoldingBars }),
          }),
        },
      ],
    },
    {
      kind: 'table',
      title: 'Closed positions by reason',
      columns: [
        { title: 'Reason', numeric: false },
        { title: 'Positions', numeric: true },
        { title: 'Gained', numeric: true },
        { title: 'Mean return', numeric: true },
        { title: 'Median bars', numeric: true },
        { title: 'Profit (% of start)', numeric: true },
      ],
      rows: byReason.map((row) => [
        REASONS[row.reason],
        whole(row.count),
        percent(row.winRate),
        signedPercent(row.meanReturn, 2),
        plainTick(row.medianBars),
        signedPercent(row.pnl),
      ]),
    },
  ]
}

/** Symbols shown from each end. */
const SYMBOLS_SHOWN = 10
/** Groups shown of a field. */
const GROUPS_SHOWN = 20

export function contributions({ contribution }: Tearsheet, canvas: Canvas): Block[] {
  const { symbols, groups, borrow, financing, totalReturn } = contribution
  if (symbols.length === 0) return [{ kind: 'text', text: 'Nothing was held.' }]
  const all = symbols.length <= 2 * SYMBOLS_SHOWN
  const shown = all ? symbols : [...symbols.slice(0, SYMBOLS_SHOWN), ...symbols.slice(-SYMBOLS_SHOWN)]
  const gained = symbols.filter(({ pnl }) => pnl > 0).length
  const best = symbols[0]!
  const held =
    borrow + financing >= 0.00005
      ? ` Borrowing shares cost ${percent(borrow, 2)} and borrowed money ${percent(financing, 2)} of the starting equity, which no symbol bears.`
      : ''
  return [
    {
      kind: 'text',
      text: `${gained} of ${counted(symbols.length, 'symbol')} that were held made money. The total return is ${signedPercent(totalReturn)}; without the best symbol, ${best.name}, it would have been about ${signedPercent(totalReturn - best.pnl)}.${held}`,
    },
    {
      kind: 'picture',
      picture: namedBars(canvas, {
        id: 'contribution',
        title: all ? 'Profit by symbol' : `Profit by symbol: the best and the worst ${SYMBOLS_SHOWN}`,
        alt: `${best.name} added most, ${signedPercent(best.pnl)} of the starting equity; ${symbols.at(-1)!.name} least, ${signedPercent(symbols.at(-1)!.pnl)}.`,
        bars: shown.map(({ name, pnl }) => ({ name, value: pnl })),
        x: { label: 'Profit net of costs (% of the starting equity)', format: percentTick },
      }),
    },
    ...Object.entries(groups)
      .filter(([, rows]) => rows.length > 0)
      .map(
        ([field, rows]): Block => ({
          kind: 'table',
          title: `Profit by ${field}`,
          columns: [
            { title: field, numeric: false },
            { title: 'Profit (% of start)', numeric: true },
            ...(totalReturn > 0 ? [{ title: 'Share of the total', numeric: true }] : []),
            { title: 'Closed', numeric: true },
            { title: 'Open', numeric: true },
            { title: 'Costs (% of start)', numeric: true },
          ],
          rows: rows.slice(0, GROUPS_SHOWN).map((row) => [
            row.name === '' ? 'no group' : row.name,
            signedPercent(row.pnl),
            // A share of a loss reads the wrong way round.
            ...(totalReturn > 0 ? [percent(row.share, 0)] : []),
            whole(row.trades),
            whole(row.open),
            percent(row.cost, 2),
          ]),
          ...(rows.length > GROUPS_SHOWN ? { note: `The best ${GROUPS_SHOWN} of ${rows.length}.` } : {}),
        }),
      ),
  ]
}

export function costs({ costs: paid, series, market }: Tearsheet, canvas: Canvas): Block[] {
  const { commission, tax, slippage } = market.costs
  const rows: [string, number, string, number][] = [
    ['Commission', commission, 'of what is traded', paid.commission],
    ['Tax', tax, 'of what is sold', paid.tax],
    ['Slippage', slippage, 'of what is traded', paid.slippage],
  ]
  const gross = series.grossEquity.at(-1)!
  const net = series.equity.at(-1)!
  return [
    {
      kind: 'beside',
      blocks: [
        {
          kind: 'picture',
          picture: lineChart(canvas, {
            id: 'costs',
            title: 'Equity with and without costs',
            alt: `With costs 1 became ${multiple(net)}, without them it would have become ${multiple(gross)}; ${percent(paid.total, 2)} of equity a year went to costs.`,
            half: true,
            dates: series.dates,
            series: [
              { name: 'Net of costs', stroke: INK.own, values: series.equity },
              { name: 'Same weights, no costs', stroke: INK.other, thin: true, values: series.grossEquity },
            ],
            y: { label: 'Value of 1 invested (log scale)', format: timesTick },
            scale: 'log',
            levels: [1],
          }),
        },
        {
          kind: 'table',
          title: 'Costs a year',
          columns: [
            { title: 'Cost', numeric: false },
            { title: 'Rate', numeric: true },
            { title: 'Equity a year', numeric: true },
          ],
          rows: [
            ...rows.map(([name, rate, of, year]) => [
              `${name} (${of})`,
              `${Number((rate * 100).toFixed(6))}%`,
              percent(year, 2),
            ]),
            ['All', '', percent(paid.total, 2)],
            ['Return a year without costs', '', percent(paid.grossCagr, 2)],
            ['Return a year net', '', percent(paid.netCagr, 2)],
          ],
          note: 'Without costs: the same weights at the same prices. Costs of delistings, borrow and financing stay in both.',
        },
      ],
    },
  ]
}
