import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AnnouncementPlan } from '../../src/data/announced.js'
import type { FileDataOptions } from '../../src/data/dataset.js'
import { announcementDays } from '../../src/data/dates.js'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
const _ = Number.NaN

const DAYS = ['2020-05-01', '2020-05-04', '2020-05-05', '2020-05-06', '2020-05-07']
const prices = write('prices.csv', [
  'date,symbol,close',
  ...DAYS.flatMap((day) => ['A', 'B'].map((symbol) => `${day},${symbol},10`)),
])

const open = (rows: readonly string[], more: Partial<FileDataOptions> = {}) =>
  openDataset({ path: prices, join: [write('reports.csv', rows)], cacheDir: false, ...more })
const columnOf = async (rows: readonly string[], symbol = 'A', more: Partial<FileDataOptions> = {}) => {
  const panel = await (await open(rows, more)).load()
  const i = panel.symbols.indexOf(symbol)
  return DAYS.map((_day, t) => panel.fields.get('eps')![t * panel.symbols.length + i]!)
}
const HEADER = 'symbol,date,available,eps'

describe('a fundamental field', () => {
  test('is known from its announcement on, not from the end of its period', async () => {
    expect(await columnOf([HEADER, 'A,2020-03-31,2020-05-05,1.5'])).toEqual([_, _, 1.5, 1.5, 1.5])
  })

  test('announced on a day without a bar is known at the next one', async () => {
    expect(await columnOf([HEADER, 'A,2020-03-31,2020-05-02,1.5'])).toEqual([_, 1.5, 1.5, 1.5, 1.5])
  })

  test('announced before the first bar is known from the first bar on', async () => {
    expect(await columnOf([HEADER, 'A,2019-12-31,2020-02-01,1.5'])).toEqual([1.5, 1.5, 1.5, 1.5, 1.5])
  })

  test('stays that of the latest period when an older one is restated late', async () => {
    const rows = [
      HEADER,
      'A,2020-03-31,2020-05-04,2',
      'A,2019-12-31,2020-02-01,1',
      'A,2019-12-31,2020-05-06,1.1',
    ]
    expect(await columnOf(rows)).toEqual([1, 2, 2, 2, 2])
  })

  test('is replaced by a revision of its own period', async () => {
    const rows = [HEADER, 'A,2020-03-31,2020-05-04,2', 'A,2020-03-31,2020-05-06,2.2']
    expect(await columnOf(rows)).toEqual([_, 2, 2, 2.2, 2.2])
  })

  test('is not wiped out by a period that leaves its cell empty', async () => {
    const rows = [
      'symbol,date,available,eps,sales',
      'A,2019-12-31,2020-05-01,1,5',
      'A,2020-03-31,2020-05-05,,6',
    ]
    expect(await columnOf(rows)).toEqual([1, 1, 1, 1, 1])
  })

  test('is forgotten after as many days as it may stay', async () => {
    expect(await columnOf([HEADER, 'A,2020-03-31,2020-05-01,1'], 'A', { staleAfterDays: 4 })).toEqual([
      1,
      1,
      1,
      _,
      _,
    ])
  })

  test('of a symbol that announces nothing is missing', async () => {
    expect(await columnOf([HEADER, 'A,2020-03-31,2020-05-01,1'], 'B')).toEqual([_, _, _, _, _])
  })

  test('that is a text is a group that is announced, too', async () => {
    const panel = await (
      await open([
        'symbol,period,available,rating',
        'A,2020-03-31,2020-05-05,buy',
        'B,2020-03-31,2020-05-04,sell',
      ])
    ).load()
    const { codes, labels } = panel.groups.get('rating')!
    expect(labels).toEqual(['buy', 'sell'])
    expect([...codes]).toEqual([-1, -1, -1, 1, 0, 1, 0, 1, 0, 1])
  })
})

