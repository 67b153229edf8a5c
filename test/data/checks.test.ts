import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ISSUE_CODES } from '../../src/data/dataset.js'
import { describeDataset } from '../../src/data/describe.js'
import { INTRADAY, MENDING } from '../../src/data/mending.js'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { sharedData } from '../support/shared-data.js'
import { temporaryFolder, writer } from './support/files.js'

const write = writer(temporaryFolder())
let count = 0
const open = (rows: readonly string[], more: object = {}) =>
  openDataset({ path: write(`t${count++}.csv`, rows), cacheDir: false, ...more })

describe('what can be read and may be wrong is a warning with count, place and examples', () => {
  const cases: [what: string, rows: string[], issue: object][] = [
    [
      'an equal duplicate row',
      ['2020-01-02,A,1,2,1,2,5', '2020-01-02,A,1,2,1,2.0,5'],
      { code: 'DUPLICATE_EQUAL', count: 1, symbol: 'A', date: '2020-01-02', line: 3 },
    ],
    ['a high below its low', ['2020-01-02,A,,1,2,,5'], { code: 'HIGH_BELOW_LOW', count: 1, line: 2 }],
    ['an open above the high', ['2020-01-02,A,3,2,1,1,5'], { code: 'OUTSIDE_RANGE', count: 1, line: 2 }],
    ['a close below the low', ['2020-01-02,A,,2,1.5,1,5'], { code: 'OUTSIDE_RANGE', count: 1, line: 2 }],
    [
      'a move of more than 40%',
      ['2020-01-02,A,,,,10,5', '2020-01-03,A,,,,5.9,5', '2020-01-06,A,,,,8.25,5'],
      { code: 'LARGE_MOVE', count: 1, date: '2020-01-03', line: 3 },
    ],
    [
      'a gap inside a life',
      [
        '2020-01-02,A,,,,1,5',
        '2020-01-03,B,,,,1,5',
        '2020-01-06,B,,,,1,5',
        '2020-01-07,A,,,,1,5',
        '2020-01-07,B,,,,1,5',
      ],
      { code: 'GAP', count: 1, symbol: 'A', date: '2020-01-07', line: 5 },
    ],
    [
      'a symbol that ends early',
      ['2020-01-02,A,,,,1,5', '2020-01-02,B,,,,1,5', '2020-01-03,B,,,,1,5'],
      { code: 'ENDS_EARLY', count: 1, symbol: 'A', date: '2020-01-02', line: 2 },
    ],
    [
      'a hole of the whole market, be it of one symbol',
      ['2020-01-02,A,,,,1,5', '2020-01-03,A,,,,1,5', '2020-01-06,A,,,,1,5', '2020-01-21,A,,,,1,5'],
      {
        code: 'GAP',
        count: 1,
        symbol: null,
        date: '2020-01-21',
        message: expect.stringContaining('1 hole of the whole market, where no symbol has bars: 2020-01-21'),
        examples: [
          expect.objectContaining({ detail: 'no symbol has a bar since 2020-01-06, 15 days before' }),
        ],
      },
    ],
    [
      'holes of the market, and of a symbol beside them',
      [
        ...['2015-01-05', '2015-01-06', '2015-01-07', '2015-01-08'].map((date) => `${date},A,,,,1,5`),
        ...['2020-01-06', '2020-01-07', '2020-03-02'].flatMap((date) => [
          `${date},A,,,,1,5`,
          ...(date === '2020-01-07' ? [] : [`${date},B,,,,1,5`]),
        ]),
      ],
      {
        code: 'GAP',
        count: 3,
        date: '2020-01-06',
        message: expect.stringMatching(
          /^2 holes of the whole market, where no symbol has bars, and 1 gap inside the lives of symbols, 1 bar in all: /,
        ),
      },
    ],
    ['a volume of 0', ['2020-01-02,A,,,,1,0'], { code: 'VOLUME_ZERO', count: 1, line: 2 }],
    [
      'a session on a weekend',
      ['2020-01-04,A,,,,1,5'],
      { code: 'WEEKEND', count: 1, symbol: null, date: '2020-01-04' },
    ],
    [
      'times in several zones',
      ['2020-01-02T10:00:00Z,A,,,,1,5', '2020-01-03T10:00:00+08:00,A,,,,1,5'],
      { code: 'MIXED_TIME_ZONES', count: 2 },
    ],
  ]
  test.each(cases)('%s', async (_, rows, issue) => {
    const { issues } = await open(['date,symbol,open,high,low,close,volume', ...rows])
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({ severity: 'warning', ...issue })
    expect(ISSUE_CODES).toContain(issues[0]!.code)
  })

  test.each([
    ['two weeks of holidays', ['2020-01-15', '2020-01-16', '2020-01-17', '2020-01-20', '2020-02-03']],
    ['monthly bars', ['2020-01-31', '2020-02-28', '2020-03-31', '2020-04-30', '2020-05-29']],
    ['weekly bars, two of them left out', ['2020-01-03', '2020-01-10', '2020-01-17', '2020-02-07']],
    ['two dates a year apart', ['2020-01-02', '2021-01-04']],
  ])('%s are no hole of the market', async (_, dates) => {
    const { issues } = await open(['date,symbol,close', ...dates.map((date) => `${date},A,1`)])
    expect(issues).toEqual([])
  })

  test('every kind of issue says how it is mended', () => {
    expect(Object.keys(MENDING).sort()).toEqual([...ISSUE_CODES].sort())
  })

  test.each([
    ['a time with the date', 'date,symbol,close', ['2020-01-02 09:30,A,1', '2020-01-02 09:31,A,2'], true],
    ['seconds since 1970', 'date,symbol,close', ['1577957400,A,1', '1577957460,A,2'], true],
    ['a column of times', 'date,time,symbol,close', ['2020-01-02,09:30,A,1', '2020-01-02,09:31,A,2'], true],
    ['one time of day', 'date,symbol,close', ['2020-01-02 16:00,A,1', '2020-01-02 16:00,A,2'], false],
    ['one day in two forms', 'date,symbol,close', ['2020-01-02,A,1', '20200102,A,2'], false],
  ])('rows that differ in %s: the hint on intraday bars', async (_, header, rows, intraday) => {
    const error = await open([header, ...rows]).catch((thrown) => thrown)
    expect(error.code).toBe('DUPLICATE_CONFLICT')
    expect(error.hint === INTRADAY).toBe(intraday)
    const { issues, rows: counts } = await open([header, ...rows, rows[0]!.replace('A', 'B')], {
      onBadRows: 'drop',
    })
    expect(issues.find(({ code }) => code === 'DUPLICATE_CONFLICT')!.hint).toBe(
      intraday ? INTRADAY : MENDING.DUPLICATE_CONFLICT,
    )
    expect(counts).toEqual({ read: 3, kept: 1 })
  })

  test('nothing is said of clean data', async () => {
    const { issues } = await open([
      'date,symbol,open,high,low,close,volume',
      '2020-01-02,A,1,2,1,2,5',
      '2020-01-03,A,2,2,1,1.3,5',
    ])
    expect(issues).toEqual([])
  })

  test('three examples stand for many, and no message holds a price', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => `2020-01-02,S${i},1.2345,1.5,1.0,7.6543,5`)
    const { issues } = await open(['date,symbol,open,high,low,close,volume', ...rows])
    expect(issues[0]).toMatchObject({ code: 'OUTSIDE_RANGE', count: 9 })
    expect(issues[0]!.examples.map(({ symbol, line }) => [symbol, line])).toEqual([
      ['S0', 2],
      ['S1', 3],
      ['S2', 4],
    ])
    expect(issues[0]!.message).not.toContain('7.65')
  })
})

