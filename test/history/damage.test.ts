import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JournalStore } from '../../src/history/journal-store.js'
import { verifyHistory } from '../../src/history/verify.js'
import { makeIteration } from '../../src/testing/records.js'
import { folderInMemory, numbersOf, openJournal, readAll, rounds, temporaryFolder, upTo } from './support.js'

/** The lines of a history of n records. */
async function linesOf(n: number): Promise<string[]> {
  const path = join(temporaryFolder(), 'history.jsonl')
  const store = await JournalStore.open(path)
  await store.appendMany(
    upTo(n).map((i) => ({ ...makeIteration(i), run: null, metrics: null, strategy: null })),
  )
  await store.close()
  return readFileSync(path, 'utf8').split(/(?<=\n)/)
}

/** A history made of given text. */
function fileOf(content: string | Buffer): string {
  const path = join(temporaryFolder(), 'history.jsonl')
  writeFileSync(path, content)
  return path
}

const codes = (issues: readonly { code: string }[]) => issues.map((issue) => issue.code)

describe('a torn tail', () => {
  test('at any byte of a ten-record file is not read, is moved away, and the next record gets its number', async () => {
    const lines = await linesOf(10)
    const whole = Buffer.from(lines.join(''))
    const root = folderInMemory()
    const step = rounds(10, 1)
    for (let cut = 0; cut <= whole.length; cut++) {
      // Every byte in `npm run test:deep`; here every tenth, and all those about the ends of lines.
      if (cut % step !== 0 && !whole.subarray(Math.max(0, cut - 2), cut + 2).includes(10)) continue
      const folder = join(root, String(cut))
      const path = join(folder, 'history.jsonl')
      mkdirSync(folder)
      writeFileSync(path, whole.subarray(0, cut))
      const kept = whole.subarray(0, cut).lastIndexOf(10) + 1
      const records = whole.subarray(0, kept).toString().split('\n').length - 1
      const warnings: string[] = []
      const store = await JournalStore.open(path, { onWarning: ({ code }) => warnings.push(code) })
      expect((await readAll(store)).length, `readable records, cut at ${cut}`).toBe(records)
      const stored = await store.append(makeIteration('next'))
      expect(stored.iteration, `number after a cut at ${cut}`).toBe(records)
      expect(numbersOf(await readAll(store))).toEqual(upTo(records + 1))
      await store.close()
      const torn = readdirSync(folder).filter((name) => name.startsWith('history.jsonl.torn-'))
      expect(warnings).toEqual(cut > kept ? ['HISTORY_TORN_TAIL'] : [])
      expect(torn.map((name) => readFileSync(join(folder, name)))).toEqual(
        cut > kept ? [whole.subarray(kept, cut)] : [],
      )
      expect(readFileSync(path).subarray(0, kept)).toEqual(whole.subarray(0, kept))
      rmSync(folder, { recursive: true })
    }
  }, 300_000)

  test('of zeros, as a loss of power leaves them, is moved away too', async () => {
    const lines = await linesOf(2)
    const path = fileOf(Buffer.concat([Buffer.from(lines.join('')), Buffer.alloc(5_000)]))
    const { store, warnings } = await openJournal(path)
    expect((await store.append(makeIteration('next'))).iteration).toBe(2)
    expect(codes(warnings)).toEqual(['HISTORY_TORN_TAIL'])
    expect((await verifyHistory(path)).issues).toEqual([])
  })

  test('is left alone by readers and named by verify', async () => {
    const lines = await linesOf(3)
    const torn = lines.join('') + lines[0]!.slice(0, 40)
    const path = fileOf(torn)
    const { store, warnings } = await openJournal(path, { readOnly: true })
    expect(numbersOf(await readAll(store))).toEqual([0, 1, 2])
    expect(warnings).toEqual([])
    expect(readFileSync(path, 'utf8')).toBe(torn)
    const verdict = await verifyHistory(path)
    expect(verdict).toMatchObject({ ok: true, records: 3, issues: [{ code: 'TORN_TAIL', line: 4 }] })
  })
})

