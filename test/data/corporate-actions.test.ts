import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { FileDataOptions } from '../../src/data/dataset.js'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { sharedData } from '../support/shared-data.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
const _ = Number.NaN

describe('a table of factors', () => {
  const prices = write('raw.csv', [
    'date,symbol,open,high,low,close,volume',
    '2020-01-02,A,100,110,90,100,10',
    '2020-01-03,A,100,110,90,100,10',
    '2020-01-06,A,25,30,20,25,40',
    '2020-01-07,A,25,30,20,26,40',
    '2020-01-02,B,5,5,5,5,1',
  ])
  const rows = [
    'symbol,date,price_factor,split_factor',
    'A,2020-01-06,0.5,1',
    'A,2020-01-03,0.4,0.25',
    'A,2050-12-31,1,1',
  ]
  const open = (factors: readonly string[], more: Partial<FileDataOptions> = {}) =>
    openDataset({ path: prices, adjustments: write('factors.csv', factors), cacheDir: false, ...more })
  const fieldsOf = async (factors: readonly string[], more: Partial<FileDataOptions> = {}) => {
    const panel = await (await open(factors, more)).load()
    const width = panel.symbols.length
    return Object.fromEntries(
      [...panel.fields].map(([name, values]) => [
        name,
        [...values].filter((_value, cell) => cell % width === 0),
      ]),
    )
  }

  test('scales a bar by the first row dated on or after it, volume by the split alone', async () => {
    const { open: opens, close, rawClose, volume, dollarVolume } = await fieldsOf(rows)
    expect(close).toEqual([10, 10, 12.5, 26])
    expect(opens).toEqual([10, 10, 12.5, 25])
    expect(rawClose).toEqual([100, 100, 25, 26])
    expect(volume).toEqual([40, 40, 40, 40])
    expect(dollarVolume).toEqual([1000, 1000, 1000, 1040])
  })

  test('may have one column of factors, and may end before the prices do', async () => {
    const { close, volume } = await fieldsOf(['symbol,date,factor', 'A,2020-01-03,0.25'])
    expect([close, volume]).toEqual([
      [25, 25, 25, 26],
      [10, 10, 40, 40],
    ])
  })

  test('leaves symbols without a row as they are, and says which', async () => {
    const { issues, tables } = await open(rows)
    expect(issues.filter(({ code }) => code === 'NOT_ADJUSTED').map(({ message }) => message)).toEqual([
      '1 symbol has no row in factors.csv: B (their prices are as they were)',
    ])
    expect(tables.at(-1)).toEqual({ name: 'factors.csv', kind: 'adjustments', rows: 3, used: 3, fields: [] })
  })

  test('is not applied to prices that are to stay unadjusted', async () => {
    const { close, rawClose } = await fieldsOf(rows, { unadjusted: true })
    expect([close, rawClose]).toEqual([[100, 100, 25, 26], undefined])
  })

  test('and an adj_close would adjust twice', async () => {
    const path = write('adjusted.csv', ['date,symbol,close,adj_close', '2020-01-02,A,1,1'])
    const adjustments = write('factors.csv', rows)
    const error = await errorOf(openDataset({ path, adjustments, cacheDir: false }))
    expect([error.exitCode, error.code]).toEqual([3, 'DATA_TWO_ADJUSTMENTS'])
    expect(
      (await readPanel({ path, adjustments, unadjusted: true, cacheDir: false })).fields.has('adj_close'),
    ).toBe(true)
  })

  test('takes a split out of the moves that are warned about', async () => {
    const codes = async (factors: readonly string[]) => (await open(factors)).issues.map(({ code }) => code)
    expect(await codes(['symbol,date,factor', 'A,2020-01-03,0.25'])).not.toContain('LARGE_MOVE')
    expect(await codes(['symbol,date,factor', 'A,2050-12-31,1'])).toContain('LARGE_MOVE')
  })

  test.each([
    ['a factor is empty, 0 or below', 'A,2020-01-07,0,1'],
    ['a factor is empty, 0 or below', 'A,2020-01-07,1,'],
    ["price_factor is 'x'", 'A,2020-01-07,x,1'],
    ["date is 'soon'", 'A,soon,1,1'],
    ['the date is empty', 'A,,1,1'],
    ['the symbol is empty', ',2020-01-07,1,1'],
    ['2020-01-06 has other factors in line 2', 'A,2020-01-06,0.6,1'],
  ])('with a row that cannot be used is refused: %s', async (says, row) => {
    const error = await errorOf(open([...rows, row]))
    expect([error.exitCode, error.code]).toEqual([3, 'DATA_BAD_FACTORS'])
    expect(error.message).toContain(says)
    expect(error.message).toContain('line 5')
  })

  test('without factors is refused, and so is one without days', async () => {
    expect((await errorOf(open(['symbol,date,x', 'A,2020-01-01,1']))).message).toContain(
      'no price_factor and no split_factor',
    )
    expect((await errorOf(open(['symbol,factor', 'A,1']))).message).toContain("no column 'date'")
  })
})

