import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { moveTornTail, probe, readTail } from '../../src/history/recover.js'
import { temporaryFolder, upTo } from './support.js'

function opened(content: string | Buffer) {
  const path = join(temporaryFolder(), 'history.jsonl')
  writeFileSync(path, content)
  const fd = openSync(path, 'r+')
  onTestFinished(() => closeSync(fd))
  return { path, fd, size: Buffer.byteLength(content) }
}

const NOW = new Date('2026-11-22T12:00:00.123Z')

describe('moving a torn tail', () => {
  test('never writes over an earlier copy of the same moment', () => {
    const { path, fd } = opened('a\nTORN')
    const copies = upTo(3).map((i) => {
      writeFileSync(path, `a\nTORN${i}`)
      return moveTornTail(fd, path, 2, 7, NOW)
    })
    expect(copies.map((copy) => copy.slice(path.length))).toEqual([
      '.torn-20261122T120000.123Z',
      '.torn-20261122T120000.123Z-1',
      '.torn-20261122T120000.123Z-2',
    ])
    expect(copies.map((copy) => readFileSync(copy, 'utf8'))).toEqual(['TORN0', 'TORN1', 'TORN2'])
    expect(readFileSync(path, 'utf8')).toBe('a\n')
  })

  test('of more than a megabyte takes all of it', () => {
    const tail = Buffer.from(upTo(2_500_000).map((i) => (i * 7919) % 251))
    const { path, fd } = opened(Buffer.concat([Buffer.from('a\n'), tail]))
    expect(readFileSync(moveTornTail(fd, path, 2, 2 + tail.length, NOW)).equals(tail)).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('a\n')
  })

  test('that has become shorter meanwhile takes what is there', () => {
    const { path, fd } = opened('a\nTO')
    expect(readFileSync(moveTornTail(fd, path, 2, 100, NOW), 'utf8')).toBe('TO')
  })

  test('cuts nothing off where the copy cannot be made, or not be filled', () => {
    const { path, fd } = opened('a\nTORN')
    expect(() => moveTornTail(fd, join(path, 'history.jsonl'), 2, 6, NOW)).toThrow('ENOTDIR')
    const writeOnly = openSync(path, 'a')
    onTestFinished(() => closeSync(writeOnly))
    expect(() => moveTornTail(writeOnly, path, 2, 6, NOW)).toThrow('EBADF')
    expect(readFileSync(path, 'utf8')).toBe('a\nTORN')
    expect(readdirSync(join(path, '..'))).toEqual(['history.jsonl'])
  })
})

const iteration = (n: number, size = 100) =>
  `{"schema":1,"kind":"iteration","id":"i${n}","iteration":${n},"text":"${'x'.repeat(size)}"}\n`
const note = (n: number, size = 100) =>
  `{"schema":1,"kind":"note","id":"n${n}","text":"${'x'.repeat(size)}"}\n`

describe('a probe', () => {
  test('finds the first iteration that begins behind its place', () => {
    const [a, b, c] = [iteration(0), note(0), iteration(1)]
    const { fd } = opened(a + b + c)
    expect(probe(fd, 0, 1_000)).toEqual({ iteration: 0, offset: 0 })
    expect(probe(fd, 1, 1_000)).toEqual({ iteration: 1, offset: a.length + b.length })
  })

  test('sees none in the middle of a long line, among notes, or in a line that is not whole', () => {
    expect(probe(opened(iteration(0, 5_000) + iteration(1)).fd, 10, 1_000)).toBeUndefined()
    expect(probe(opened(note(0) + note(1)).fd, 0, 1_000)).toBeUndefined()
    expect(probe(opened(`${note(0)}{"schema":1,"kind":"iter`).fd, 0, 1_000)).toBeUndefined()
  })
})