describe('a bad line in the middle', () => {
  const kinds: [string, (line: string) => string | Buffer][] = [
    ['of broken JSON', (line) => `${line.slice(0, 100)}\n`],
    ['of a record that does not validate', (line) => line.replace('LEVEL_', 'LEVELS_')],
    [
      'of invalid UTF-8',
      (line) => Buffer.concat([Buffer.from(line).subarray(0, -3), Buffer.from([0xff, 0xfe, 34, 125, 10])]),
    ],
    ['that is empty', () => '\n'],
    ['of another JSON value', () => '[1,2]\n'],
    ['of zeros', () => Buffer.concat([Buffer.alloc(300), Buffer.from('\n')])],
  ]
  test.each(kinds)(
    '%s is warned about once with number and offset, and the rest is read',
    async (_, damage) => {
      const lines = await linesOf(5)
      const path = fileOf(Buffer.concat(lines.map((line, i) => Buffer.from(i === 2 ? damage(line) : line))))
      const { store, warnings } = await openJournal(path)
      const offset = Buffer.byteLength(lines[0]! + lines[1]!)
      for (let i = 0; i < 2; i++) expect(numbersOf(await readAll(store))).toEqual([0, 1, 3, 4])
      expect(numbersOf(await store.tail(9))).toEqual([0, 1, 3, 4])
      expect(await store.get(2)).toBeUndefined()
      expect(warnings).toMatchObject([{ code: 'HISTORY_BAD_LINE', details: { line: 3, offset } }])
      expect((await store.append(makeIteration('next'))).iteration).toBe(5)
      const verdict = await verifyHistory(path)
      expect(verdict.ok).toBe(false)
      expect(verdict.issues).toMatchObject([
        { code: 'BAD_LINE', line: 3, offset },
        { code: 'GAP', message: 'iteration 2 is missing' },
      ])
    },
  )

  test('at the end gives its number to the next record', async () => {
    const lines = await linesOf(4)
    const path = fileOf(lines.slice(0, 3).join('') + lines[3]!.replace('LEVEL_', 'LEVELS_'))
    const { store } = await openJournal(path)
    expect((await store.append(makeIteration('next'))).iteration).toBe(3)
  })
})