describe('a table of tickers', () => {
  const bars = (ticker: string, ...days: number[]) =>
    days.map((day) => `2020-01-${String(day).padStart(2, '0')},${ticker},${day}`)
  const open = (rows: readonly string[], renames: readonly string[]) =>
    openDataset({
      path: write('bars.csv', ['date,symbol,close', ...rows]),
      renames: write('map.csv', renames),
      cacheDir: false,
    })
  const HEADER = 'file,date,ticker'

  test('stitches the bars of a company, and leaves out those of others who had its ticker', async () => {
    const dataset = await open(
      [...bars('WM', 1, 2, 3, 6, 7), ...bars('WMI', 2, 3), ...bars('SPY', 2, 6)],
      [HEADER, 'WM,2050-12-31,WM', 'WM,2020-01-02,WMI', 'WM,2020-01-03,WMI'],
    )
    const panel = await dataset.load()
    expect(panel.symbols).toEqual(['SPY', 'WM'])
    expect(panel.dates).toEqual(['2020-01-02', '2020-01-03', '2020-01-06', '2020-01-07'])
    expect([...panel.fields.get('close')!]).toEqual([2, 2, _, 3, 6, 6, _, 7])
    expect(dataset.rows).toEqual({ read: 9, kept: 6 })
    expect(
      dataset.issues.filter(({ code }) => code.startsWith('TICKER')).map(({ message }) => message),
    ).toEqual([
      '3 bars of 1 ticker on days when map.csv gives the ticker to nobody: line 2: WM (these bars were left out)',
      '1 ticker is not in map.csv: SPY (their bars keep their names)',
    ])
    expect(dataset.tables.at(-1)).toEqual({ name: 'map.csv', kind: 'renames', rows: 3, used: 3, fields: [] })
  })

  test('parts the companies that had one ticker after the other', async () => {
    const panel = await (
      await open(bars('FB', 1, 2, 6, 7), [
        HEADER,
        'FB.1,2020-01-01,FB',
        'FB.1,2020-01-03,FB',
        'FB,2020-01-07,FB',
        'FB,2050-12-31,FB',
      ])
    ).load()
    expect(panel.symbols).toEqual(['FB', 'FB.1'])
    // The day 6 is nobody's.
    expect(panel.dates).toEqual(['2020-01-01', '2020-01-02', '2020-01-07'])
    expect([...panel.fields.get('close')!]).toEqual([_, 1, _, 2, 7, _])
  })

  test('may give the first day and the last of each spell', async () => {
    const panel = await (
      await open(bars('X', 1, 2, 3), [
        'entity,ticker,from,to',
        'New,X,2020-01-03,',
        'Old,X,2019-01-01,2020-01-01',
      ])
    ).load()
    expect([panel.symbols, panel.dates]).toEqual([
      ['New', 'Old'],
      ['2020-01-01', '2020-01-03'],
    ])
  })

  test('a ticker that only names a company elsewhere is nobody’s', async () => {
    const dataset = await open(
      [...bars('OLD', 1), ...bars('NEW', 1)],
      [HEADER, 'NEW,2020-01-01,OLD', 'NEW,2020-01-01,OLD'],
    )
    const panel = await dataset.load()
    expect([panel.symbols, [...panel.fields.get('close')!]]).toEqual([['NEW'], [1]])
    expect(dataset.issues.map(({ code }) => code)).toEqual(['TICKER_UNCLAIMED'])
  })

  test('works on a folder of one file a ticker, whose lines are still named', async () => {
    const path = join(folder, 'tickers')
    mkdirSync(path)
    const inside = writer(path)
    inside('WM.csv', [
      'date,close,sector,available,eps',
      '2020-01-01,1,Bank,,',
      '2020-01-06,3.5,Waste,2020-01-07,5',
      '2020-01-07,4,Waste,,',
    ])
    inside('WMI.csv', [
      'date,close,sector,available,eps',
      '2020-01-02,2.5,Waste,,',
      '2020-01-03,3,Waste,2020-01-02,4',
    ])
    const renames = write('map.csv', [HEADER, 'WM,2020-01-02,WMI', 'WM,2020-01-03,WMI', 'WM,2050-12-31,WM'])
    const dataset = await openDataset({ path, renames, cacheDir: false })
    const panel = await dataset.load()
    expect([panel.symbols, [...panel.fields.get('close')!]]).toEqual([['WM'], [2.5, 3, 3.5, 4]])
    expect([...panel.fields.get('eps')!]).toEqual([_, 4, 4, 5])
    expect(panel.groups.get('sector')!.labels).toEqual(['Waste'])
    expect(dataset.issues.map(({ code, file, line }) => [code, file, line])).toEqual([
      ['TICKER_UNCLAIMED', 'WM.csv', 2],
    ])
    inside('WMI.csv', ['date,close,sector,available,eps', '2020-01-02,x,Waste,,', '2020-01-03,3,Waste'])
    const error = await errorOf(openDataset({ path, renames, cacheDir: false }))
    expect(error.message).toContain("WMI.csv line 2: WM 2020-01-02 – close is 'x'")
    expect(error.message).toContain('WMI.csv line 3: WM 2020-01-03 – 3 cells, the header has 5')
  })

  test('may say the same of a company twice, and one spell may lie inside another', async () => {
    const rows = ['entity,ticker,from,to', 'N,X,2020-01-01,2020-01-09', 'N,X,2020-01-02,2020-01-03']
    const panel = await (await open(bars('X', 1, 3, 6), rows)).load()
    expect([panel.symbols, panel.dates.length]).toEqual([['N'], 3])
    const error = await errorOf(open(bars('X', 1), [...rows, 'M,X,2020-01-05,2020-01-06']))
    expect(error.message).toContain('X is N until 2020-01-09 and M from 2020-01-05')
  })

  test('keeps bad rows of the prices where they are told', async () => {
    const error = await errorOf(
      open(
        ['soon,WM,1', '2020-01-02,WM,x', ',WM,1', '2020-01-02,,1', ...bars('WM', 3)],
        [HEADER, 'W,2020-01-01,WM', 'W,2050-12-31,WM'],
      ),
    )
    expect(error.message).toContain("line 2: WM – the date is 'soon'")
    expect(error.message).toContain("line 3: W 2020-01-02 – close is 'x'")
    expect(error.message).toContain('line 5: 2020-01-02 – the symbol is empty')
  })

  test.each([
    ['WM is W until 2050-12-31 and V from 2020-01-05', ['V,2020-01-05,WM', 'V,2021-01-01,WM']],
    ['the company is empty', [',2020-01-05,WM']],
    ['the ticker is empty', ['V,2020-01-05,']],
    ['the date is empty', ['V,,X']],
    ["date is 'soon'", ['V,soon,X']],
  ])('with a row that cannot be used is refused: %s', async (says, rows) => {
    const error = await errorOf(open(bars('WM', 1), [HEADER, 'W,2020-01-01,WM', 'W,2050-12-31,WM', ...rows]))
    expect([error.exitCode, error.code]).toEqual([3, 'DATA_BAD_RENAMES'])
    expect(error.message).toContain(says)
  })

  test('with a spell that ends before it begins, or begins nowhere, is refused', async () => {
    const error = await errorOf(
      open(bars('X', 1), ['entity,ticker,from,to', 'N,X,2020-01-03,2020-01-02', 'N,X,,']),
    )
    expect(error.message).toContain('line 2: N – from 2020-01-03 lies after 2020-01-02')
    expect(error.message).toContain('line 3: N – from is empty')
  })
})

