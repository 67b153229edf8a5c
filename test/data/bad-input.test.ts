import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readPanel } from '../../src/data/sources/open-dataset.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
const read = (path: string, more: object = {}) => readPanel({ path, cacheDir: false, ...more })

const HEADER = 'date,symbol,open,high,low,close,volume'

const cases: [
  name: string,
  content: string | Uint8Array | string[],
  code: string,
  ...says: (string | RegExp)[],
][] = [
  ['empty.csv', '', 'DATA_EMPTY', /empty\.csv is empty/],
  ['blank.csv', '\n\n\n', 'DATA_EMPTY', /blank\.csv is empty/],
  ['header.csv', [HEADER], 'DATA_NO_ROWS', 'has a header and no rows'],
  [
    'no-date.csv',
    ['Day,symbol,close', '2020-01-02,A,1'],
    'DATA_NO_DATE_COLUMN',
    'no date column; its columns are Day, symbol, close',
    '--columns date=Day',
  ],
  [
    'headerless.csv',
    ['2020-01-02,A,1.5', '2020-01-03,A,1.6'],
    'DATA_NO_DATE_COLUMN',
    'has no header',
    'looks like data',
    'put the column names in the first line',
  ],
  [
    'no-close.csv',
    ['date,symbol,open,Last', '2020-01-02,A,1,1'],
    'DATA_NO_CLOSE_COLUMN',
    'no close column; its columns are date, symbol, open, Last',
    '--columns close=Last',
  ],
  [
    'two-closes.csv',
    ['date,symbol,close,Close', '2020-01-02,A,1,1'],
    'DATA_COLUMN_TWICE',
    "two columns for 'close'",
  ],
  [
    'bad-date.csv',
    ['date,symbol,close', '2020-01-02,A,1', '2020-02-30,A,2', 'soon,A,3', ',A,4'],
    'BAD_DATE',
    '3 dates cannot be read',
    "line 3: A – the date is '2020-02-30'",
    "line 4: A – the date is 'soon'",
    'line 5: A – the date is empty',
    '--on-bad-rows drop',
  ],
  [
    'day-or-month.csv',
    ['date,symbol,close', '01/02/2020,A,1', '03/04/2020,A,2'],
    'BAD_DATE',
    "line 2: A – the date is '01/02/2020': day or month first?",
  ],
  [
    'bad-number.csv',
    ['date,symbol,close,volume', '2020-01-02,A,1,5', '2020-01-03,A,n/a,5', '2020-01-04,A,2,"1,000"'],
    'BAD_NUMBER',
    '2 numbers cannot be read',
    "line 3: A 2020-01-03 – close is 'n/a'",
    "line 4: A 2020-01-04 – volume is '1,000'",
  ],
  [
    'hex.csv',
    ['date,symbol,close', '2020-01-02,A,0x10', '2020-01-03,A,1e999', '2020-01-04,A,Infinity'],
    'BAD_NUMBER',
    '3 numbers cannot be read',
  ],
  [
    'conflict.csv',
    ['date,symbol,close', '2020-01-02,A,1', '2020-01-03,A,2', '2020-01-02,A,1.5'],
    'DUPLICATE_CONFLICT',
    'line 4: A 2020-01-02 – close is 1 and 1.5 (the other is line 2)',
  ],
  [
    'zero.csv',
    ['date,symbol,open,close', '2020-01-02,A,1,1', '2020-01-03,A,0,2', '2020-01-06,A,1,-3'],
    'PRICE_NOT_POSITIVE',
    '2 prices are 0 or below',
    'line 3: A 2020-01-03 – open is 0',
    'line 4: A 2020-01-06 – close is -3',
  ],
  [
    'ragged.csv',
    ['date,symbol,close', '2020-01-02,A,1', '2020-01-03,A', '2020-01-06,A,1,2'],
    'BAD_ROW',
    'line 3: A 2020-01-03 – 2 cells, the header has 3',
    'line 4: A 2020-01-06 – 4 cells, the header has 3',
  ],
  ['no-symbol.csv', ['date,symbol,close', '2020-01-02,,1'], 'SYMBOL_MISSING', 'line 2: 2020-01-02'],
  [
    'available.csv',
    ['date,symbol,close,revenue,available', '2020-01-02,A,1,5,soon'],
    'BAD_DATE',
    "line 2: A 2020-01-02 – available is 'soon'",
  ],
  [
    'book.xlsx',
    Buffer.from([0x50, 0x4b, 3, 4, 0, 0]),
    'DATA_NOT_TEXT',
    'spreadsheet',
    'export the sheet as CSV',
  ],
  [
    'no-names.csv',
    [',,', '1,2,3'],
    'DATA_NO_DATE_COLUMN',
    'its columns are (unnamed), (unnamed), (unnamed)',
    '--columns date=Day',
  ],
  ['no-fields.csv', ['date,symbol', '2020-01-02,A'], 'DATA_NO_CLOSE_COLUMN', '--columns close=Last'],
  ['one-field.csv', ['date,symbol,pe', '2020-01-02,A,7'], 'DATA_NO_CLOSE_COLUMN', '--columns close=pe'],
  [
    'many-bad.csv',
    ['date,symbol,close', ...Array.from({ length: 8 }, (_, i) => `2020-01-0${i + 1},A,x`)],
    'BAD_NUMBER',
    '8 numbers cannot be read',
    'line 6: A 2020-01-05',
    '… and 3 more',
  ],
  ['utf16.csv', Buffer.from('\ufeffdate,close\n', 'utf16le'), 'DATA_NOT_TEXT', 'not a text in UTF-8'],
  ['cut.csv.gz', gzipSync(`${HEADER}\n`.repeat(99)).subarray(0, 30), 'DATA_NOT_GZIP', 'cut short'],
  ['broken.parquet', 'PAR1 and then nothing', 'DATA_NOT_PARQUET', 'cannot be read as Parquet'],
]

