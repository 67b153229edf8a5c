import type { Panel } from '../data/panel.js'
import { type AccountMemory, ownMemory } from './account-memory.js'

/**
 * A panel's closes the other way round, symbol by symbol: value of symbol i at bar t stands at i·bars + t. A backtest
 * follows a few symbols over many bars, and row by row each of those reads would miss the cache.
 */
export interface CloseColumns {
  readonly bars: number
  /** The newest finite close up to the bar; NaN before the first. */
  readonly last: Float64Array
  /**
   * Bars in a row, up to this one, without a close: 0 where there is one. Before the first close it counts from the
   * panel's start. Undefined where no close is missing at all.
   */
  readonly missing: Int32Array | undefined
  /** By symbol: the most bars in a row without a close, after its first one. Undefined where `missing` is. */
  readonly longestGap: Int32Array | undefined
  /** Whether every close is above 0. */
  readonly isPositive: boolean
  /** Where `last` stands, if it stands in a memory of the kernels. */
  readonly memory: AccountMemory | undefined
}

const known = new WeakMap<Panel, CloseColumns>()

/** Symbols turned round at a time, so that what is read and what is written both stay in the cache. */
const STRIP = 16

/**
 * Panels of at least so many closes have a memory of their own, which holds them alone. A memory takes up addresses for
 * gigabytes, so thousands of small panels share one, and a few microseconds copy their closes to it.
 */
const OWN_MEMORY = 2 ** 14

/** Made once for each panel. */
export function closeColumns(panel: Panel): CloseColumns {
  const before = known.get(panel)
  if (before !== undefined) return before
  const bars = panel.dates.length
  const width = panel.symbols.length
  const closes = panel.fields.get('close')!
  const memory = bars * width >= OWN_MEMORY ? ownMemory(width, bars) : undefined
  const last = memory?.closes ?? new Float64Array(bars * width)
  let missing: Int32Array | undefined
  let longestGap: Int32Array | undefined
  let isPositive = true
  for (let first = 0; first < width; first += STRIP) {
    const end = Math.min(width, first + STRIP)
    for (let t = 0; t < bars; t++)
      for (let i = first; i < end; i++) {
        const at = i * bars + t
        const close = closes[t * width + i]!
        if (Number.isFinite(close)) {
          last[at] = close
          if (close <= 0) isPositive = false
        } else {
          missing ??= new Int32Array(bars * width)
          longestGap ??= new Int32Array(width)
          last[at] = t === 0 ? Number.NaN : last[at - 1]!
          missing[at] = t === 0 ? 1 : missing[at - 1]! + 1
          // Before the first close nobody can hold it.
          if (!Number.isNaN(last[at]!)) longestGap[i] = Math.max(longestGap[i]!, missing[at]!)
        }
      }
  }
  const columns = { bars, last, missing, longestGap, isPositive, memory }
  known.set(panel, columns)
  return columns
}