describe('rows that cannot be used cost what the policy says and nothing else', () => {
  const rows = [
    'date,symbol,open,close,volume',
    '2020-01-02,A,1,2,10',
    '2020-01-02,B,0,3,20',
    '2020-01-03,A,2,x,30',
    '2020-01-03,B,4,5,40',
    '2020-01-03,B,4,6,40',
    'never,A,1,1,1',
    '2020-01-06,A,7,7,70',
  ]
  const values = async (onBadRows: string) => {
    const dataset = await open(rows, { onBadRows })
    const panel = await dataset.load()
    const cells: Record<string, unknown> = {}
    panel.dates.forEach((date, t) => {
      panel.symbols.forEach((symbol, i) => {
        const cell = t * panel.symbols.length + i
        cells[`${date} ${symbol}`] = [...panel.fields.values()].map((field) =>
          Number.isNaN(field[cell]!) ? null : field[cell],
        )
      })
    })
    return { cells, issues: dataset.issues }
  }
  test('drop leaves the rows out', async () => {
    const { cells, issues } = await values('drop')
    expect(cells).toEqual({ '2020-01-02 A': [1, 2, 10], '2020-01-06 A': [7, 7, 70] })
    expect(
      issues
        .filter(({ severity }) => severity === 'error')
        .map(({ code, count, line }) => [code, count, line]),
    ).toEqual([
      ['BAD_DATE', 1, 7],
      ['BAD_NUMBER', 1, 4],
      ['DUPLICATE_CONFLICT', 1, 6],
      ['PRICE_NOT_POSITIVE', 1, 3],
    ])
  })
  test('missing leaves the cells out', async () => {
    expect((await values('missing')).cells).toEqual({
      '2020-01-02 A': [1, 2, 10],
      '2020-01-02 B': [null, 3, 20],
      '2020-01-03 A': [2, null, 30],
      '2020-01-03 B': [4, null, 40],
      '2020-01-06 A': [7, 7, 70],
      '2020-01-06 B': [null, null, null],
    })
  })

  test('a random table keeps exactly its good cells', async () => {
    const cell = fc.constantFrom('1.5', '2.5', '', '0', '-1', 'x')
    const isBad = (text: string) => text === 'x' || Number(text) < 0 || text === '0'
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({
            day: fc.integer({ min: 1, max: 9 }),
            symbol: fc.constantFrom('A', 'B', 'C'),
            open: cell,
            close: cell,
          }),
          {
            minLength: 1,
            selector: ({ day, symbol }) => `${day}${symbol}`,
          },
        ),
        async (table) => {
          const lines = [
            'date,symbol,open,close',
            ...table.map((row) => `2020-01-0${row.day},${row.symbol},${row.open},${row.close}`),
          ]
          const shown = (text: string) => (text === '' || isBad(text) ? Number.NaN : Number(text))
          for (const policy of ['drop', 'missing']) {
            const kept = table.filter((row) => policy === 'missing' || !(isBad(row.open) || isBad(row.close)))
            if (kept.length === 0) continue
            const panel = await (await open(lines, { onBadRows: policy })).load()
            expect(panel.dates).toEqual([...new Set(kept.map((row) => `2020-01-0${row.day}`))].sort())
            const seen = { open: 0, close: 0 }
            for (const row of kept) {
              const at =
                panel.dates.indexOf(`2020-01-0${row.day}`) * panel.symbols.length +
                panel.symbols.indexOf(row.symbol)
              for (const name of ['open', 'close'] as const) {
                expect(panel.fields.get(name)![at]).toBe(shown(row[name]))
                if (!Number.isNaN(shown(row[name]))) seen[name]++
              }
            }
            for (const name of ['open', 'close'] as const)
              expect(panel.fields.get(name)!.filter((value) => !Number.isNaN(value)).length).toBe(seen[name])
          }
        },
      ),
      { seed: 21, numRuns: 60 },
    )
  })
})