describe('an announcement', () => {
  test('of a day, or of a time in the exchange’s zone, counts on that day; one in UTC on the day after', () => {
    expect(
      announcementDays([
        '2020-05-05',
        '2020-05-05 08:30',
        '2020-05-05T16:30:00-04:00',
        '2020-05-05T00:00:00+00:00',
        '2020-05-05T13:30:00Z',
        '2020-05-05 13:30:00+00:00',
        '1588680000',
        '1588636800000',
        'soon',
      ]),
    ).toEqual([
      '2020-05-05',
      '2020-05-05',
      '2020-05-05',
      '2020-05-05',
      '2020-05-06',
      '2020-05-06',
      '2020-05-06',
      '2020-05-05',
      undefined,
    ])
  })

  test('before the end of its period is a warning, and known from the end on', async () => {
    const rows = [HEADER, 'A,2020-05-05,2020-05-01,1']
    expect(await columnOf(rows)).toEqual([_, _, 1, 1, 1])
    const { issues } = await open(rows)
    expect(issues.map(({ severity, code, line, file }) => [severity, code, line, file])).toEqual([
      ['warning', 'AVAILABLE_EARLY', 2, 'reports.csv'],
    ])
  })

  test('without a day is left out, with a warning', async () => {
    const { issues, tables } = await open([HEADER, 'A,2020-03-31,,1', 'A,2019-12-31,2020-02-01,2'])
    expect(issues.map(({ code, count }) => [code, count])).toEqual([['AVAILABLE_MISSING', 1]])
    expect(tables[1]).toEqual({ name: 'reports.csv', kind: 'announced', rows: 2, used: 2, fields: ['eps'] })
  })

  test('with a day that cannot be read is an error with its line', async () => {
    const error = await errorOf(open([HEADER, 'A,2020-03-31,soon,1']))
    expect([error.kind, error.code]).toEqual(['data', 'BAD_DATE'])
    expect(error.message).toContain("reports.csv line 2: A 2020-03-31 – available is 'soon'")
    expect(
      await columnOf([HEADER, 'A,2020-03-31,soon,1', 'A,2020-03-31,2020-05-07,3'], 'A', {
        onBadRows: 'missing',
      }),
    ).toEqual([_, _, _, _, 3])
  })

  test('made twice on one day with different values is an error, and equal ones are counted', async () => {
    const error = await errorOf(open([HEADER, 'A,2020-03-31,2020-05-05,1', 'A,2020-03-31,2020-05-05,2']))
    expect(error.code).toBe('DUPLICATE_CONFLICT')
    expect(error.message).toContain('reports.csv line 3: A 2020-03-31 – eps is 1 and 2 (the other is line 2)')
    const { issues } = await open([HEADER, 'A,2020-03-31,2020-05-05,1', 'A,2020-03-31,2020-05-05,1'])
    expect(issues.map(({ code }) => code)).toEqual(['DUPLICATE_EQUAL'])
  })

  test('of a symbol without prices is counted', async () => {
    const { issues, tables } = await open([HEADER, 'A,2020-03-31,2020-05-05,1', 'Z,2020-03-31,2020-05-05,1'])
    expect(issues.map(({ code, message }) => [code, message])).toEqual([
      [
        'JOIN_UNMATCHED',
        '1 row of reports.csv has no place among the prices (1 symbol without prices): reports.csv line 3: Z 2020-03-31 (they were left out)',
      ],
    ])
    expect(tables[1]).toMatchObject({ rows: 2, used: 1 })
  })
})

describe('an announcement column in the table of prices itself', () => {
  const long = (rows: readonly string[]) =>
    openDataset({
      path: write('long.csv', ['date,symbol,close,revenue,sector,available', ...rows]),
      cacheDir: false,
    })

  test('holds back the fundamental fields, and neither prices nor sectors', async () => {
    const panel = await (
      await long([
        '2020-05-01,A,10,7,Tech,2020-05-05',
        '2020-05-04,A,11,,Tech,',
        '2020-05-05,A,12,,Tech,',
        '2020-05-06,A,13,8,Tech,2020-05-07',
        '2020-05-07,A,14,,Tech,',
      ])
    ).load()
    expect([...panel.fields.get('close')!]).toEqual([10, 11, 12, 13, 14])
    expect([...panel.fields.get('revenue')!]).toEqual([_, _, 7, 7, 8])
    expect([...panel.groups.get('sector')!.codes]).toEqual([-1, 0, 0, 0, 0])
  })

  test('an earlier day than the row’s own is no mistake: the row repeats what is known', async () => {
    const dataset = await long(['2020-05-01,A,10,7,,2020-04-20', '2020-05-04,A,10,7,,2020-04-20'])
    expect(dataset.issues).toEqual([])
    expect([...(await dataset.load()).fields.get('revenue')!]).toEqual([7, 7])
  })

  test('a value without a day of announcement is never known', async () => {
    const dataset = await long(['2020-05-01,A,10,7,,', '2020-05-04,A,10,8,,2020-05-04'])
    expect([...(await dataset.load()).fields.get('revenue')!]).toEqual([_, 8])
    expect(dataset.issues.map(({ code }) => code)).toEqual(['AVAILABLE_MISSING'])
  })

  test('a day that cannot be read costs the fundamental field, not the bar, where cells may go', async () => {
    const path = write('long-bad.csv', ['date,symbol,close,revenue,available', '2020-05-01,A,10,7,soon'])
    const panel = await (await openDataset({ path, cacheDir: false, onBadRows: 'missing' })).load()
    expect([panel.fields.get('close')![0], panel.fields.get('revenue')![0]]).toEqual([10, _])
  })
})