const raw = sharedData('us-lean-daily/us_equity_daily_raw.csv.gz')
describe.skipIf(!raw)('real bars with their factors and tickers (needs the shared data)', async () => {
  if (!raw) return
  const dataset = await openDataset({
    path: raw,
    adjustments: sharedData('us-lean-daily/factor_files.csv')!,
    renames: sharedData('us-lean-daily/map_files.csv')!,
    cacheDir: false,
  })
  const panel = await dataset.load()
  const text = gunzipSync(readFileSync(raw)).toString('utf8').trim().split('\n').slice(1)
  const rawBars = new Map(
    text.map((line) => line.split(',')).map((cells) => [`${cells[0]} ${cells[1]}`, cells]),
  )
  const at = (name: string, symbol: string, date: string) =>
    panel.fields.get(name)![panel.dates.indexOf(date) * panel.symbols.length + panel.symbols.indexOf(symbol)]!
  const returnOn = (symbol: string, date: string) => {
    const before = panel.dates[panel.dates.indexOf(date) - 1]!
    return at('close', symbol, date) / at('close', symbol, before) - 1
  }
  const rawReturnOn = (symbol: string, date: string) => {
    const before = panel.dates[panel.dates.indexOf(date) - 1]!
    return Number(rawBars.get(`${symbol} ${date}`)![5]) / Number(rawBars.get(`${symbol} ${before}`)![5]) - 1
  }
  const lifeOf = (symbol: string) => {
    const days = panel.dates.filter((date) => !Number.isNaN(at('close', symbol, date)))
    return [days.length, days[0], days.at(-1)]
  }

  test.each([
    ['AAPL', '2000-06-21', 2],
    ['AAPL', '2005-02-28', 2],
    ['AAPL', '2014-06-09', 7],
    ['AAPL', '2020-08-31', 4],
    ['BAC', '2004-08-30', 2],
    ['AIG', '2009-07-01', 1 / 20],
    ['USO', '2020-04-29', 1 / 8],
    ['IBM', '1999-05-27', 2],
    ['IWM', '2005-06-09', 2],
    ['EEM', '2008-07-24', 3],
    ['QQQ', '2000-03-20', 2],
  ])(
    '%s splits on %s by %d: its return is that of one bar, and the raw one is not',
    (symbol, date, ratio) => {
      const [plain, own] = [rawReturnOn(symbol, date), returnOn(symbol, date)]
      expect(own).toBeCloseTo((1 + plain) * ratio - 1, 2)
      expect(Math.abs(own)).toBeLessThan(0.21)
      expect(Math.abs(plain)).toBeGreaterThan(0.4)
    },
  )

  test('raw closes stay, and traded value is that of the day', () => {
    const [, , , , , close, volume] = rawBars.get('AAPL 2000-06-20')!
    expect(at('rawClose', 'AAPL', '2000-06-20')).toBe(Number(close))
    expect(at('dollarVolume', 'AAPL', '2000-06-20')).toBe(Number(close) * Number(volume))
    expect(at('volume', 'AAPL', '2000-06-20') / Number(volume)).toBeCloseTo(2 * 2 * 7 * 4, 3)
  })

  test('every price is raw × the factors of the first row dated on or after the bar, row by row', () => {
    const factors = new Map<string, string[][]>()
    const lines = readFileSync(sharedData('us-lean-daily/factor_files.csv')!, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
    for (const cells of lines.map((line) => line.split(',')))
      factors.set(cells[0]!, [...(factors.get(cells[0]!) ?? []), cells])
    let compared = 0
    for (const symbol of ['AAPL', 'BAC', 'IBM'])
      for (const [t, date] of panel.dates.entries()) {
        if (symbol === 'BAC' && date <= '1998-09-30') continue
        const row = factors.get(symbol)!.find((cells) => cells[1]! >= date)!
        const bar = rawBars.get(`${symbol} ${date}`)!
        const cell = t * panel.symbols.length + panel.symbols.indexOf(symbol)
        for (const [k, name] of ['open', 'high', 'low', 'close'].entries()) {
          const expected = Number(bar[2 + k]) * (Number(row[2]) * Number(row[3]))
          if (panel.fields.get(name)![cell] !== expected)
            expect([symbol, date, name, panel.fields.get(name)![cell]]).toEqual([
              symbol,
              date,
              name,
              expected,
            ])
          compared++
        }
      }
    expect(compared).toBe(4 * (5849 * 3 - panel.dates.filter((date) => date <= '1998-09-30').length))
  })

  test('dividends are in the returns: IBM pays on 2020-02-07', () => {
    // 1.62 a share on a close near 156.7, so about 1%.
    expect(returnOn('IBM', '2020-02-07') - rawReturnOn('IBM', '2020-02-07')).toBeCloseTo(1.62 / 156.73, 3)
  })

  test('each company has its own bars and none of another that had its ticker', () => {
    expect(lifeOf('WM')).toEqual([5849, '1998-01-02', '2021-03-31'])
    expect(at('rawClose', 'WM', '1998-07-16')).toBe(Number(rawBars.get('UW 1998-07-16')![5]))
    expect(at('rawClose', 'WM', '1998-07-17')).toBe(Number(rawBars.get('WMI 1998-07-17')![5]))
    expect(at('rawClose', 'WM', '2009-08-04')).toBe(Number(rawBars.get('WMI 2009-08-04')![5]))
    expect(at('rawClose', 'WM', '2009-08-05')).toBe(Number(rawBars.get('WM 2009-08-05')![5]))
    expect(lifeOf('FB')[1]).toBe('2012-05-18')
    expect(lifeOf('FB.1').slice(1)).toEqual(['1999-09-29', '2003-03-28'])
    expect(lifeOf('USO')[1]).toBe('2006-04-10')
    expect(lifeOf('BNO')[1]).toBe('2010-06-02')
    expect(lifeOf('EEM')[1]).toBe('2003-04-11')
    expect(lifeOf('AAA')[1]).toBe('2020-09-09')
    expect(lifeOf('BAC')[1]).toBe('1998-10-01')
    expect(lifeOf('GOOGL')).toEqual([4183, '2004-08-19', '2021-03-31'])
    expect(lifeOf('GOOG').slice(1)).toEqual(['2014-03-27', '2021-03-31'])
    expect(panel.symbols).not.toContain('WMI')
    expect(panel.symbols).not.toContain('UW')
    const inHole = panel.dates.filter((date) => date > '2004-11-30' && date <= '2011-03-22')
    expect(inHole.every((date) => Number.isNaN(at('close', 'QQQ', date)))).toBe(true)
    expect(at('rawClose', 'QQQ', '2011-03-23')).toBe(Number(rawBars.get('QQQ 2011-03-23')![5]))
  })

  test('what was read, left out and stitched adds up', () => {
    const kept = panel.fields.get('close')!.reduce((n, value) => n + (Number.isNaN(value) ? 0 : 1), 0)
    expect(dataset.rows).toEqual({ read: 70_025, kept })
    const unclaimed = dataset.issues.find(({ code }) => code === 'TICKER_UNCLAIMED')!
    expect(unclaimed.message).toMatch(/^4 615 bars of 5 tickers/)
    expect(kept).toBe(70_025 - 4_615)
  })
})
