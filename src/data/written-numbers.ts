/** How people write a number that is none for a program. */
export type WrittenForm = 'percent' | 'currency' | 'thousands' | 'decimalComma' | 'accounting' | 'magnitude'

const PLAIN = String.raw`\d+(?:\.\d*)?|\.\d+`
// The last group has three digits; those before it may have two, as in India.
const THOUSANDS = String.raw`\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?|\d{1,3}(?:['’ \u00a0\u202f]\d{3})+(?:[.,]\d*)?|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}`
const COMMA = String.raw`\d+,\d+`
const ANY = `[+-]?(?:${THOUSANDS}|${COMMA}|${PLAIN})`
const MONEY = String.raw`(?:[A-Z]{0,3}\p{Sc}|USD|EUR|GBP|JPY|TWD|CNY|HKD|CHF)`

/** From the most telling form to the least: `$1,234.5` is said to be a sum of money. */
const FORMS: readonly (readonly [WrittenForm, RegExp])[] = [
  ['percent', new RegExp(`^${ANY}\\s*[%％]$`)],
  ['currency', new RegExp(`^[+-]?(?:${MONEY}\\s*${ANY}|${ANY}\\s*${MONEY})$`, 'u')],
  ['accounting', new RegExp(`^\\((?:${THOUSANDS}|${COMMA}|${PLAIN})\\)$`)],
  ['magnitude', new RegExp(`^[+-]?(?:\\d*\\.\\d+\\s*[KMBTkmbt]|(?:${THOUSANDS}|${PLAIN})\\s*[萬億万亿])$`)],
  ['thousands', new RegExp(`^[+-]?(?:${THOUSANDS})$`)],
  ['decimalComma', new RegExp(`^[+-]?(?:${COMMA})$`)],
]

const MENDED: Readonly<Record<WrittenForm, string>> = {
  percent: 'looks like a percentage: write 3.5% as 3.5 or 0.035',
  currency: 'looks like a sum of money: write it without the currency, 12.50',
  accounting: 'looks like a negative number in parentheses: write (5) as -5',
  magnitude: 'looks like an abbreviated number: write 1.2M as 1200000',
  thousands: 'looks like a number with thousands separators: write 1,234,567 as 1234567',
  decimalComma: 'looks like a number with a decimal comma: write 60,04 as 60.04',
}

/** The form of a number that is written for people, such as `1,234,567`; undefined for plain numbers and for texts. */
export const writtenForm = (text: string): WrittenForm | undefined =>
  FORMS.find(([, pattern]) => pattern.test(text))?.[0]

/** What such texts look like and how they are to be written, the most frequent first; undefined where none is one. */
export function mendingOfNumbers(texts: readonly string[]): string | undefined {
  const counts = new Map<WrittenForm, { count: number; first: string }>()
  for (const text of texts) {
    const form = writtenForm(text)
    if (form === undefined) continue
    const known = counts.get(form)
    if (known) known.count++
    else counts.set(form, { count: 1, first: text })
  }
  if (counts.size === 0) return undefined
  return [...counts]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([form, { first }]) => `'${first}' ${MENDED[form]}`)
    .join('; ')
}
