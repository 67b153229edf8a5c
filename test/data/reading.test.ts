import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DataOptions } from '../../src/data/dataset.js'
import type { Panel } from '../../src/data/panel.js'
import { convertData } from '../../src/data/sources/commands.js'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { writeTable } from '../../src/data/sources/write-table.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const fresh = (ending = '.csv') => `table${count++}${ending}`
const read = (path: string, more: Partial<DataOptions> = {}): Promise<Panel> =>
  readPanel({ path, cacheDir: false, ...more } as DataOptions)
const readRows = (rows: readonly string[], more: Partial<DataOptions> = {}) =>
  read(write(fresh(), rows), more)
const column = (panel: Panel, name: string) => [...panel.fields.get(name)!]

describe('a long table becomes a panel', () => {
  test('dates ascend, symbols ascend by code unit, and what is not there is missing', async () => {
    const panel = await readRows([
      'symbol,date,close,Volume',
      'b,2020-01-03,2,20',
      'B,2020-01-02,1,',
      'a,2020-01-02,3,30',
    ])
    expect(panel.dates).toEqual(['2020-01-02', '2020-01-03'])
    expect(panel.symbols).toEqual(['B', 'a', 'b'])
    expect(column(panel, 'close')).toEqual([1, 3, Number.NaN, Number.NaN, Number.NaN, 2])
    expect(column(panel, 'volume')).toEqual([Number.NaN, 30, Number.NaN, Number.NaN, Number.NaN, 20])
  })

  test('symbols are texts: zeros stay, and NA, NAN, TRUE and BRK.B are symbols', async () => {
    const names = ['0050', '1e5', 'BRK.B', 'NA', 'NAN', 'TRUE', 'null', '台積電']
    const panel = await readRows(['stock_id,date,close', ...names.map((name) => `${name},2020-01-02,1`)])
    expect(panel.symbols).toEqual(names)
  })

  test('other numeric columns are fields as written, texts with few values are groups', async () => {
    const panel = await readRows([
      'date,symbol,close,PE ratio,Sector,isin',
      '2020-01-02,A,1,10.5,"Oil, gas",3',
      '2020-01-02,B,1,,Tech,',
      '2020-01-03,B,1,-7,,',
    ])
    expect([...panel.fields.keys()]).toEqual(['close', 'PE ratio', 'isin'])
    expect(column(panel, 'PE ratio')).toEqual([10.5, Number.NaN, Number.NaN, -7])
    const sector = panel.groups.get('Sector')!
    expect(sector.labels).toEqual(['Oil, gas', 'Tech'])
    expect([...sector.codes]).toEqual([0, 1, -1, -1])
  })

  test('a text column with too many values is left out, and the issues say so', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => `2020-01-02,S${i},1,note ${i}`)
    const dataset = await openDataset({
      path: write(fresh(), ['date,symbol,close,note', ...rows]),
      cacheDir: false,
    })
    expect(dataset.groups).toEqual([])
    expect(dataset.issues.map(({ code }) => code)).toEqual(['TEXT_COLUMN_IGNORED'])
  })

  test('columns are named where their names do not say it', async () => {
    const panel = await readRows(['Day;Code2;Last', '2020-01-02;A;1,5'.replace(',', '.')], {
      columns: { date: 'Day', symbol: 'Code2', close: 'Last' },
    })
    expect(panel.symbols).toEqual(['A'])
    expect(column(panel, 'close')).toEqual([1.5])
  })

  test('a table without a symbol column is one series, called after its file', async () => {
    const panel = await read(
      write('BTC-USD.csv', ['\ufefftimestamp,Close', '1577923200,7200', '1578009600000,6985']),
    )
    expect(panel.symbols).toEqual(['BTC-USD'])
    expect(panel.dates).toEqual(['2020-01-02', '2020-01-03'])
  })

  test('in a folder each file is a symbol, unless a column says so', async () => {
    const path = join(folder, 'many')
    mkdirSync(path)
    const put = writer(path)
    put('0050.csv', ['date,close,volume', '2020-01-02,1,5'])
    put('MSFT.tsv', ['Date\tClose\tpe', '2020-01-03\t2\t30'])
    put('rest.csv.gz', gzipSync('date,ticker,close\n2020-01-02,X,3\n'))
    put('notes.md', 'nothing')
    const panel = await read(path)
    expect(panel.symbols).toEqual(['0050', 'MSFT', 'X'])
    expect(column(panel, 'close')).toEqual([1, Number.NaN, 3, Number.NaN, 2, Number.NaN])
    expect(column(panel, 'pe')[4]).toBe(30)
    put('bad.csv', ['date,close', 'x,1'])
    const error = await errorOf(read(path))
    expect(error.message).toContain('bad.csv line 2')
  })

  test.each([
    ['2020-03-04', '2020-03-04'],
    ['2020/3/4', '2020-03-04'],
    ['20200304', '2020-03-04'],
    ['2020-03-04T16:00:00Z', '2020-03-04'],
    ['2020-03-04 23:30:00-05:00', '2020-03-04'],
    ['3/25/2020', '2020-03-25'],
    ['25/3/2020', '2020-03-25'],
    ['03/25/20', '2020-03-25'],
    ['4.3.2020', '2020-03-04'],
    ['1583280000', '2020-03-04'],
    ['1583280000000', '2020-03-04'],
  ])('the date %s is the day %s', async (written, day) => {
    expect((await readRows(['date,close', `${written},1`])).dates).toEqual([day])
  })

  test('one date with a number above 12 says for its whole column which number is the month', async () => {
    expect((await readRows(['date,close', '3/4/2020,1', '13/4/2020,1'])).dates).toEqual([
      '2020-04-03',
      '2020-04-13',
    ])
    expect((await readRows(['date,close', '3/4/2020,1', '4/13/2020,1'])).dates).toEqual([
      '2020-03-04',
      '2020-04-13',
    ])
    expect((await errorOf(readRows(['date,close', '13/4/2020,1', '4/13/2020,1']))).code).toBe('BAD_DATE')
  })

  test('numbers are the doubles nearest to what is written, however it is written', async () => {
    const texts = [
      '0.1',
      '.5',
      '5.',
      '+3',
      '1e-3',
      '123456789012345678',
      '0.30000000000000004',
      '"7.25"',
      ' 8 ',
      '1E2',
    ]
    const rows = texts.map((text, i) => `2020-01-${String(i + 1).padStart(2, '0')},${text}`)
    const panel = await readRows(['date,close', ...rows])
    expect(column(panel, 'close')).toEqual(texts.map((text) => Number(text.replaceAll('"', ''))))
  })

  test('every finite double is read back as itself', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.double({ noNaN: true, noDefaultInfinity: true }),
            // Prices as they are mostly written: few digits, which take the fast way.
            fc
              .tuple(fc.integer(), fc.nat({ max: 8 }))
              .map(([digits, decimals]) => Number(`${digits}e-${decimals}`)),
          ),
          { minLength: 1, maxLength: 50 },
        ),
        async (values) => {
          const rows = values.map((value, i) => `2020-01-02,S${String(i).padStart(3, '0')},1,${value}`)
          const panel = await readRows(['date,symbol,close,x', ...rows])
          expect(column(panel, 'x')).toEqual(values.map((value) => (value === 0 ? 0 : value)))
        },
      ),
      { seed: 11, numRuns: 40 },
    )
  })

  test('quoted cells may hold the delimiter, quotes and line breaks; later line numbers stay right', async () => {
    const path = write(
      fresh(),
      'date,symbol,close,note\r\n2020-01-02,"A ""x""",1,"two\nlines"\r\n\r\n2020-01-03,A,bad,\r\n',
    )
    const error = await errorOf(read(path))
    expect(error.message).toContain('line 5: A 2020-01-03')
    const panel = await read(path, { onBadRows: 'drop' })
    expect(panel.symbols).toEqual(['A "x"'])
    expect(panel.groups.get('note')!.labels).toEqual(['two\nlines'])
  })
})