describe('a file that another program touched', () => {
  test('with a byte order mark and CR LF line ends is read whole; verify names both', async () => {
    const lines = await linesOf(3)
    const path = fileOf(`\uFEFF${lines.map((line) => line.replace('\n', '\r\n')).join('')}`)
    const { store, warnings } = await openJournal(path)
    expect((await store.append(makeIteration('next'))).iteration).toBe(3)
    expect(numbersOf(await readAll(store))).toEqual(upTo(4))
    expect(warnings).toEqual([])
    const verdict = await verifyHistory(path)
    expect(verdict.ok).toBe(true)
    expect(codes(verdict.issues)).toEqual(['BOM', 'CRLF'])
  })

  test('two files joined: numbers go on behind the highest, verify names equal numbers and ids', async () => {
    const long = await linesOf(8)
    const short = (await linesOf(4)).concat(long[0]!)
    const path = fileOf(long.join('') + short.slice(0, 4).join('') + long[1]!)
    const { store, warnings } = await openJournal(path)
    expect(codes(warnings)).toEqual(['HISTORY_NUMBERS_OUT_OF_ORDER'])
    expect((await store.append(makeIteration('next'))).iteration).toBe(8)
    const verdict = await verifyHistory(path)
    expect(verdict.ok).toBe(false)
    expect(new Set(codes(verdict.issues))).toEqual(
      new Set(['DUPLICATE_NUMBER', 'OUT_OF_ORDER', 'DUPLICATE_ID']),
    )
    expect(verdict.issues.filter(({ code }) => code === 'DUPLICATE_NUMBER')).toHaveLength(5)
    expect(verdict.issues.filter(({ code }) => code === 'DUPLICATE_ID')).toMatchObject([{ line: 13 }])
  })

  test.each([
    [2_000, 300],
    [2_000, 1_990],
    [900, 600],
  ])('two long files joined (%i and %i records) are noticed without reading them whole', async (a, b) => {
    const lines = await linesOf(a)
    const path = fileOf(lines.concat(lines.slice(0, b)).join(''))
    const { store, warnings } = await openJournal(path)
    expect((await store.append(makeIteration('next'))).iteration).toBe(a)
    expect(codes(warnings)).toEqual(['HISTORY_NUMBERS_OUT_OF_ORDER'])
  })

  test('a record of a newer schema is read with the fields that are known and its number counts', async () => {
    const lines = await linesOf(2)
    const alike = JSON.stringify({
      ...JSON.parse(lines[1]!),
      schema: 2,
      iteration: 2,
      id: `${'0'.repeat(8)}-0000-7000-8000-000000000001`,
      colour: { of: 'tomorrow' },
    })
    const other = JSON.stringify({
      schema: 3,
      kind: 'iteration',
      id: 'x',
      iteration: 3,
      execution: { status: 'paused' },
      level: 'LEVEL_1',
    })
    const path = fileOf(`${lines.join('')}${alike}\n${other}\n`)
    const { store, warnings } = await openJournal(path)
    const records = await readAll(store)
    expect(records[2]).toMatchObject({
      kind: 'iteration',
      schema: 2,
      iteration: 2,
      colour: { of: 'tomorrow' },
    })
    expect(records[3]).toMatchObject({
      kind: 'newer',
      recordKind: 'iteration',
      iteration: 3,
      known: { level: 'LEVEL_1' },
    })
    expect((await store.append(makeIteration('next'))).iteration).toBe(4)
    expect(codes(warnings)).toEqual(['HISTORY_NEWER_SCHEMA'])
    expect(await verifyHistory(path)).toMatchObject({
      ok: true,
      issues: [{ code: 'NEWER_SCHEMA', severity: 'info' }],
    })
  })
})

describe('a file that is no history is refused and left as it was', () => {
  const files: [string, string | Buffer][] = [
    ['a CSV file', 'date,close\n2020-01-01,1\n2020-01-02,2\n'],
    ['one line of text', 'hello'],
    ['other JSON lines', '{"a":1}\n{"a":2}\n'],
    ['a binary file', Buffer.from(upTo(5_000).map((i) => (i * 7919) % 256))],
    ['the older flat format', '{"iteration_num":0,"metrics":{}}\n'],
  ]
  test.each(files)('%s', async (_, content) => {
    const path = fileOf(content)
    await expect(openJournal(path)).rejects.toMatchObject({
      code: 'HISTORY_NOT_A_HISTORY',
      details: { path },
    })
    expect(readFileSync(path)).toEqual(Buffer.from(content))
  })
})

test('a record of 64 MB is appended, read, found and numbered', async () => {
  const path = join(temporaryFolder(), 'history.jsonl')
  const { store } = await openJournal(path)
  await store.append(makeIteration(0))
  const feedback = 'Turnover is high: é動. '.repeat((64 << 20) / 26)
  await store.append({ ...makeIteration(1), feedback })
  const { store: again } = await openJournal(path)
  expect((await again.append(makeIteration(2))).iteration).toBe(2)
  const records = await readAll(again)
  expect(numbersOf(records)).toEqual([0, 1, 2])
  expect((records[1] as { feedback: string }).feedback === feedback).toBe(true)
  expect((await again.tail(2))[0]!.feedback.length).toBe(feedback.length)
  expect((await again.get(1))!.feedback.length).toBe(feedback.length)
  expect((await verifyHistory(path)).ok).toBe(true)
}, 60_000)

