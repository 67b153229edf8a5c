import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDates } from '../../src/data/dates.js'
import { describeDataset, summarizeFields } from '../../src/data/describe.js'
import { counted } from '../../src/data/issues.js'
import { createPanel } from '../../src/data/panel.js'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { openDuckDb } from '../../src/data/sources/parquet.js'
import { writeTable } from '../../src/data/sources/write-table.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const read = (path: string, more: object = {}) => readPanel({ path, cacheDir: false, ...more })
const readRows = (rows: readonly string[], more: object = {}) => read(write(`c${count++}.csv`, rows), more)

async function parquet(select: string): Promise<string> {
  const path = join(folder, `p${count++}.parquet`)
  const { connection, close } = await openDuckDb()
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`)
  close()
  return path
}

describe('a folder of tables that differ', () => {
  test('joins groups, takes a column for a text if any file says so, and finds defects in their files', async () => {
    const path = join(folder, 'differ')
    mkdirSync(path)
    const put = writer(path)
    put('A.csv', ['date,close,sector,tag', '2020-01-02,1,Tech,1'])
    put('B.csv', ['date,close,sector,tag', '2020-01-02,2,Oil,x', '2020-01-03,3,Tech,x'])
    const panel = await read(path)
    expect(panel.groups.get('sector')!.labels).toEqual(['Oil', 'Tech'])
    expect([...panel.groups.get('sector')!.codes]).toEqual([1, 0, -1, 1])
    expect(panel.fields.has('tag')).toBe(false)
    put('C.csv', ['date,close,sector,tag', '2020-01-02,0,Tech,x', '2020-01-03,4'])
    const error = await errorOf(read(path))
    expect(error.message).toContain('C.csv line 2: C 2020-01-02 – close is 0')
    expect(error.message).toContain('C.csv line 3: C 2020-01-03 – 2 cells, the header has 4')
    const kept = await read(path, { onBadRows: 'missing' })
    expect(kept.fields.get('close')!.at(-1)).toBe(4)
  })

  test('leaves a text out of the groups where one file has too many values of it', async () => {
    const path = join(folder, 'notes')
    mkdirSync(path)
    const put = writer(path)
    put('A.csv', [
      'date,symbol,close,note',
      ...Array.from({ length: 501 }, (_, i) => `2020-01-02,S${i},1,n${i}`),
    ])
    put('B.csv', ['date,symbol,close,note', '2020-01-02,T,1,once'])
    expect((await read(path)).groups.size).toBe(0)
  })
})

describe('Parquet', () => {
  test('of any types: timestamps, integers, floats, decimals, enums, numbers as text', async () => {
    const path = await parquet(`SELECT TIMESTAMP '1969-12-31 23:00:00' AS "Timestamp", 50::INTEGER AS Ticker,
      1.5::FLOAT AS close, 7::DECIMAL(9, 2) AS pe, '3.25' AS roe, 'Tech'::ENUM('Tech', 'Oil') AS sector, true AS listed
      UNION ALL SELECT TIMESTAMP '2020-01-03', 51, 2.5, NULL, '', NULL, NULL`)
    const panel = await read(path)
    expect(panel.dates).toEqual(['1969-12-31', '2020-01-03'])
    expect(panel.symbols).toEqual(['50', '51'])
    const row = Object.fromEntries([...panel.fields].map(([name, values]) => [name, [values[0], values[3]]]))
    expect(row).toEqual({
      close: [1.5, 2.5],
      listed: [1, Number.NaN],
      pe: [7, Number.NaN],
      roe: [3.25, Number.NaN],
    })
    expect([...panel.groups.get('sector')!.codes]).toEqual([0, -1, -1, -1])
  })

  test('is checked as texts are, with rows in place of lines', async () => {
    const path = await parquet(
      `SELECT DATE '2020-01-02' AS date, 'A' AS symbol, 'x' AS close, 'inf'::DOUBLE AS pe`,
    )
    const error = await errorOf(read(path))
    expect(error.message).toContain("close is 'x'")
    expect(error.message).toContain("pe is 'Infinity'")
  })

  test('as a wide table, and as one series', async () => {
    expect(
      (await read(await parquet(`SELECT DATE '2020-01-02' AS date, 1 AS "B", 2.5 AS "A"`))).symbols,
    ).toEqual(['A', 'B'])
    expect((await errorOf(read(await parquet('SELECT 1 AS close')))).code).toBe('DATA_NO_DATE_COLUMN')
  })
})

describe('corners', () => {
  test('a date column that is none is seen by its size', async () => {
    const rows = Array.from({ length: 8000 }, (_, i) => {
      const day = new Date(Date.UTC(1950, 0, 1 + i)).toISOString().slice(0, 10)
      return `${day},S${i},1`
    })
    expect((await errorOf(readRows(['date,symbol,close', ...rows]))).code).toBe('DATA_TOO_SPARSE')
  })
  test('a column cannot have two meanings', async () => {
    const error = await errorOf(
      readRows(['Day,x', '2020-01-02,1'], { columns: { date: 'Day', close: 'day' } }),
    )
    expect(error.message).toContain("column 'Day'")
    expect(error.message).toContain('both as date and as close')
  })
  test('a mapped column wins over the one that is called like the field', async () => {
    const panel = await readRows(['date,close,Settle', '2020-01-02,1,2'], { columns: { close: 'Settle' } })
    expect(panel.fields.get('close')![0]).toBe(2)
  })
  test('a blank header is left out, and cells after the last column may be empty', async () => {
    const panel = await readRows([',date,close', '0,2020-01-02,1,', '1,2020-01-03,2'])
    expect([...panel.fields.keys()]).toEqual(['close'])
    expect(panel.dates).toHaveLength(2)
  })
  test('a column whose first rows are numbers and the most are texts is a group', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `2020-01-02,S${i},1,${i < 60 ? i % 3 : 'Tech'}`)
    const panel = await readRows(['date,symbol,close,kind', ...rows])
    expect(panel.groups.get('kind')!.labels).toEqual(['0', '1', '2', 'Tech'])
    const few = await errorOf(
      readRows([
        'date,symbol,close,kind',
        ...rows.map((row, i) => (i < 60 ? row : row.replace('Tech', i < 70 ? 'x' : '5'))),
      ]),
    )
    expect(few.code).toBe('BAD_NUMBER')
  })
  test('columns that differ in a group alone are a conflict, too', async () => {
    const rows = ['date,close,sector', '2020-01-02,1,Tech', '2020-01-02,1,Oil']
    expect((await errorOf(readRows(rows))).message).toContain('sector (the other is line 2)')
    const panel = await readRows(rows, { onBadRows: 'missing' })
    expect([...panel.groups.get('sector')!.codes]).toEqual([-1])
    expect((await errorOf(readRows(rows, { onBadRows: 'drop' }))).code).toBe('DATA_NO_ROWS')
  })
  test('dates that no calendar has and numbers that no clock shows cannot be read', () => {
    const texts = [
      '2020-13-01',
      '2020-00-10',
      '1234-01-01',
      '9999-01-01',
      '123',
      '31.2.2020',
      '99999999999999999999',
      '20200230',
    ]
    expect(readDates(texts).days.every((day) => day === undefined)).toBe(true)
    expect(
      readDates(['1583280000000000', '1583280000000000000', '-1583280000', '03/03/99', '03/03/2020 4:00 PM'])
        .days,
    ).toEqual(['2020-03-04', '2020-03-04', '1919-10-31', '1999-03-03', '2020-03-03'])
    expect(
      readDates(['2020-01-02 10:00', '2020-01-02T10:00Z', '2020-01-02T00:00:00+00:00', '2020-01-02 00:00'])
        .zones,
    ).toEqual(['UTC', 'local'])
  })
  test('counts are written for people', () => {
    expect([counted(1, 'row'), counted(0, 'row'), counted(619040, 'row')]).toEqual([
      '1 row',
      '0 rows',
      '619 040 rows',
    ])
  })
  test('bars and symbols without any value survive a conversion', async () => {
    const close = new Float64Array([Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 1.5])
    const panel = createPanel({
      dates: ['2020-01-02', '2020-01-03', '2020-01-06'],
      symbols: ['A', 'B'],
      fields: new Map([['close', close]]),
    })
    const path = join(folder, 'sparse.tsv')
    expect((await writeTable(panel, path)).rows).toBe(3)
    expect((await read(path)).hash).toBe(panel.hash)
  })
  test('a table that cannot be written is an error of the surroundings', async () => {
    const panel = createPanel({
      dates: ['2020-01-02'],
      symbols: ['A'],
      fields: new Map([['close', new Float64Array([1])]]),
    })
    const error = await errorOf(writeTable(panel, join(write('no-folder', 'x'), 'out.csv')))
    expect([error.kind, error.code]).toEqual(['environment', 'OUTPUT_NOT_WRITABLE'])
    expect(() => createPanel({ ...panel, fields: new Map([['close', new Float64Array(2)]]) })).toThrow(
      'has 2 values',
    )
    expect(
      summarizeFields({ ...panel, dates: [], fields: new Map([['x', new Float64Array()]]) })[0]!.coverage,
    ).toBe(0)
  })
  test('data that changes under an open data set is noticed when its entry is gone', async () => {
    const path = write('changing.csv', ['date,close', '2020-01-02,1'])
    const cacheDir = join(folder, 'changing')
    const dataset = await openDataset({ path, cacheDir })
    rmSync(cacheDir, { recursive: true })
    expect((await dataset.load()).hash).toBe(describeDataset(dataset).hash)
    rmSync(cacheDir, { recursive: true })
    writeFileSync(path, 'date,close\n2020-01-02,2\n')
    expect((await errorOf(dataset.load())).code).toBe('DATA_CHANGED')
  })
})
