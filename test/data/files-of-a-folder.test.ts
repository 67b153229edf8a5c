import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
let count = 0
function open(files: Readonly<Record<string, string | Uint8Array | readonly string[]>>, more: object = {}) {
  const path = join(folder, `f${count++}`)
  mkdirSync(path)
  const write = writer(path)
  for (const [name, content] of Object.entries(files)) write(name, content)
  return openDataset({ path, cacheDir: false, ...more })
}
const A = ['date,close', '2020-01-02,1', '2020-01-03,1.1']

describe('in a folder of tables', () => {
  test('a file with a header alone is named by a warning', async () => {
    const { issues, symbols } = await open({ 'A.csv': A, 'B.csv': ['date,close'] })
    expect(symbols).toEqual(['A'])
    expect(issues).toMatchObject([
      { severity: 'warning', code: 'FILE_WITHOUT_ROWS', count: 1, file: 'B.csv' },
    ])
    expect(issues[0]!.message).toBe('1 file has a header and no rows: B.csv')
  })

  test('an empty file stops, or is left out as bad rows are', async () => {
    const files = { 'A.csv': A, 'B.csv': '', 'C.csv': '\n' }
    const error = await errorOf(open(files))
    expect([error.code, error.message]).toEqual(['DATA_EMPTY', 'B.csv is empty'])
    expect(error.hint).toContain('--on-bad-rows drop goes on without it')
    for (const onBadRows of ['drop', 'missing']) {
      const { issues, symbols } = await open(files, { onBadRows })
      expect(symbols).toEqual(['A'])
      expect(issues).toMatchObject([
        { severity: 'error', code: 'FILE_WITHOUT_ROWS', count: 2, file: 'B.csv' },
      ])
    }
    expect((await errorOf(open({ 'A.csv': '', 'B.csv': '' }, { onBadRows: 'drop' }))).code).toBe('DATA_EMPTY')
  })

  test('a file left out does not shift the names of wide tables', async () => {
    const wide = ['date,AAPL,MSFT', '2020-01-02,1,2']
    const { fields } = await open({ 'a.csv': '', 'close.csv': wide, 'open.csv': wide }, { onBadRows: 'drop' })
    expect(fields.map(({ name }) => name)).toEqual(['open', 'close'])
  })

  test('a .txt is no table, and a note says that it was not read', async () => {
    const { symbols, notes } = await open({ 'A.csv': A, 'README.txt': 'bought in 2020\nfrom X' })
    expect(symbols).toEqual(['A'])
    expect(notes[0]).toContain('one other entry is no table and not read (README.txt)')
  })
})

test('a .txt that is named is read', async () => {
  const path = writer(folder)('prices.txt', A)
  expect((await openDataset({ path, cacheDir: false })).symbols).toEqual(['prices'])
})

describe('a text that is not UTF-8', () => {
  const big5 = Buffer.from([0xa5, 0x78, 0xbf, 0x6e])
  test.each([
    [
      'in its header',
      [Buffer.from('date,close,'), big5, Buffer.from('\n2020-01-02,1,2\n')],
      '0xa5 in line 1',
    ],
    [
      'in a row',
      [Buffer.from('date,close,n\n2020-01-02,1,台\n2020-01-03,1,'), big5, Buffer.from('\n')],
      '0xa5 in line 3',
    ],
    ['at its very end', [Buffer.from('date,close,n\n2020-01-02,1,a'), Buffer.from([0xe5])], '0xe5 in line 2'],
  ])('%s is refused with the byte and its line', async (_, parts, says) => {
    const path = writer(folder)('big5.csv', Buffer.concat(parts))
    const error = await errorOf(openDataset({ path, cacheDir: false }))
    expect(error.code).toBe('DATA_NOT_TEXT')
    expect(error.message).toContain(`is not a text in UTF-8 (byte ${says})`)
    expect(error.hint).toContain('save it as UTF-8')
    expect(error.message).not.toContain('\ufffd')
  })
})

test('what stands in a cell cannot steer a terminal from within a message', async () => {
  const path = writer(folder)('bell.csv', [
    'date,symbol,close',
    `\u001b[2J,A\u0007,1`,
    `2020-01-02,A,${'x'.repeat(99)}`,
  ])
  const error = await errorOf(openDataset({ path, cacheDir: false }))
  expect(error.message).toContain("the date is '\ufffd[2J'")
  expect(error.message).toContain(`close is '${'x'.repeat(57)}…'`)
  expect(error.message).not.toMatch(/(?!\n)\p{Cc}/u)
})
