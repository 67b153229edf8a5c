/**
 * Values of a field that the data does not have itself but that follows from others, or undefined where it does not.
 * `returns` = close/previous close − 1, `vwap` = (high + low + close)/3, `dollarVolume` = rawClose × volume, `rawClose`
 * = close (prices that were not adjusted). T × N row-major; `symbols` is N. A field that the data has is returned as
 * it is, under any name.
 */
export function deriveField(
  name: string,
  fields: ReadonlyMap<string, Float64Array>,
  symbols: number,
): Float64Array | undefined {
  const own = fields.get(name)
  if (own !== undefined) return own
  const close = fields.get('close')
  switch (name) {
    case 'rawClose':
      return close
    case 'returns':
      return close?.map((c, i) => (i < symbols ? Number.NaN : finite(c / close[i - symbols]! - 1)))
    case 'vwap': {
      const high = fields.get('high')
      const low = fields.get('low')
      if (close === undefined || high === undefined || low === undefined) return undefined
      return close.map((c, i) => finite((high[i]! + low[i]! + c) / 3))
    }
    case 'dollarVolume': {
      const price = fields.get('rawClose') ?? close
      const volume = fields.get('volume')
      if (price === undefined || volume === undefined) return undefined
      return price.map((p, i) => finite(p * volume[i]!))
    }
    default:
      return undefined
  }
}

/** Names that `deriveField` can compute. */
export const DERIVED_FIELDS: readonly string[] = ['returns', 'vwap', 'dollarVolume', 'rawClose']

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}
