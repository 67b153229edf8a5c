import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mendingOfDay } from '../../src/data/date-forms.js'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { writtenForm } from '../../src/data/written-numbers.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const open = (rows: readonly string[], more: object = {}) =>
  openDataset({ path: write(`w${count++}.csv`, rows), cacheDir: false, ...more })
const refusal = async (rows: readonly string[], more: object = {}) => errorOf(open(rows, more))

test('numbers that are written for people are told from plain numbers and from texts', () => {
  const forms = {
    percent: ['3.5%', '-3.5 %', '12,5%', '5％'],
    currency: ['$5', '€ 1.234,50', '1,234 USD', 'NT$1,008', '-£3'],
    accounting: ['(5)', '(1,234.5)'],
    magnitude: ['1.2M', '3.5 b', '1.2億', '300萬'],
    thousands: ['1,234', '1,234,567', '-1,234.5', "1'234'567", '1 234', '12,34,567', '1.234.567', '1.234,5'],
    decimalComma: ['60,04', '-0,5', '1234,5'],
  }
  for (const [form, texts] of Object.entries(forms))
    for (const text of texts) expect([text, writtenForm(text)]).toEqual([text, form])
  for (const text of [
    '5',
    '-1.5',
    '1e3',
    '',
    'Tech',
    '3M',
    'A,B',
    '0-10%',
    '1,2,3',
    '(a)',
    '$',
    '%',
    '2020-01-02',
    '10.5.1',
  ])
    expect([text, writtenForm(text)]).toEqual([text, undefined])
})

describe('a column of numbers with separators, percents or currencies is an error, never a group', () => {
  const prices = write('prices.csv', ['date,symbol,close', '2020-01-02,A,1', '2020-01-03,A,1.1'])

  test('in a table that is announced', async () => {
    const rev = write('rev.csv', [
      'date,symbol,available,rev',
      '2019-11-30,A,2020-01-02,"1,234,567"',
      '2019-12-31,A,2020-01-03,"1,234,568"',
    ])
    const error = await errorOf(openDataset({ path: prices, join: [rev], cacheDir: false }))
    expect([error.kind, error.code]).toEqual(['data', 'BAD_NUMBER'])
    expect(error.message).toContain("rev.csv line 2: A 2019-11-30 – rev is '1,234,567'")
    expect(error.hint).toBe(
      "mend the file: '1,234,567' looks like a number with thousands separators: write 1,234,567 as 1234567",
    )
  })

  test.each([
    ['percents', ['3.5%', '4%'], "'3.5%' looks like a percentage"],
    ['sums of money', ['$3.5', '$4'], "'$3.5' looks like a sum of money"],
    ['percents beside few plain numbers', ['3.5%', '4%', '5'], "'3.5%' looks like a percentage"],
  ])('%s beside prices', async (_, cells, says) => {
    const rows = cells.map((cell, i) => `2020-01-0${i + 1},A,1,${cell}`)
    const error = await refusal(['date,symbol,close,yield', ...rows])
    expect(error.code).toBe('BAD_NUMBER')
    expect(error.hint).toContain(says)
  })

  test('with more values than a group may have', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => `2020-01-02,S${i},1,"${i + 1},000"`)
    const error = await refusal(['date,symbol,close,shares', ...rows])
    expect(error.message).toContain('600 numbers cannot be read')
  })

  test('but those of a table without dates are left out with a warning, as plain ones are', async () => {
    const shares = write('shares.csv', ['symbol,sector,shares', 'A,Tech,"1,234"'])
    const dataset = await openDataset({ path: prices, join: [shares], cacheDir: false })
    expect(dataset.issues.map(({ code }) => code)).toEqual(['NUMBER_COLUMN_IGNORED'])
    expect(dataset.groups.map(({ name }) => name)).toEqual(['sector'])
  })

  test('unless it is named a group', async () => {
    const dataset = await open(['date,symbol,close,tier', '2020-01-02,A,1,5%'], { groups: ['tier'] })
    expect(dataset.groups.map(({ labels }) => labels)).toEqual([['5%']])
  })

  test('prices with a separator are named, and the kinds of them all', async () => {
    const error = await refusal(['date;symbol;close', '2020-01-02;A;1,008.92', '2020-01-03;A;60,04'])
    expect(error.hint).toContain('write 1,234,567 as 1234567')
    expect(error.hint).toContain('write 60,04 as 60.04')
    expect(error.hint).not.toContain('--on-bad-rows')
  })
})

test('days that are written in another way are recognised, each with how to write it', () => {
  const said: Record<string, string> = {
    '110/01/04': 'add 1911 and write 2021-01-04',
    '1100104': 'add 1911 and write 2021-01-04',
    '99.12.31': 'a year of two digits',
    民國110年1月4日: 'add 1911 and write 2021-01-04',
    '04-Jan-2021': 'the name of a month',
    'January 4, 2021': 'the name of a month',
    '2022-03': 'a month without a day',
    '202203': 'a month without a day',
    '2022Q1': 'a quarter without a day',
    '2022': 'a year without a day',
    '2020.1.5': 'write 2020-01-05',
    '2021年1月4日': 'write 2021-01-04',
    '44200': 'serial number of a spreadsheet (2021-01-04)',
  }
  for (const [text, says] of Object.entries(said)) expect(mendingOfDay(text)).toContain(says)
  for (const text of ['soon', '2020-02-30', '', '13', '123456789', 'marching'])
    expect([text, mendingOfDay(text)]).toEqual([text, undefined])
})

