import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { sharedData } from '../support/shared-data.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
const read = (path: string, more: object = {}) => readPanel({ path, cacheDir: false, ...more })
const wideFolder = (name: string, files: Record<string, readonly string[]>) => {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [file, rows] of Object.entries(files)) writer(path)(file, rows)
  return path
}

describe('a wide table', () => {
  test('alone is the close: one column per symbol', async () => {
    const panel = await read(write('wide.csv', ['Date,MSFT,AAPL', '2020-01-03,2,', '2020-01-02,1,5']))
    expect(panel.symbols).toEqual(['AAPL', 'MSFT'])
    expect(panel.dates).toEqual(['2020-01-02', '2020-01-03'])
    expect([...panel.fields.get('close')!]).toEqual([5, 1, Number.NaN, 2])
  })

  test('per field makes a panel together, and equals the long table of the same values', async () => {
    const path = wideFolder('fields', {
      'close.csv': ['date,A,B', '2020-01-02,1,2', '2020-01-03,3,4'],
      'Volume.csv': ['date,B,A', '2020-01-03,40,30', '2020-01-02,20,'],
    })
    const long = write('long.csv', [
      'date,symbol,close,volume',
      '2020-01-02,A,1,',
      '2020-01-02,B,2,20',
      '2020-01-03,A,3,30',
      '2020-01-03,B,4,40',
    ])
    const panel = await read(path)
    expect([...panel.fields.keys()]).toEqual(['close', 'volume'])
    expect(panel.hash).toBe((await read(long)).hash)
  })

  test('is checked as a long one is, with the lines of its file', async () => {
    const rows = ['date,A,B', '2020-01-02,1,x', '2020-01-03,0,4', '2020-01-02,1,2', 'soon,1,1']
    const error = await errorOf(read(write('bad-wide.csv', rows)))
    expect(error.message).toContain("line 5: A – the date is 'soon'")
    expect(error.message).toContain("line 2: B 2020-01-02 – close is 'x'")
    expect(error.message).toContain('line 3: A 2020-01-03 – close is 0')
    expect(error.message).toContain('line 4: B 2020-01-02 – close is empty and 2 (the other is line 2)')
    const panel = await read(write('bad-wide.csv', rows), { onBadRows: 'missing' })
    expect([...panel.fields.get('close')!]).toEqual([1, Number.NaN, Number.NaN, 4])
  })

  test('has a bar on a date without any value, and a row without a date is bad', async () => {
    const panel = await read(
      write('hole.csv', ['date,A,B', '2020-01-02,1,2', '2020-01-03,,', '2020-01-06,3,4']),
    )
    expect(panel.dates).toEqual(['2020-01-02', '2020-01-03', '2020-01-06'])
    expect([...panel.fields.get('close')!].map((value) => (Number.isNaN(value) ? null : value))).toEqual([
      1,
      2,
      null,
      null,
      3,
      4,
    ])
    const undated = ['date,A,B', '2020-01-02,1,2', ',3,4', '2020-01-06,5,6,7']
    const error = await errorOf(read(write('undated.csv', undated)))
    expect(error.message).toContain('line 3: A – the date is empty')
    expect(error.message).toContain('line 4: A 2020-01-06 – 4 cells, the header has 3')
    expect((await read(write('undated.csv', undated), { onBadRows: 'drop' })).dates).toContain('2020-01-02')
  })

  test('of another field than the known ones is called after its file', async () => {
    const path = wideFolder('own-field', {
      'close.csv': ['date,A', '2020-01-02,1'],
      'pe ratio.csv': ['date,A', '2020-01-02,7'],
    })
    expect((await read(path)).fields.get('pe ratio')![0]).toBe(7)
  })

  test('that has no close, or a text, or a close beside a long one, is refused', async () => {
    const noClose = wideFolder('no-close', {
      'open.csv': ['date,A', '2020-01-02,1'],
      'high.csv': ['date,A', '2020-01-02,1'],
    })
    expect((await errorOf(read(noClose))).message).toContain('are high, open; there is none for the close')
    const text = await errorOf(read(write('text.csv', ['date,A,remark', '2020-01-02,1,hello'])))
    expect([text.code, text.message]).toEqual([
      'DATA_NO_CLOSE_COLUMN',
      expect.stringContaining("'remark' is a text"),
    ])
    const mixed = wideFolder('mixed', {
      'X.csv': ['date,close', '2020-01-02,1'],
      'close.csv': ['date,A', '2020-01-02,1'],
    })
    const twice = await errorOf(read(mixed))
    expect(twice.code).toBe('DATA_FIELD_TWICE')
    expect(twice.message).toMatch(/both .*mixed and close\.csv have a field 'close'/)
    const remark = wideFolder('mixed-text', {
      'X.csv': ['date,close', '2020-01-02,1'],
      'note.csv': ['date,X,remark', '2020-01-02,1,hello'],
    })
    expect((await errorOf(read(remark))).message).toContain("'remark' is a text")
  })

  test('of a field stands beside files of one symbol each', async () => {
    const path = wideFolder('mixed-fields', {
      '0050.csv': ['date,close', '2020-01-02,1', '2020-01-03,2'],
      'BRK.B.csv': ['date,close', '2020-01-02,3', '2020-01-03,4'],
      'pe.csv': ['date,BRK.B,0050', '2020-01-03,7,8'],
    })
    const panel = await read(path)
    expect(panel.symbols).toEqual(['0050', 'BRK.B'])
    expect([...panel.fields.get('pe')!]).toEqual([Number.NaN, Number.NaN, 8, 7])
  })

  test('is not seen in a series whose price has another name', async () => {
    const error = await errorOf(read(write('fund.csv', ['date,NAV', '2020-01-02,1'])))
    expect([error.code, error.hint]).toEqual([
      'DATA_NO_CLOSE_COLUMN',
      expect.stringContaining('--columns close=NAV'),
    ])
  })
})

const skfolio = sharedData('long-history-adjclose/skfolio_sp500_dataset.csv.gz')
test.skipIf(!skfolio)('30 years of 20 real stocks in a wide table (needs the shared data)', async () => {
  const dataset = await openDataset({ path: skfolio!, cacheDir: false })
  expect([dataset.dates.length, dataset.symbols.length, dataset.dates[0]]).toEqual([8313, 20, '1990-01-02'])
  expect(dataset.fields).toEqual([{ name: 'close', coverage: 1, missing: 0 }])
  const late = await openDataset({
    path: sharedData('long-history-adjclose/pyportfolioopt_stock_prices.csv.gz')!,
    cacheDir: false,
  })
  const close = (await late.load()).fields.get('close')!
  const first = (symbol: string) =>
    late.dates.find((_, t) => !Number.isNaN(close[t * 20 + late.symbols.indexOf(symbol)]))
  expect([late.dates.length, first('BABA'), first('MA')]).toEqual([7126, '2014-09-19', '2006-05-25'])
  const index = await openDataset({
    path: sharedData('long-history-adjclose/skfolio_sp500_index.csv.gz')!,
    cacheDir: false,
  })
  expect(index.symbols).toEqual(['SP500'])
})