describe('data that cannot be used is refused with what is wrong, where, and how to mend it', () => {
  test.each(cases)('%s', async (name, content, code, ...says) => {
    const error = await errorOf(read(write(name, content)))
    const text = `${error.message}\n${error.hint}`
    expect([error.kind, error.code]).toEqual(['data', code])
    for (const part of says)
      expect(text).toMatch(typeof part === 'string' ? new RegExp(literally(part)) : part)
    expect(error.message).toContain(name)
    expect(error.exitCode).toBe(3)
  })

  test('several kinds of errors are all shown, the first lines of each, and counted', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => `2020-01-0${i + 1},A,${i % 2 ? 0 : 'x'}`)
    const error = await errorOf(read(write('many.csv', ['date,symbol,close', ...rows])))
    expect(error.message).toContain('5 numbers cannot be read')
    expect(error.message).toContain('4 prices are 0 or below')
    const issues = error.details.issues as { code: string; count: number; line: number }[]
    expect(issues.map(({ code, count, line }) => [code, count, line])).toEqual([
      ['BAD_NUMBER', 5, 2],
      ['PRICE_NOT_POSITIVE', 4, 3],
    ])
  })

  test('a file that is not there is named, with the nearest name in its folder', async () => {
    write('prices.csv', ['date,close', '2020-01-02,1'])
    const error = await errorOf(read(join(folder, 'price.csv')))
    expect([error.kind, error.code]).toEqual(['data', 'DATA_NOT_FOUND'])
    expect(error.hint).toContain('did you mean')
    expect(error.hint).toContain('prices.csv')
    const packed = await errorOf(read(join(folder, 'price.csv.gz')))
    expect(packed.hint).toContain('did you mean')
    expect(packed.hint).toContain('prices.csv')
  })

  test('an ending that most names have makes no name a near one', async () => {
    mkdirSync(join(folder, 'endings'))
    write('endings/a.csv', ['date,close', '2020-01-02,1'])
    const { hint } = await errorOf(read(join(folder, 'endings/nofile.csv')))
    expect(hint).toBe('its folder holds a.csv')
  })

  test('a column that was named and is not there is refused with the nearest', async () => {
    const path = write('named.csv', ['Day,Last', '2020-01-02,1'])
    const error = await errorOf(read(path, { columns: { date: 'Days', close: 'Last' } }))
    expect(error.code).toBe('DATA_NO_SUCH_COLUMN')
    expect(`${error.message} ${error.hint}`).toContain('did you mean date=Day?')
  })

  test('a column that was named and has no like is refused with how to name one', async () => {
    const path = write('unlike.csv', ['Day,Last', '2020-01-02,1'])
    const error = await errorOf(read(path, { columns: { date: 'zzzzzzzz' } }))
    expect([error.code, error.hint]).toEqual([
      'DATA_NO_SUCH_COLUMN',
      'name one of its columns: --columns date=…',
    ])
  })

  test('a column may be named for a field of one’s own', async () => {
    const path = write('own.csv', ['Day,Last,Price to Book', '2020-01-02,1,2.5'])
    const columns = { date: 'Day', close: 'Last', pb: 'price to book' }
    expect((await read(path, { columns })).fields.get('pb')![0]).toBe(2.5)
  })

  test('a folder without tables is refused', async () => {
    const path = join(folder, 'nothing')
    mkdirSync(path)
    expect((await errorOf(read(path))).code).toBe('DATA_EMPTY')
  })

  test.skipIf(process.getuid?.() === 0)(
    'a file that may not be read is a matter of permission (not as root)',
    async () => {
      const path = write('secret.csv', ['date,close', '2020-01-02,1'])
      chmodSync(path, 0)
      const error = await errorOf(read(path))
      expect([error.kind, error.code]).toEqual(['environment', 'DATA_NOT_READABLE'])
    },
  )
})

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