const sp500 = sharedData('sp500-5yr/all_stocks_5yr.csv.gz')
const lean = sharedData('us-lean-daily/us_equity_daily_raw.csv.gz')
const quotes = sharedData('indicator-vectors/quotes/default.csv')

describe.skipIf(!sp500)(
  'five years of the S&P 500 have the defects that were counted by hand (needs the shared data)',
  () => {
    test('619 040 rows, 27 missing cells, and each kind of defect', async () => {
      const dataset = await openDataset({ path: sp500!, cacheDir: false })
      const described = describeDataset(dataset)
      expect(described).toMatchObject({ bars: 1259, symbols: 505, start: '2013-02-08', end: '2018-02-07' })
      expect(Object.fromEntries(described.fields.map(({ name, missing }) => [name, missing]))).toEqual({
        open: 11,
        high: 8,
        low: 8,
        close: 0,
        volume: 0,
      })
      expect(described.fields.find(({ name }) => name === 'close')!.coverage).toBe(619_040 / (1259 * 505))
      expect(Object.fromEntries(described.issues.map((issue) => [issue.code, issue.count]))).toEqual({
        HIGH_BELOW_LOW: 1,
        OUTSIDE_RANGE: 12,
        LARGE_MOVE: 11,
        GAP: 17,
        VOLUME_ZERO: 4,
      })
      expect(described.issues.find(({ code }) => code === 'GAP')!.message).toContain('51 bars in all')
      expect(dataset.rows).toEqual({ read: 619_040, kept: 619_040 })
      const panel = await dataset.load()
      const at = (date: string, symbol: string) =>
        panel.dates.indexOf(date) * 505 + panel.symbols.indexOf(symbol)
      expect(panel.fields.get('open')![at('2015-07-17', 'DHR')]).toBeNaN()
      expect(panel.symbols).toContain('BRK.B')
    })
  },
)

describe.skipIf(!lean || !quotes)('other real tables (needs the shared data)', () => {
  test('raw US bars: 70 025 rows, 26 of volume 0', async () => {
    const dataset = await openDataset({ path: lean!, cacheDir: false })
    const close = (await dataset.load()).fields.get('close')!
    expect(close.filter((value) => !Number.isNaN(value)).length).toBe(70_025)
    expect(dataset.issues.find(({ code }) => code === 'VOLUME_ZERO')!.count).toBe(26)
  })
  test('bitcoin has one hole: Coinbase data lacks three weeks around the turn of 2014', async () => {
    const path = sharedData('us-lean-daily/btcusd_coinbase_daily.csv')!
    const { issues } = await openDataset({ path, cacheDir: false })
    expect(issues.find(({ code }) => code === 'GAP')).toMatchObject({ count: 1, date: '2015-01-08' })
  })
  test('quotes with M/D/YYYY, with newest first and with a byte order mark', async () => {
    const read = async (name: string) =>
      openDataset({ path: sharedData(`indicator-vectors/quotes/${name}`)!, cacheDir: false })
    expect((await read('bad.csv').catch((error) => error)).details.issues).toMatchObject([
      { code: 'BAD_DATE', count: 50, line: 202 },
      { code: 'PRICE_NOT_POSITIVE', count: 208, line: 356 },
    ])
    const longest = await read('longest.csv.gz')
    expect([longest.dates.length, longest.dates[0], longest.dates.at(-1)]).toEqual([
      15_821,
      '1950-01-03',
      '2012-11-15',
    ])
    expect((await read('msft.csv.gz')).dates[0]).toBe('1990-01-02')
    expect((await read('zeros.csv').catch((error) => error)).code).toBe('PRICE_NOT_POSITIVE')
    expect((await read('mismatch.csv')).symbols).toEqual(['mismatch'])
  })
})
