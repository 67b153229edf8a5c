import { describe, expect, test } from 'vitest'
import { describeDataset } from '../../src/data/describe.js'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { cli } from '../support/cli-io.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const open = (rows: readonly string[], more: object = {}) =>
  openDataset({ path: write(`s${count++}.csv`, rows), cacheDir: false, ...more })

describe('a first column without a name', () => {
  test.each([
    ['of dates is the date: a wide table', [',AAPL,MSFT', '2020-01-02,1,2', '2020-01-03,3,4']],
    [
      'of dates is the date: pandas reads it so',
      ['Unnamed: 0,AAPL,MSFT', '2020-01-02,1,2', '2020-01-03,3,4'],
    ],
    ['may be named, where it does not show it', [',AAPL,MSFT', '20200102.0,1,2'], '(unnamed)'],
  ])('%s', async (_, rows, date?: string) => {
    if (date !== undefined) {
      const error = await errorOf(open(rows, { columns: { date } }))
      expect([error.code, error.message]).toEqual([
        expect.anything(),
        expect.stringContaining("'20200102.0'"),
      ])
      return
    }
    const panel = await (await open(rows)).load()
    expect(panel.symbols).toEqual(['AAPL', 'MSFT'])
    expect([...panel.fields.get('close')!]).toEqual([1, 2, 3, 4])
  })

  test('of dates is the date of a long table, and (unnamed) names it', async () => {
    const rows = [',symbol,close', '1/2/2020,A,1', '1/13/2020,A,2']
    for (const columns of [{}, { date: '(unnamed)' }])
      expect((await open(rows, { columns })).dates).toEqual(['2020-01-02', '2020-01-13'])
  })

  test('of row numbers is left out as before, and is no date', async () => {
    const panel = await open([',date,symbol,close', '0,2020-01-02,A,1'])
    expect(panel.fields.map(({ name }) => name)).toEqual(['close'])
    const error = await errorOf(open([',Tag,symbol,close', '0,2020-01-02,A,1']))
    expect([error.code, error.hint]).toEqual([
      'DATA_NO_DATE_COLUMN',
      expect.stringContaining('--columns date=Tag'),
    ])
  })

  test('of days in another form says which, or is named by the hint in quotes', async () => {
    const error = await errorOf(open([',symbol,close', '110/01/04,A,1']))
    expect(error.hint).toContain('ROC calendar')
    const hint = (await errorOf(open(['no,trade day,close', '5,2020-01-02,1']))).hint
    expect(hint).toContain("--columns 'date=trade day'")
  })
})

test('a wide table with several fields of each symbol is refused', async () => {
  for (const header of [
    'date,AAPL close,AAPL open',
    'date,close_AAPL,open_AAPL',
    'date,MSFT.High,MSFT.Adj Close',
  ]) {
    const error = await errorOf(open([header, '2020-01-02,1,2']))
    expect(error.code).toBe('DATA_WIDE_FIELDS')
    expect(error.hint).toContain('one wide table per field')
  }
  expect((await open(['date,BRK.B,BRK.A,X.LOW', '2020-01-02,1,2,3'])).symbols).toHaveLength(3)
})

describe('groups are summed up by how many symbols have one', () => {
  const days = ['2020-01-02', '2020-01-03']
  const symbols = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']
  const prices = write('many.csv', [
    'date,symbol,close',
    ...days.flatMap((day) => symbols.map((symbol) => `${day},${symbol},1`)),
  ])
  const sectors = (given: readonly string[]) =>
    openDataset({
      path: prices,
      join: [write('sectors.csv', ['symbol,sector', ...given.map((symbol) => `${symbol},Tech`)])],
      cacheDir: false,
    })

  test('most without one are worth a warning', async () => {
    const dataset = await sectors(['A', 'B'])
    expect(describeDataset(dataset).groups).toEqual([
      { name: 'sector', labels: ['Tech'], coverage: 0.25, symbols: 2 },
    ])
    expect(dataset.issues).toMatchObject([
      { severity: 'warning', code: 'GROUP_INCOMPLETE', count: 6, symbol: 'C' },
    ])
    expect(dataset.issues[0]!.message).toBe('6 of 8 symbols have no sector: C, D, E, …')
  })

  test('data describe shows the share of symbols and cells where it is not all', async () => {
    const paths = [
      prices,
      write('s2.csv', ['symbol,sector,side', ...symbols.map((s) => `${s},${s < 'C' ? 'Tech' : ''},x`)]),
    ]
    const { stdout } = await cli(
      ['data', 'describe', ...paths.slice(0, 1), ...paths.flatMap((path) => ['--data', path])],
      {
        cwd: folder,
      },
    )
    expect(stdout).toContain('group sector (2 of 8 symbols, 25.0% of the cells with a close): Tech')
    expect(stdout).toContain('group side: x')
  })

  test('a few without one are not', async () => {
    const dataset = await sectors(symbols.slice(1))
    expect(dataset.groups).toMatchObject([{ coverage: 0.875, symbols: 7 }])
    expect(dataset.issues).toEqual([])
  })
})