describe('the tail of a long file', () => {
  const common = '"timestamp":"2026-01-02T00:00:00.000Z","run":null'
  const uuid = (n: number) => `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`
  const longNote = (n: number, size: number) =>
    `{"schema":1,"kind":"note","id":"${uuid(n)}",${common},"text":"${'x'.repeat(size)}"}\n`
  const whole = (n: number) =>
    `{"schema":1,"kind":"iteration","id":"${uuid(n)}","iteration":${n},${common},"method":"manual","proposer":"p","trials":1,"parents":[],"strategy":null,"execution":{"status":"success","durationMs":1},"metrics":null,"level":"LEVEL_1","champion":{"updated":false,"because":"b","previous":null},"feedback":""}\n`

  test('that holds notes alone is read back to the last iteration', () => {
    const text =
      whole(0) +
      whole(1) +
      upTo(20)
        .map((n) => longNote(100 + n, 50_000))
        .join('')
    const { fd, size } = opened(text)
    expect(readTail(fd, size, size)).toEqual({ kind: 'history', next: 2, badLines: [], outOfOrder: false })
  })

  test('that ends in a line of several megabytes, and has others before, is read whole where numbers do not grow', () => {
    const text = whole(5) + longNote(100, 9 << 20) + whole(3) + longNote(101, 5 << 20) + whole(4)
    const { fd, size } = opened(text)
    expect(readTail(fd, size, size)).toMatchObject({ kind: 'history', next: 6, outOfOrder: true })
  })

  test('whose first bytes are a byte order mark and a torn first record is a history without records', () => {
    const { fd, size } = opened('\uFEFF{"sche')
    expect(readTail(fd, 0, size)).toEqual({ kind: 'history', next: 0, badLines: [], outOfOrder: false })
  })

  const tailOf = (text: string | Buffer, end?: number) => {
    const { fd, size } = opened(text)
    return readTail(fd, end ?? size, size)
  }
  /** Iterations first … last with notes between them, far more than the last lines that are read. */
  const long = (first: number, last: number) =>
    upTo(last - first + 1)
      .map((i) => whole(first + i) + longNote(1000 + first + i, 2_000))
      .join('')

  test('whose numbers grow is known from its last lines, without its bad lines far before', () => {
    const grows = long(0, 299)
    expect(tailOf(grows)).toEqual({ kind: 'history', next: 300, badLines: [], outOfOrder: false })
    expect(tailOf(`${whole(0)}not a record\n${long(1, 299)}`)).toEqual({
      kind: 'history',
      next: 300,
      badLines: [],
      outOfOrder: false,
    })
  })

  test('whose last line is bad says where, and its number is the next', () => {
    const good = whole(0) + whole(1)
    expect(tailOf(`${good}{"schema":1}\n`)).toEqual({
      kind: 'history',
      next: 2,
      badLines: [{ offset: Buffer.byteLength(good), because: expect.any(String) }],
      outOfOrder: false,
    })
  })

  test('that was joined is read whole, wherever the higher numbers stand', () => {
    for (const text of [
      long(0, 299) + long(0, 99),
      long(0, 99) + long(50, 299),
      long(200, 399) + long(0, 199),
    ]) {
      const numbers = [...text.matchAll(/"iteration":(\d+)/g)].map((match) => Number(match[1]))
      expect(tailOf(text)).toMatchObject({ next: Math.max(...numbers) + 1, outOfOrder: true })
    }
  })

  test('with one number twice in a row is out of order', () => {
    expect(tailOf(whole(0) + whole(1) + whole(1))).toMatchObject({ next: 2, outOfOrder: true })
    expect(tailOf(whole(0) + whole(1) + whole(3))).toMatchObject({ next: 4, outOfOrder: false })
  })

  test('without a record at either end is no history', () => {
    expect(tailOf('name,price\nA,1\n')).toEqual({
      kind: 'other',
      because: 'neither its beginning nor its end holds a record',
    })
    expect(tailOf('one line that never ends', 0)).toEqual({
      kind: 'other',
      because: 'it holds one line that does not begin as a record',
    })
  })

  test('is a history by its beginning or by its end', () => {
    expect(tailOf(`strange first line\n${whole(4)}`)).toMatchObject({ kind: 'history', next: 5 })
    expect(tailOf('{"schema":1,"damaged"\n')).toMatchObject({
      kind: 'history',
      next: 0,
      badLines: [{ offset: 0, because: expect.stringMatching(/^is not JSON/) }],
    })
    expect(tailOf(Buffer.alloc(100), 0)).toMatchObject({ kind: 'history', next: 0 })
    expect(tailOf('', 0)).toEqual({ kind: 'history', next: 0, badLines: [], outOfOrder: false })
  })
})
