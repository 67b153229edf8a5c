import { createRng } from '../../src/base/rng.js'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { days } from '../backtest/make.js'

export interface PanelLook {
  readonly name: string
  readonly bars: number
  readonly symbols: number
  /** Share of cells without prices. */
  readonly missing: number
  readonly price: 'walk' | 'constant' | 'ties'
  /** Share of cells in which a field is infinite. */
  readonly infinite?: number
}

export const PANEL_LOOKS: readonly PanelLook[] = [
  { name: 'whole', bars: 60, symbols: 7, missing: 0, price: 'walk' },
  { name: '5% missing', bars: 60, symbols: 7, missing: 0.05, price: 'walk' },
  { name: '60% missing', bars: 60, symbols: 7, missing: 0.6, price: 'walk' },
  { name: 'constant', bars: 45, symbols: 4, missing: 0, price: 'constant' },
  { name: 'one symbol', bars: 60, symbols: 1, missing: 0.05, price: 'walk' },
  { name: 'ties', bars: 50, symbols: 9, missing: 0.05, price: 'ties' },
]

/** A small market with prices, volume and a sector that not every symbol has. */
export function makePanel({ bars, symbols, missing, price, infinite = 0 }: PanelLook, seed: number): Panel {
  const rng = createRng(seed, 'panel')
  const field = () => new Float64Array(bars * symbols).fill(Number.NaN)
  const [open, high, low, close, volume] = [field(), field(), field(), field(), field()]
  const codes = new Int32Array(bars * symbols)
  for (let s = 0; s < symbols; s++) {
    const sector = rng.int(-1, 2)
    let last = price === 'constant' ? 10 : 5 + 100 * rng.next()
    for (let t = 0; t < bars; t++) {
      const cell = t * symbols + s
      codes[cell] = sector
      const first = price === 'walk' ? last * (1 + 0.01 * rng.normal()) : last
      if (price === 'walk') last *= Math.max(0.5, 1 + 0.03 * rng.normal())
      if (price === 'ties') last = rng.int(9, 12)
      if (rng.next() < missing) continue
      open[cell] = price === 'ties' ? last : first
      close[cell] = last
      high[cell] = Math.max(open[cell]!, last) * (price === 'walk' ? 1 + 0.01 * rng.next() : 1)
      low[cell] = Math.min(open[cell]!, last) * (price === 'walk' ? 1 - 0.01 * rng.next() : 1)
      volume[cell] = price === 'constant' ? 1000 : rng.int(0, 5) * 1000
      if (infinite > 0)
        for (const values of [open, high, low, close, volume])
          if (rng.next() < infinite)
            values[cell] = rng.next() < 0.5 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    }
  }
  return createPanel({
    dates: days(bars, '2019-12-20'),
    symbols: Array.from({ length: symbols }, (_, i) => `S${i}`),
    fields: new Map(Object.entries({ open, high, low, close, volume })),
    groups: new Map([['sector', { codes, labels: ['a', 'b', 'c'] }]]),
  })
}

/** What graphs over these panels may read: derived fields too. */
export const PANEL_GRAPHS = {
  fields: ['close', 'open', 'high', 'low', 'volume', 'returns', 'vwap', 'dollarVolume', 'rawClose'],
  groups: ['sector'],
  longest: 12,
}
