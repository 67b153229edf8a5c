import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isMissingMark, isTextColumn } from '../../src/data/missing-marks.js'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { openDuckDb } from '../../src/data/sources/parquet.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const open = (rows: readonly string[], more: object = {}) =>
  openDataset({ path: write(`m${count++}.csv`, rows), cacheDir: false, ...more })

test('signs of a missing number are known in their spellings; texts and numbers are none', () => {
  for (const mark of [
    'NA',
    'n/a',
    'N/A',
    '#N/A',
    '#NA',
    '<NA>',
    'null',
    'NULL',
    'None',
    'nil',
    '-',
    '--',
    '.',
    '?',
  ])
    expect(isMissingMark(mark), mark).toBe(true)
  for (const text of ['', 'NAB', 'Nullsoft', '-1', '0', 'x', 'nan', '1.', '----'])
    expect(isMissingMark(text), text).toBe(false)
})

test('a column is one of texts where these outnumber the numbers, whatever is missing, or where nothing else stands', () => {
  expect(isTextColumn({ numbers: 1, marks: 99, texts: 0 })).toBe(false)
  expect(isTextColumn({ numbers: 1, marks: 99, texts: 2 })).toBe(true)
  expect(isTextColumn({ numbers: 2, marks: 0, texts: 2 })).toBe(false)
  expect(isTextColumn({ numbers: 0, marks: 3, texts: 0 })).toBe(true)
  expect(isTextColumn({ numbers: 0, marks: 0, texts: 0 })).toBe(false)
})

describe('a cell that says NA, null or None in a column of numbers', () => {
  const rows = ['date,symbol,open,close', '2020-01-02,A,NA,1', '2020-01-03,A,null,2', '2020-01-06,A,1,x']

  test('is an error whose message says how to write or read a missing value, and how often', async () => {
    const error = await errorOf(open(rows))
    expect(error.code).toBe('BAD_NUMBER')
    expect(error.message).toContain(
      "3 numbers cannot be read; where a value is missing ('NA', 'null' in 2 cells) leave the cell empty, or use --on-bad-rows missing",
    )
    expect(error.message).toContain("line 2: A 2020-01-02 – open is 'NA'")
  })

  test('has no count of its own where all are such; other texts have no such advice', async () => {
    const all = await errorOf(open(rows.slice(0, 2)))
    expect(all.message).toContain("1 number cannot be read; where a value is missing ('NA') leave")
    const none = await errorOf(open([rows[0]!, rows[3]!]))
    expect(none.message).toContain('1 number cannot be read\n')
  })

  test('is missing with that policy, and the advice is gone', async () => {
    const dataset = await open(rows, { onBadRows: 'missing' })
    const panel = await dataset.load()
    expect([...panel.fields.get('open')!]).toEqual([Number.NaN, Number.NaN, 1])
    expect([...panel.fields.get('close')!]).toEqual([1, 2, Number.NaN])
    expect(dataset.issues[0]!.message).toMatch(/^3 numbers cannot be read: .*these cells are missing/)
  })

  test('that costs every row says which, instead of an empty panel', async () => {
    const error = await errorOf(open(rows, { onBadRows: 'drop' }))
    expect(error.code).toBe('DATA_NO_ROWS')
    expect(error.message).toContain('3 rows and none that can be used')
    expect(error.message).toContain("line 3: A 2020-01-03 – open is 'null'")
  })

  test('makes no text of a number that is mostly missing, in CSV and in Parquet', async () => {
    const close = upTo(80).map((i) => `2020-01-02,S${String(i).padStart(2, '0')},1,${i < 70 ? 'NA' : i / 4}`)
    const csv = ['date,symbol,close,pe', ...close]
    expect((await errorOf(open(csv))).message).toContain(
      "70 numbers cannot be read; where a value is missing ('NA')",
    )
    const fromCsv = await (await open(csv, { onBadRows: 'missing' })).load()
    expect(fromCsv.groups.size).toBe(0)
    expect(fromCsv.fields.get('pe')![79]).toBe(19.75)
    const path = join(folder, 'pe.parquet')
    const { connection, close: end } = await openDuckDb()
    await connection.run(
      `COPY (SELECT DATE '2020-01-02' AS date, printf('S%02d', i) AS symbol, 1.0 AS close,
        CASE WHEN i < 70 THEN 'NA' ELSE (i / 4)::VARCHAR END AS pe FROM range(80) t(i)) TO '${path}' (FORMAT parquet)`,
    )
    end()
    const fromParquet = await (await openDataset({ path, cacheDir: false, onBadRows: 'missing' })).load()
    expect(fromParquet.hash).toBe(fromCsv.hash)
  })

  test('is a label among other texts', async () => {
    const panel = await (
      await open([
        'date,symbol,close,sector',
        '2020-01-02,A,1,NA',
        '2020-01-02,B,1,Tech',
        '2020-01-02,C,1,NA',
      ])
    ).load()
    expect(panel.groups.get('sector')!.labels).toEqual(['NA', 'Tech'])
  })

  test('is named in a wide table too, where a stock was not listed yet', async () => {
    const wide = ['Date,A,B', '2020-01-02,1,NA', '2020-01-03,2,NA', '2020-01-06,3,5']
    expect((await errorOf(open(wide))).message).toContain("where a value is missing ('NA')")
    const panel = await (await open(wide, { onBadRows: 'missing' })).load()
    expect([...panel.fields.get('close')!]).toEqual([1, Number.NaN, 2, Number.NaN, 3, 5])
  })
})

test('NaN in any case is a missing value, as an empty cell is, and no error', async () => {
  const dataset = await open([
    'date,symbol,open,close',
    '2020-01-02,A,NaN,1',
    '2020-01-03,A,nan,1.2',
    '2020-01-06,A,,1.3',
  ])
  expect(dataset.issues).toEqual([])
  expect([...(await dataset.load()).fields.get('open')!].every(Number.isNaN)).toBe(true)
})

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}
