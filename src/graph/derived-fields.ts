import type { Formula } from './operator.js'

/**
 * Values of a field that the data does not have itself but that follows from others, or undefined where it does not.
 * `returns` = close/previous close − 1, `vwap` = (high + low + close)/3, `dollarVolume` = rawClose × volume, `rawClose`
 * = close (prices that were not adjusted). T × N row-major; `symbols` is N. A field that the data has is returned as
 * it is, under any name; what has to be computed goes into `out` where that is given.
 */
export function deriveField(
  name: string,
  fields: ReadonlyMap<string, Float64Array>,
  symbols: number,
  out?: Float64Array,
): Float64Array | undefined {
  const own = storedField(name, fields)
  if (own !== undefined) return own
  const close = fields.get('close')
  switch (name) {
    case 'returns':
      return close && fillReturns(out ?? new Float64Array(close.length), close, symbols)
    case 'vwap': {
      const high = fields.get('high')
      const low = fields.get('low')
      if (close === undefined || high === undefined || low === undefined) return undefined
      return fillTypicalPrice(out ?? new Float64Array(close.length), high, low, close)
    }
    case 'dollarVolume': {
      const price = fields.get('rawClose') ?? close
      const volume = fields.get('volume')
      if (price === undefined || volume === undefined) return undefined
      return fillProduct(out ?? new Float64Array(price.length), price, volume)
    }
    default:
      return undefined
  }
}

/** A field that stands in the data already, under its own name or (`rawClose`) another; nothing is computed. */
export function storedField(
  name: string,
  fields: ReadonlyMap<string, Float64Array>,
): Float64Array | undefined {
  return fields.get(name) ?? (name === 'rawClose' ? fields.get('close') : undefined)
}

/** How a field that the data does not have itself follows from others, cell by cell; undefined where it does not. */
export function derivedFormula(
  name: string,
  stored: (name: string) => Float64Array | undefined,
): Formula | undefined {
  if (stored(name) !== undefined) return undefined
  const close = stored('close')
  switch (name) {
    case 'returns':
      return close && { element: { name: 'returns' }, of: [now(close), { values: close, back: 1 }] }
    case 'vwap': {
      const high = stored('high')
      const low = stored('low')
      return close && high && low && { element: { name: 'typical' }, of: [now(high), now(low), now(close)] }
    }
    case 'dollarVolume': {
      const price = stored('rawClose')
      const volume = stored('volume')
      return price && volume && { element: { name: 'mul' }, of: [now(price), now(volume)] }
    }
    default:
      return undefined
  }
}

const now = (values: Float64Array) => ({ values, back: 0 })

/** Names that `deriveField` can compute. */
export const DERIVED_FIELDS: readonly string[] = ['returns', 'vwap', 'dollarVolume', 'rawClose']

// v + (v − v) is v, and missing where v is infinite.

function fillReturns(out: Float64Array, close: Float64Array, symbols: number): Float64Array {
  out.fill(Number.NaN, 0, symbols)
  for (let i = symbols; i < close.length; i++) {
    const before = close[i - symbols]!
    // An infinite close before would give a finite −1.
    const v = close[i]! / before - 1 + (before - before)
    out[i] = v + (v - v)
  }
  return out
}

function fillTypicalPrice(
  out: Float64Array,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
): Float64Array {
  for (let i = 0; i < close.length; i++) {
    const v = (high[i]! + low[i]! + close[i]!) / 3
    out[i] = v + (v - v)
  }
  return out
}

function fillProduct(out: Float64Array, price: Float64Array, volume: Float64Array): Float64Array {
  for (let i = 0; i < price.length; i++) {
    const v = price[i]! * volume[i]!
    out[i] = v + (v - v)
  }
  return out
}