test('at every bar the field is that of the plain rule (400 random tables)', () => {
  const dates = Array.from({ length: 12 }, (_bar, t) => `2020-01-${String(2 * t + 2).padStart(2, '0')}`)
  const day = fc.integer({ min: 1, max: 28 }).map((n) => `2020-01-${String(n).padStart(2, '0')}`)
  const row = fc.record({
    symbol: fc.nat(1),
    period: day,
    known: day,
    value: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN)),
  })
  const key = ({ symbol, period, known }: { symbol: number; period: string; known: string }) =>
    `${symbol} ${period} ${known}`
  fc.assert(
    fc.property(
      fc.uniqueArray(row, { selector: key, maxLength: 14 }),
      fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      (rows, stale) => {
        const plan = new AnnouncementPlan(
          dates,
          2,
          rows.map((one, k) => ({ ...one, row: k })),
          stale,
        )
        const field = plan.numbers((k) => rows[k]!.value)
        dates.forEach((date, t) => {
          for (const symbol of [0, 1]) {
            const effective = (one: (typeof rows)[number]) =>
              one.known < one.period ? one.period : one.known
            const said = rows.filter(
              (one) => one.symbol === symbol && !Number.isNaN(one.value) && effective(one) <= date,
            )
            const latest = said
              .map(({ period }) => period)
              .sort()
              .at(-1)
            const newest = said
              .filter(({ period }) => period === latest)
              .sort((a, b) => (effective(a) + a.known < effective(b) + b.known ? -1 : 1))
              .at(-1)
            const age =
              newest === undefined ? 0 : (Date.parse(date) - Date.parse(effective(newest))) / 86_400_000
            const value =
              newest === undefined || (stale !== undefined && age > stale) ? Number.NaN : newest.value
            expect(field[t * 2 + symbol]).toBe(value === 0 ? 0 : value)
          }
        })
      },
    ),
    { seed: 7, numRuns: 400 },
  )
})

test('a report that is announced after the last bar, or long before the first, is no mistake', async () => {
  const rows = [HEADER, 'A,2020-03-31,2021-01-01,9', 'A,2018-12-31,2019-02-01,1']
  const dataset = await open(rows)
  expect(dataset.issues).toEqual([])
  expect(await columnOf(rows)).toEqual([1, 1, 1, 1, 1])
})

test('whether the day or the month comes first is decided by both dates of a report together', async () => {
  expect(await columnOf([HEADER, 'A,31/03/2020,05/05/2020,1.5', 'A,31/12/2019,06/05/2020,9'])).toEqual([
    _,
    _,
    1.5,
    1.5,
    1.5,
  ])
})

test('cells that cannot be read, or that two equal announcements differ in, are missing where cells may go', async () => {
  const rows = [
    'symbol,date,available,eps,sales,view,note',
    'A,2019-12-31,2020-01-01,1,1,up,a note',
    'A,2020-03-31,2020-05-05,x,2,up,',
    'A,2020-03-31,2020-05-06,3,2,up,',
    'A,2020-03-31,2020-05-06,4,2,down,',
    'Z,2020-03-31,2020-05-06,x,2,sideways,',
  ]
  const panel = await (await open(rows, { onBadRows: 'missing' })).load()
  const ofA = (values: Iterable<number>) => [...values].filter((_value, cell) => cell % 2 === 0)
  expect(ofA(panel.fields.get('eps')!)).toEqual([1, 1, 1, 1, 1])
  expect(ofA(panel.fields.get('sales')!)).toEqual([1, 1, 2, 2, 2])
  expect(panel.groups.get('view')!.labels).toEqual(['up'])
  expect(ofA(panel.groups.get('view')!.codes)).toEqual([0, 0, 0, 0, 0])
})

test('announcements of no symbol of the prices are refused with the names of both', async () => {
  const error = await errorOf(
    open([HEADER, ...['V', 'W', 'X', 'Y'].map((symbol) => `${symbol},2020-03-31,2020-05-05,1`)]),
  )
  expect([error.code, error.message]).toEqual([
    'DATA_JOIN_NOTHING_MATCHES',
    'no row of reports.csv has a symbol of the prices: it has V, W, X, …, they have A, B',
  ])
})