describe('a table whose date has another name', () => {
  const prices = write('p.csv', ['date,symbol,close', '2020-01-02,2330,1', '2020-01-03,2330,1'])
  const join_ = (rows: readonly string[]) =>
    openDataset({ path: prices, join: [write('rev.csv', rows)], cacheDir: false })

  test('is refused with how to name it, and the day of its announcement', async () => {
    const error = await errorOf(
      join_([
        'stock_id,month,announce_date,rev',
        '2330,2019-11-30,2019-12-10,5',
        '2330,2019-12-31,2020-01-03,6',
      ]),
    )
    expect(error.code).toBe('DATA_BAD_GROUPS')
    expect(error.hint).toContain('--columns date=month,available=announce_date')
  })

  test('is a warning where each symbol has one row', async () => {
    const { issues, groups } = await join_(['stock_id,listed,sector', '2330,1994-09-05,Semi'])
    expect(groups.map(({ name }) => name)).toEqual(['listed', 'sector'])
    expect(issues).toMatchObject([{ code: 'DATES_AS_GROUP', count: 1, file: 'rev.csv' }])
    expect(issues[0]!.hint).toContain('--columns date=listed')
  })

  test('has no such advice where no column holds dates', async () => {
    const error = await errorOf(join_(['stock_id,kind', '2330,a', '2330,b']))
    expect(error.hint).toBe('each symbol has one row; groups that change need a date column')
  })

  test('is known by its name where its days are too many to be a group', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => {
      const day = new Date(Date.UTC(2018, 0, 1 + i)).toISOString().slice(0, 10)
      return `2330,${day},${i % 2}x`
    })
    expect((await errorOf(join_(['stock_id,report month,kind', ...rows]))).hint).toContain(
      "--columns 'date=report month'",
    )
  })
})

test('symbols that differ by zeros in front alone are worth a warning', async () => {
  const { issues } = await open([
    'date,symbol,close',
    '2020-01-02,0050,1',
    '2020-01-02,50,1',
    '2020-01-02,2330,1',
  ])
  expect(issues).toMatchObject([
    {
      severity: 'warning',
      code: 'SYMBOL_ZEROS',
      count: 1,
      symbol: '50',
      examples: [{ detail: 'beside 0050' }],
    },
  ])
})

describe('a date far behind all others', () => {
  const rows = ['2020-01-02,A,1', '2020-01-03,A,1', '2020-01-06,A,1', '2020-01-07,A,1']
  const codes = async (more: readonly string[]) => {
    const { issues } = await open(['date,symbol,close', ...rows, ...more])
    return issues.filter(({ code }) => code === 'DATE_FAR_AHEAD')
  }

  test('is worth a warning with its line', async () => {
    expect(await codes(['2062-01-08,A,1'])).toMatchObject([
      { count: 1, symbol: 'A', date: '2062-01-08', line: 6 },
    ])
  })

  test('is none where it is near, or where as many follow as came before', async () => {
    expect(await codes(['2020-12-30,A,1'])).toEqual([])
    const back = ['2022-01-03', '2022-01-04', '2022-01-05', '2022-01-06', '2022-01-07']
    expect(await codes(back.map((day) => `${day},A,1`))).toEqual([])
  })
})

test('a universe none of whose members has prices is refused', async () => {
  const path = write('u-prices.csv', ['date,symbol,close', '2020-01-02,0050,1'])
  const universe = [write('top.csv', ['symbol,from,to', '50,2020-01-01,', '51,2020-01-01,'])]
  const error = await errorOf(openDataset({ path, universe, cacheDir: false }))
  expect([error.kind, error.code]).toEqual(['data', 'DATA_JOIN_NOTHING_MATCHES'])
  expect(error.message).toContain('no member of top.csv has prices: it has 50, 51, the prices have 0050')
})

test('the header of a table of tickers is said in the order of the guide', async () => {
  const path = write('r-prices.csv', ['date,symbol,close', '2020-01-02,A,1'])
  const error = await errorOf(openDataset({ path, renames: write('r.csv', ['x,y', '1,2']), cacheDir: false }))
  expect(error.hint).toContain('file,date,ticker')
})