describe('adj_close', () => {
  const rows = [
    'date,open,high,low,close,Adj Close,volume',
    '2020-01-02,8,12,6,10,5,100',
    '2020-01-03,5,6,4,5,5,200',
  ]
  test('scales open, high, low and close, and the close as it was stays as rawClose', async () => {
    const panel = await readRows(rows)
    expect([...panel.fields.keys()]).toEqual(['open', 'high', 'low', 'close', 'volume', 'rawClose'])
    expect(
      ['open', 'high', 'low', 'close', 'rawClose', 'volume'].map((name) => column(panel, name)[0]),
    ).toEqual([4, 6, 3, 5, 10, 100])
  })
  test('is an ordinary field where prices are to stay unadjusted', async () => {
    const panel = await readRows(rows, { unadjusted: true })
    expect(column(panel, 'close')).toEqual([10, 5])
    expect(column(panel, 'adj_close')).toEqual([5, 5])
  })
  test('a bar without it has no adjusted prices, and a warning says so', async () => {
    const dataset = await openDataset({
      path: write(fresh(), [...rows, '2020-01-06,5,6,4,5,,1']),
      cacheDir: false,
    })
    expect(dataset.issues.map(({ code, date }) => [code, date])).toContainEqual([
      'ADJ_CLOSE_MISSING',
      '2020-01-06',
    ])
    expect(column(await dataset.load(), 'close')[2]).toBeNaN()
  })
})