describe('dates of which none can be read', () => {
  test.each([
    [
      '110/01/04',
      '110/01/05',
      "'110/01/04' looks like a year of the ROC calendar: add 1911 and write 2021-01-04",
    ],
    ['04-Jan-2021', '05-Jan-2021', "'04-Jan-2021' has the name of a month"],
    ['2022-03', '2022-04', "'2022-03' is a month without a day"],
    ['44200', '44201', "'44200' looks like the serial number"],
  ])('%s: the hint says what they are and which are read, not to drop them all', async (one, two, says) => {
    for (const onBadRows of ['stop', 'drop']) {
      const error = await refusal(['date,symbol,close', `${one},A,1`, `${two},A,1`], { onBadRows })
      expect(error.hint).toContain(`mend the file: ${says}`)
      expect(error.hint).toContain('days are read as 2020-01-31')
      expect(error.hint).not.toContain('--on-bad-rows')
    }
  })

  test('a few of them may still be dropped', async () => {
    const good = Array.from({ length: 9 }, (_, i) => `2021-01-0${i + 1},A,1`)
    const error = await refusal(['date,symbol,close', ...good, '2022-03,A,1'])
    expect(error.hint).toMatch(/^'2022-03' is a month without a day.*--on-bad-rows drop/)
  })
})

describe('days of which some have the day first and others the month', () => {
  const days = Array.from({ length: 28 }, (_, i) => `${String(i + 1).padStart(2, '0')}/02/2023,A,1`)

  test.each(['stop', 'drop', 'missing'])('are refused with a line of each kind: %s', async (onBadRows) => {
    const error = await refusal(['date,symbol,close', ...days, '12/31/2023,A,1'], { onBadRows })
    expect(error.code).toBe('BAD_DATE')
    expect(error.message).toContain("line 14: A – the date is '13/02/2023': the day comes first")
    expect(error.message).toContain("line 30: A – the date is '12/31/2023': the month comes first")
    expect(error.message).toContain('28 dates cannot be read')
    expect(error.message).not.toContain('day or month first?')
    expect(error.hint).toContain('write all as 2020-01-31')
    expect(error.hint).not.toContain('--on-bad-rows')
  })

  test('in files that are each clear by themselves: the files are named', async () => {
    const path = join(folder, 'orders')
    mkdirSync(path)
    writer(path)('A.csv', ['date,close', '13/02/2023,1', '14/02/2023,1'])
    writer(path)('B.csv', ['date,close', '2/13/2023,1', '2/14/2023,1'])
    const error = await errorOf(openDataset({ path, cacheDir: false }))
    expect(error.message).toContain('A.csv line 2')
    expect(error.message).toContain('B.csv line 2')
    expect(error.hint).toContain(
      'the files disagree, the day comes first in A.csv and the month in B.csv: write the days of all as 2020-01-31',
    )
  })

  test('a column that does not show which comes first is not dropped down to a random few either', async () => {
    const rows = Array.from({ length: 11 }, (_, i) => `${i + 1}/12/2023,A,1`)
    const error = await refusal(['date,symbol,close', ...rows, '12/12/2023,A,1'], { onBadRows: 'drop' })
    expect(error.message).toContain("the date is '1/12/2023': day or month first?")
  })
})

test('a day that a table of members writes in another way is recognised there, too', async () => {
  const prices = write('p.csv', ['date,symbol,close', '2021-01-04,A,1'])
  const universe = write('u.csv', ['symbol,from,to', 'A,110/01/04,', 'A,soon,'])
  const error = await errorOf(openDataset({ path: prices, universe: [universe], cacheDir: false }))
  expect(error.message).toContain(
    "from '110/01/04' looks like a year of the ROC calendar: add 1911 and write 2021-01-04",
  )
  expect(error.message).toContain("from is 'soon'")
})

test('dates and announcements that disagree on what comes first are refused with that reason', async () => {
  const prices = write('q.csv', ['date,symbol,close', '2023-02-13,A,1'])
  const said = write('q-rev.csv', [
    'date,symbol,available,rev',
    '13/02/2023,A,3/31/2023,5',
    '14/02/2023,A,4/30/2023,5',
  ])
  for (const onBadRows of ['stop', 'drop'] as const) {
    const error = await errorOf(openDataset({ path: prices, join: [said], onBadRows, cacheDir: false }))
    expect(error.hint).toContain(
      'the day comes first in one of the columns of dates and the month in the other',
    )
    expect(error.hint).not.toContain('--on-bad-rows')
  }
})
