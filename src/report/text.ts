import { counted as countedPlainly } from '../base/counted.js'

/** What stands where there is no number. */
export const NONE = '–'

/** With a true minus sign; what rounds to zero has none. */
const fixed = (value: number, digits: number): string => {
  const text = value.toFixed(digits)
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−')
}

type Value = number | null | undefined

const isNone = (value: Value): value is null | undefined =>
  value === null || value === undefined || !Number.isFinite(value)

/** A fraction in percent. */
export const percent = (value: Value, digits = 1): string =>
  isNone(value) ? NONE : `${fixed(value * 100, digits)}%`

/** A fraction in percent with its sign, gains included. */
export const signedPercent = (value: Value, digits = 1): string =>
  isNone(value) ? NONE : `${value * 100 >= 0.5 * 10 ** -digits ? '+' : ''}${fixed(value * 100, digits)}%`

export const decimal = (value: Value, digits = 2): string => (isNone(value) ? NONE : fixed(value, digits))

/** What 1 became: two decimals, or two figures where those would be zeros. */
export const multiple = (value: number): string =>
  value > 0 && value < 0.005
    ? value >= 1e-4
      ? String(Number(value.toPrecision(2)))
      : value.toExponential(1).replace('-', '−')
    : value === 0
      ? 'nothing'
      : decimal(value)

/** A fraction in basis points. */
export const basisPoints = (value: Value): string => (isNone(value) ? NONE : `${fixed(value * 10_000, 1)} bp`)

/** A whole number with its thousands set apart by narrow no-break spaces. */
export const whole = (value: Value): string =>
  isNone(value) ? NONE : fixed(value, 0).replace(/\B(?=(\d{3})+$)/g, '\u202f')

/** `1 bar`, `2 bars`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  countedPlainly(count, one, many, whole)

export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')

/** JSON that may stand in a script element: no `<` can end it early. */
export const scriptJson = (data: unknown): string =>
  JSON.stringify(data)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')

/** Text in Markdown: what would be markup, a table's bar or HTML stands for itself. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>|#~]/g, (character) => `\\${character}`).replace(/\s*\n\s*/g, ' ')