describe('the order and the form of a table do not change the panel', () => {
  const cell = fc.option(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { nil: undefined, freq: 5 })
  const table = fc.uniqueArray(
    fc.record({
      day: fc.integer({ min: 1, max: 28 }),
      symbol: fc.constantFrom('A', 'B', '0050', 'NA', 'C "d", e'),
      close: cell,
      volume: cell,
      pe: cell,
      sector: fc.constantFrom('Tech', 'Oil', ''),
    }),
    { minLength: 1, maxLength: 40, selector: ({ day, symbol }) => `${day} ${symbol}` },
  )
  type Row = {
    day: number
    symbol: string
    close?: number | undefined
    volume?: number | undefined
    pe?: number | undefined
    sector: string
  }
  const NAMES = ['date', 'symbol', 'close', 'volume', 'pe', 'sector'] as const
  const quote = (text: string) => (/[",\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const asText = (rows: readonly Row[], names: readonly (typeof NAMES)[number][], sign: string) =>
    [
      names.join(sign),
      ...rows.map((row) =>
        names
          .map((name) =>
            name === 'date' ? `2020-01-${String(row.day).padStart(2, '0')}` : quote(String(row[name] ?? '')),
          )
          .join(sign),
      ),
    ].join('\n')

  test('any permutation of rows and columns gives the same hash', async () => {
    await fc.assert(
      fc.asyncProperty(
        table.chain((rows) =>
          fc.record({
            rows: fc.constant(rows),
            shuffled: fc.shuffledSubarray(rows, { minLength: rows.length }),
            names: fc.shuffledSubarray([...NAMES], { minLength: NAMES.length }),
          }),
        ),
        async ({ rows, shuffled, names }) => {
          const one = await read(write(fresh(), asText(rows, NAMES, ',')))
          const other = await read(write(fresh(), asText(shuffled, names, ',')))
          expect(other.hash).toBe(one.hash)
        },
      ),
      { seed: 12, numRuns: 60 },
    )
  })

  test('CSV, CSV.gz, TSV and Parquet agree, and converting keeps the hash', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const text = asText(rows, NAMES, ',')
        const one = await read(write(fresh(), text))
        expect((await read(write(fresh('.csv.gz'), gzipSync(text)))).hash).toBe(one.hash)
        expect((await read(write(fresh('.tsv'), asText(rows, NAMES, '\t')))).hash).toBe(one.hash)
        for (const ending of ['.csv', '.tsv.gz', '.parquet']) {
          const path = join(folder, fresh(ending))
          await writeTable(one, path)
          const again = await read(path)
          expect([...again.fields.keys()].sort()).toEqual([...one.fields.keys()].sort())
          expect(again.hash).toBe(one.hash)
        }
      }),
      { seed: 13, numRuns: 6 },
    )
  })

  test('convert says what it wrote and refuses an ending that it does not know', async () => {
    const path = write(fresh(), ['date,symbol,close', '2020-01-02,B,1', '2020-01-02,A,2'])
    const out = join(folder, 'deep', 'out.csv')
    const converted = await convertData({ path, cacheDir: false }, out)
    expect(converted).toMatchObject({
      rows: 2,
      bars: 1,
      symbols: 2,
      format: '.csv',
      hash: (await read(out)).hash,
    })
    expect((await errorOf(convertData({ path, cacheDir: false }, join(folder, 'out.xls')))).code).toBe(
      'OUTPUT_FORMAT',
    )
  })
})
