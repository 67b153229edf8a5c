import type { Simulation } from '../../src/backtest/types.js'
import type { Panel } from '../../src/data/panel.js'
import { PEER_MARKET, START } from '../../src/speed/workloads.js'

/**
 * Equity at the end by the peers' accounting, from the symbols that our engine held: 0.99 of the equity at the open
 * in equal parts, costs from the rest. With the same selections and fills it is the peers' own figure.
 */
export function peerEquity({ trades }: Simulation, panel: Panel, capital: number): number {
  const width = panel.symbols.length
  const bars = panel.dates.length
  const open = panel.fields.get('open')!
  const close = panel.fields.get('close')!
  const { commission, tax } = PEER_MARKET.costs
  const held = new Map<number, Set<number>>()
  for (const { symbol, entryBar, exitBar, reason } of trades)
    for (let bar = entryBar; bar < (reason === 'end' ? bars : exitBar); bar++) {
      const symbols = held.get(bar) ?? new Set()
      held.set(bar, symbols.add(panel.symbols.indexOf(symbol)))
    }
  let cash = capital
  let shares = new Map<number, number>()
  for (let bar = START + 1; bar < bars; bar += 21) {
    const price = (i: number) => open[bar * width + i]!
    let equity = cash
    for (const [i, quantity] of shares) equity += quantity * price(i)
    const chosen = held.get(bar)!
    const next = new Map([...chosen].map((i) => [i, (0.99 * equity) / chosen.size / price(i)]))
    for (const i of new Set([...shares.keys(), ...chosen])) {
      const change = ((next.get(i) ?? 0) - (shares.get(i) ?? 0)) * price(i)
      cash -= change > 0 ? change * (1 + commission) : change * (1 - commission - tax)
    }
    shares = next
  }
  let equity = cash
  for (const [i, quantity] of shares) equity += quantity * close[(bars - 1) * width + i]!
  return equity
}