test('an id whose line was damaged since it was stored is stored again; one of a newer schema is given back as it stands', async () => {
  const lines = await linesOf(3)
  const [damaged, newer] = [JSON.parse(lines[1]!).id, `${'0'.repeat(8)}-0000-7000-8000-000000000001`]
  const path = fileOf(
    `${lines[0]}${lines[1]!.replace('LEVEL_', 'LEVELS_')}${lines[2]}${JSON.stringify({ schema: 9, kind: 'note', id: newer, mood: 'new' })}\n`,
  )
  const { store, warnings } = await openJournal(path)
  expect((await store.append({ ...makeIteration('again'), id: damaged })).iteration).toBe(3)
  expect(await store.append({ ...makeIteration('again'), id: newer })).toMatchObject({
    schema: 9,
    mood: 'new',
  })
  expect(numbersOf(await readAll(store))).toEqual([0, 2, 3])
  expect(codes(warnings)).toEqual(['HISTORY_BAD_LINE', 'HISTORY_NEWER_SCHEMA'])
})

test('an id whose line is damaged while the store is open is stored again', async () => {
  const path = join(temporaryFolder(), 'history.jsonl')
  const { store } = await openJournal(path)
  const draft = { ...makeIteration(0), id: store.newId() }
  await store.append(draft)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace('LEVEL_', 'LEVEL-'))
  expect((await store.append(draft)).iteration).toBe(1)
})

test('a bad line that another appends to an open history costs no number and is warned about', async () => {
  const path = join(temporaryFolder(), 'history.jsonl')
  const { store, warnings } = await openJournal(path)
  await store.append(makeIteration(0))
  appendFileSync(path, 'not a record\n')
  expect((await store.append(makeIteration(1))).iteration).toBe(1)
  expect(warnings).toMatchObject([{ code: 'HISTORY_BAD_LINE', details: { line: 2 } }])
})

test('more than a hundred issues of a kind are counted, and a gap of many is one', async () => {
  const lines = await linesOf(8)
  const path = fileOf(lines[0] + 'x\n'.repeat(250) + lines[1] + lines[7])
  const { issues } = await verifyHistory(path)
  expect(issues.filter(({ code }) => code === 'BAD_LINE')).toHaveLength(101)
  expect(issues.map(({ message }) => message)).toContain('and 150 more of BAD_LINE')
  expect(issues.map(({ message }) => message)).toContain('iterations 2 to 6 are missing')
})

test('links that go round in circles are an error that names the path', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'history.jsonl')
  symlinkSync(path, join(folder, 'other'))
  symlinkSync(join(folder, 'other'), path)
  await expect(openJournal(path)).rejects.toMatchObject({
    code: 'HISTORY_IO',
    details: { path, errno: 'ELOOP' },
  })
})

test('all ways to one file share one lock and one numbering, a symbolic link too', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'link'))
  const { store: a } = await openJournal(join(folder, 'real', 'history.jsonl'))
  const { store: b } = await openJournal(join(folder, 'link', 'history.jsonl'))
  expect(b.path).toBe(a.path)
  for (let i = 0; i < 10; i++) await (i % 2 ? a : b).append(makeIteration(i))
  expect(numbersOf(await readAll(a))).toEqual(upTo(10))
})

test('a history that is deleted, replaced or cut short while it is open is not written any more', async () => {
  for (const change of [
    (path: string) => rmSync(path),
    (path: string) => writeFileSync(path, ''),
    (path: string) => {
      const content = readFileSync(path)
      rmSync(path)
      appendFileSync(path, content)
    },
  ]) {
    const path = join(temporaryFolder(), 'history.jsonl')
    const { store } = await openJournal(path)
    await store.append(makeIteration(0))
    change(path)
    // The system may give a new file the number of the deleted one; then it is the same file for all that matters.
    const outcome = await store.append(makeIteration(1)).then(
      (record) => record.iteration,
      (error) => error.code,
    )
    expect(['HISTORY_REPLACED', 1]).toContain(outcome)
  }
})
