import { readDates } from './dates.js'

/** The forms of a day that are read, as they stand in a hint. */
export const READ_FORMS =
  'days are read as 2020-01-31, 2020/1/31, 20200131, 31.01.2020, and 31/1/2020 or 1/31/2020 where the column shows which'

const ROC_YEARS = 1911
const DAY_MS = 86_400_000
/** Day 0 of spreadsheets, for days after February 1900. */
const SERIAL_ZERO = Date.UTC(1899, 11, 30)

const iso = (year: number, month: string, day: string): string =>
  `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`

const MONTH = '(0?[1-9]|1[0-2])'
const DAY = '(0?[1-9]|[12]\\d|3[01])'
const MONTH_NAME = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'

/** Days written in a way that is not read, each with what it is and how to write it. */
const FORMS: readonly (readonly [
  form: string,
  pattern: RegExp,
  say: (match: readonly string[]) => string,
])[] = [
  [
    'roc',
    new RegExp(`^(?:民國|民国)?\\s*(\\d{2,3})\\s*年\\s*${MONTH}\\s*月\\s*${DAY}\\s*日$`),
    ([, year, month, day]) => rocYear(year!, month!, day!),
  ],
  [
    'roc',
    new RegExp(`^(\\d{3})[-/.]${MONTH}[-/.]${DAY}$`),
    ([, year, month, day]) => rocYear(year!, month!, day!),
  ],
  [
    'roc',
    /^(\d{3})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/,
    ([, year, month, day]) => rocYear(year!, month!, day!),
  ],
  [
    'twoDigits',
    new RegExp(`^(?:3[2-9]|[4-9]\\d)[-/.]${MONTH}[-/.]${DAY}$`),
    () => 'starts with a year of two digits: write four, and add 1911 if it is one of the ROC calendar',
  ],
  [
    'monthName',
    new RegExp(
      `\\b\\d{1,2}(?:st|nd|rd|th)?[-/. ]*(?:${MONTH_NAME})|(?:${MONTH_NAME})[a-z]*[-/. ]*\\d{1,2}\\b`,
      'i',
    ),
    () => 'has the name of a month: write its number, 2020-01-31',
  ],
  [
    'quarter',
    /^\d{4}[-/ ]?Q[1-4]$|^Q[1-4][-/ ]?\d{4}$/i,
    () => 'is a quarter without a day: write its last day, 2020-03-31',
  ],
  [
    'month',
    /^(?:1[6-9]|2[01])\d\d(?:[-/.]\d{1,2}|\d\d)$/,
    () => 'is a month without a day: write its last day, 2020-01-31',
  ],
  [
    'pointed',
    new RegExp(`^(\\d{4})(?:\\.|年)\\s*${MONTH}(?:\\.|月)\\s*${DAY}日?$`),
    ([, year, month, day]) => `has other signs between its parts: write ${iso(Number(year), month!, day!)}`,
  ],
  ['year', /^(?:1[6-9]|2[01])\d\d$/, () => 'is a year without a day: write its last day, 2020-12-31'],
  [
    'serial',
    /^([2-7]\d{4})(?:\.\d+)?$/,
    ([, serial]) =>
      `looks like the serial number of a spreadsheet (${new Date(SERIAL_ZERO + Number(serial) * DAY_MS).toISOString().slice(0, 10)}): give the column a date format before saving it as CSV`,
  ],
]

const rocYear = (year: string, month: string, day: string) =>
  `looks like a year of the ROC calendar: add ${ROC_YEARS} and write ${iso(Number(year) + ROC_YEARS, month, day)}`

/** What a text that is read as no day seems to be, and how to write it: `'110/01/04' looks like …`. */
export function mendingOfDay(text: string): string | undefined {
  const known = formOf(text)
  return known && `'${text}' ${known.say}`
}

function formOf(text: string) {
  for (const [form, pattern, say] of FORMS) {
    const match = pattern.exec(text)
    if (match) return { form, say: say(match) }
  }
  return undefined
}

/** Whether a text is one of a day, be it one that is not read; plain numbers are none unless they read as one. */
export const holdsDay = (text: string): boolean => {
  const { days, ambiguous } = readDates([text])
  if (days[0] !== undefined) return !/^-?\d{9,}/.test(text)
  return ambiguous || (/\D/.test(text) && formOf(text) !== undefined && !/^\d+\.\d+$/.test(text))
}

/** The same for the texts of a column: the first of each kind, and which forms are read. */
export function mendingOfDays(texts: readonly string[]): string | undefined {
  const said = new Map<string, string>()
  for (const text of texts) {
    const known = formOf(text)
    if (known && !said.has(known.form)) said.set(known.form, `'${text}' ${known.say}`)
  }
  return said.size === 0 ? undefined : [...said.values(), READ_FORMS].join('; ')
}
