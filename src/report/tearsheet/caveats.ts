import type { StrategyBacktest } from '../../backtest/backtest-strategy.js'
import type { Panel } from '../../data/panel.js'
import { counted, decimal, percent } from '../text.js'
import type { SharpeRange } from './sharpe-range.js'

/** Fewer closed positions than this say little about the next one. */
const FEW_TRADES = 30
/** A year's costs above this share of the gross return decide the result. */
const COSTLY = 0.5

type Warning = StrategyBacktest['simulation']['warnings'][number]

/** Warnings that leave nothing of the figures, or much less than they seem to say. */
const WEIGHTY: ReadonlySet<string> = new Set([
  'WINDOW_TOO_LONG',
  'NO_REBALANCE',
  'EMPTY_UNIVERSE',
  'NEVER_INVESTED',
  'LATE_START',
])

/** What the figures cannot say, in the words of this very backtest; the weightiest first. */
export function caveats(
  result: Pick<StrategyBacktest, 'simulation' | 'metrics' | 'market' | 'range' | 'strategy'>,
  panel: Panel,
  range: SharpeRange | null,
): string[] {
  const { simulation, metrics, market, strategy } = result
  const bars = simulation.equity.length
  const said: string[] = []
  const isFirst = ({ code }: Warning) => WEIGHTY.has(code)
  for (const { message } of simulation.warnings.filter(isFirst)) said.push(message)
  if (simulation.status === 'ruined')
    said.push(
      `The equity was gone after ${counted(bars, 'bar')}: nothing is shown after that, and the return a year is −100%.`,
    )
  said.push(
    `This is one path of history, ${decimal(bars / market.periodsPerYear, 1)} years long.${
      range === null
        ? ''
        : ` Were bars independent, a true Sharpe from ${decimal(range.low)} to ${decimal(range.high)} would be compatible with it (95%).`
    }`,
    'Nothing here tells whether these bars were looked at while the strategy was made. If they were, the result is in sample, and a fresh period will most likely be worse.',
  )
  const { symbols, ended } = endings(panel, result.range)
  if (symbols >= 20 && ended === 0 && bars > market.periodsPerYear)
    said.push(
      `All ${symbols} symbols still trade at the end. Companies that failed or were taken over seem to be missing from the data, which flatters every strategy that buys (survivorship bias).`,
    )
  if (metrics.trades !== null && metrics.trades > 0 && metrics.trades < FEW_TRADES)
    said.push(
      `Only ${counted(metrics.trades, 'position')} closed: too few for the figures of trades to hold.`,
    )
  if (metrics.costDrag !== null && metrics.cagr !== null && metrics.cagr + metrics.costDrag > 0) {
    const share = metrics.costDrag / (metrics.cagr + metrics.costDrag)
    if (share > COSTLY)
      said.push(
        `Costs take ${percent(metrics.costDrag)} of equity a year, ${share < 0.995 ? percent(share, 0) : 'all'} of what there was before them: small errors in the assumed costs change the verdict.`,
      )
  }
  const { side, borrowRate } = strategy.graph.portfolio
  if (side !== 'long' && borrowRate === 0)
    said.push(
      'Shorts were borrowed for nothing and could always be had; set borrowRate to see what a fee does.',
    )
  for (const warning of simulation.warnings) if (!isFirst(warning)) said.push(warning.message)
  return said
}

/** Bars without a close at the end that make a symbol one that ended. */
const GONE_BARS = 5

/** How many symbols have a close in the range, and how many of them none at its end. */
function endings({ fields, symbols }: Panel, { start, end }: StrategyBacktest['range']) {
  const close = fields.get('close')!
  const width = symbols.length
  let present = 0
  let ended = 0
  for (let s = 0; s < width; s++) {
    let bar = end
    while (bar >= start && !Number.isFinite(close[bar * width + s])) bar--
    if (bar < start) continue
    present++
    if (end - bar >= GONE_BARS) ended++
  }
  return { symbols: present, ended }
}
