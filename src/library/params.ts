import type { Rng } from '../base/rng.js'

/** A parameter of a library entry: the value that people start from, and the range that search may go through. */
export interface LibraryParam {
  readonly name: string
  readonly default: number
  readonly min: number
  readonly max: number
  readonly kind: 'integer' | 'number'
}

export const whole = (name: string, fallback: number, min: number, max: number): LibraryParam => ({
  name,
  default: fallback,
  min,
  max,
  kind: 'integer',
})

export const real = (name: string, fallback: number, min: number, max: number): LibraryParam => ({
  name,
  default: fallback,
  min,
  max,
  kind: 'number',
})

/** Longest window that the library draws: a year. */
export const MOST_BARS = 252

/** Values by parameter name. */
export type ParamValues = Readonly<Record<string, number>>

export const defaultValues = (params: readonly LibraryParam[]): ParamValues =>
  Object.fromEntries(params.map((param) => [param.name, param.default]))

/**
 * One value of a parameter: log-normal around the default where the range is positive (its width is a quarter of the
 * range's, so that the whole range is reached and the sensible part often), uniform elsewhere. Two significant digits
 * are enough: finer draws only look different.
 */
export function drawParam(rng: Rng, param: LibraryParam, longestWindow: number = MOST_BARS): number {
  const { min, kind } = param
  // Whole numbers of the library count bars.
  const max = kind === 'integer' ? Math.max(min, Math.min(param.max, longestWindow)) : param.max
  const centre = Math.min(param.default, max)
  if (min === max) return min
  if (min <= 0) return settle(min + (max - min) * rng.next(), min, max, kind)
  const width = Math.log(max / min) / 4
  for (let attempt = 0; attempt < 8; attempt++) {
    const value = centre * Math.exp(width * rng.normal())
    if (value >= min && value <= max) return settle(value, min, max, kind)
  }
  return centre
}

interface Parametrised {
  readonly title: string
  readonly params: readonly LibraryParam[]
  readonly settle?: (params: ParamValues) => ParamValues
}

/**
 * One draw of all parameters of an entry, with their relations settled.
 * @param longestWindow in bars: on a short history a long window leaves little to trade in
 */
export function drawEntry(
  rng: Rng,
  { params, settle: relate }: Parametrised,
  longestWindow: number = MOST_BARS,
): ParamValues {
  const drawn = Object.fromEntries(params.map((param) => [param.name, drawParam(rng, param, longestWindow)]))
  return relate === undefined ? drawn : relate(drawn)
}

/** An entry with its numbers: `dual moving average 20/60`. */
export const entryLabel = ({ title, params }: Parametrised, values: ParamValues): string =>
  params.length === 0 ? title : `${title} ${params.map(({ name }) => values[name]).join('/')}`

function settle(value: number, min: number, max: number, kind: 'integer' | 'number'): number {
  const rounded = kind === 'integer' ? Math.round(value) : roundTo(value, 2)
  return Math.min(max, Math.max(min, rounded))
}

/** A number with so many significant digits. */
export const roundTo = (value: number, digits: number): number => Number(value.toPrecision(digits))
