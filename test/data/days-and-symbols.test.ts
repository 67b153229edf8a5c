import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDates } from '../../src/data/dates.js'
import { convertData } from '../../src/data/sources/commands.js'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { openDuckDb, sqlText } from '../../src/data/sources/parquet.js'
import { temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
const NAMES = ['0050', '1e5', 'BRK.B', 'INF', 'NA', 'TRUE']

async function parquet(name: string, query: string): Promise<string> {
  const path = join(folder, name)
  const { connection, close } = await openDuckDb()
  try {
    await connection.run(`COPY (${query}) TO ${sqlText(path)} (FORMAT parquet)`)
  } finally {
    close()
  }
  return path
}

describe('the day of a bar', () => {
  test.each([
    ['2020-01-02T16:00:00-05:00', '2020-01-02'],
    ['2020-01-02T23:59:59.999+09:00', '2020-01-02'],
    ['2020-01-02 00:00:00+00:00', '2020-01-02'],
    ['2020-01-02 00:00:00-05:00', '2020-01-02'],
    ['2020-01-02T21:00:00Z', '2020-01-02'],
    ['2020-01-02 16:00', '2020-01-02'],
    ['20200102', '2020-01-02'],
    ['1577923199', '2020-01-01'],
    ['1577923200', '2020-01-02'],
    ['1577923200000', '2020-01-02'],
    ['1578009599999', '2020-01-02'],
    ['1577923200000000', '2020-01-02'],
    ['1577923200000000000', '2020-01-02'],
    ['1577923200.0', '2020-01-02'],
    ['2020-01-02T25:00', undefined],
    ['2020-01-02T10:75', undefined],
    ['2020-01-02T10:00+5', undefined],
    ['2020-02-30T10:00Z', undefined],
  ])('%s is %s', (text, day) => {
    expect(readDates([text]).days).toEqual([day])
  })

  test('is the one written, in one zone or in several, and several are a warning', async () => {
    const open = (...dates: string[]) =>
      openDataset({
        path: write('zones.csv', ['date,close', ...dates.map((date) => `${date},1`)]),
        cacheDir: false,
      })
    const mixed = await open('2020-01-02T16:00:00-05:00', '2020-01-03 21:00:00+00:00', '2020-01-06 16:00')
    expect(mixed.dates).toEqual(['2020-01-02', '2020-01-03', '2020-01-06'])
    expect(mixed.issues.map(({ code, count }) => [code, count])).toEqual([['MIXED_TIME_ZONES', 3]])
    const one = await open('2020-01-02T16:00:00-05:00', '2020-01-03T16:00:00-05:00')
    expect(one.issues).toEqual([])
  })

  test('in Parquet is that of a date, of a local time, or of the UTC time that stands for a zoned one', async () => {
    const path = await parquet(
      'moments.parquet',
      "SELECT * FROM (VALUES (TIMESTAMP '2020-01-02 16:00:00', 1.0), (TIMESTAMP '2020-01-03 00:00:00', 2.0)) t(date, close)",
    )
    expect((await readPanel({ path, cacheDir: false })).dates).toEqual(['2020-01-02', '2020-01-03'])
    const zoned = await parquet(
      'zoned.parquet',
      "SELECT * FROM (VALUES (TIMESTAMPTZ '2020-01-02 23:00:00+00', 1.0), (TIMESTAMPTZ '2020-01-03 23:00:00+00', 2.0)) t(date, close)",
    )
    expect((await readPanel({ path: zoned, cacheDir: false })).dates).toEqual(['2020-01-02', '2020-01-03'])
  })

  test('of an announcement in Parquet is the day of a local time, and the day after a moment in UTC', async () => {
    const path = write('p.csv', ['date,symbol,close', ...[4, 5, 6].map((day) => `2020-05-0${day},A,1`)])
    const known = async (name: string, type: string) => {
      const table = await parquet(
        name,
        `SELECT 'A' AS symbol, DATE '2020-03-31' AS date, ${type} '2020-05-04 13:00:00' AS available, 7.0 AS eps`,
      )
      return [...(await readPanel({ path, join: [table], cacheDir: false })).fields.get('eps')!]
    }
    expect(await known('local.parquet', 'TIMESTAMP')).toEqual([7, 7, 7])
    expect(await known('utc.parquet', 'TIMESTAMPTZ')).toEqual([Number.NaN, 7, 7])
  })
})

describe('symbols stay as they are written', () => {
  const rows = NAMES.map((name, i) => `2020-01-02,${name},${i + 1}`)

  test('in a long table, and through each form that it is converted to and back', async () => {
    const path = write('long.csv', ['date,symbol,close', ...rows])
    const panel = await readPanel({ path, cacheDir: false })
    expect(panel.symbols).toEqual(NAMES)
    for (const ending of ['csv', 'csv.gz', 'tsv', 'parquet']) {
      const out = join(folder, `converted.${ending}`)
      await convertData({ path, cacheDir: false }, out)
      expect((await readPanel({ path: out, cacheDir: false })).hash).toBe(panel.hash)
    }
  })

  test('in the header of a wide table', async () => {
    const path = write('wide.csv', [`date,${NAMES.join(',')}`, '2020-01-02,1,2,3,4,5,6'])
    expect((await readPanel({ path, cacheDir: false })).symbols).toEqual(NAMES)
  })

  test('in the names of files, whose last ending alone goes', async () => {
    const path = join(folder, 'one-each')
    mkdirSync(path)
    for (const name of ['0050', 'BRK.B', 'A.CSV', 'X.PQ'])
      writer(path)(`${name}.csv`, ['date,close', '2020-01-02,1'])
    expect((await readPanel({ path, cacheDir: false })).symbols).toEqual(['0050', 'A.CSV', 'BRK.B', 'X.PQ'])
  })

  test('in joined tables, universes, factors and tickers', async () => {
    const path = write('long.csv', ['date,symbol,close', ...rows])
    const dataset = await openDataset({
      path,
      join: [
        write('fields.csv', ['date,symbol,pe', ...NAMES.map((name) => `2020-01-02,${name},1`)]),
        write('eps.csv', [
          'date,symbol,available,eps',
          ...NAMES.map((name) => `2019-12-31,${name},2020-01-01,1`),
        ]),
        write('sector.csv', ['symbol,sector', ...NAMES.map((name) => `${name},Tech`)]),
      ],
      universe: [write('all.csv', ['symbol,from', ...NAMES.map((name) => `${name},2020-01-01`)])],
      adjustments: write('f.csv', ['symbol,date,factor', ...NAMES.map((name) => `${name},2020-01-02,1`)]),
      renames: write('r.csv', ['file,ticker,from,to', ...NAMES.map((name) => `${name},${name},2020-01-01,`)]),
      cacheDir: false,
    })
    const panel = await dataset.load()
    expect([panel.symbols, dataset.issues]).toEqual([NAMES, []])
    for (const name of ['pe', 'eps', 'all']) expect([...panel.fields.get(name)!]).toEqual([1, 1, 1, 1, 1, 1])
    expect([...panel.groups.get('sector')!.codes]).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('in Parquet, where codes that are whole numbers have no decimals', async () => {
    const of = async (type: string) =>
      (
        await readPanel({
          path: await parquet(
            'codes.parquet',
            `SELECT DATE '2020-01-02' AS date, CAST(2330 AS ${type}) AS symbol, 1.0 AS close`,
          ),
          cacheDir: false,
        })
      ).symbols
    expect(await of('INTEGER')).toEqual(['2330'])
    expect(await of('DOUBLE')).toEqual(['2330'])
    expect(await of('VARCHAR')).toEqual(['2330'])
  })
})

describe('a folder', () => {
  test('is read without what is no table, and a note says so', async () => {
    const path = join(folder, 'noisy')
    mkdirSync(join(path, 'old'), { recursive: true })
    const inside = writer(path)
    inside('A.csv', ['date,close', '2020-01-02,1'])
    inside('.hidden.csv', 'x')
    inside('README.md', 'x')
    inside('prices.xlsx', 'x')
    const dataset = await openDataset({ path, cacheDir: join(folder, 'cache') })
    expect(dataset.symbols).toEqual(['A'])
    const note = `${path}: 4 other entries are no table and not read (.hidden.csv, README.md, old, …)`
    expect(dataset.notes).toEqual([note])
    expect((await openDataset({ path, cacheDir: join(folder, 'cache') })).notes).toEqual([note])
  })
})
