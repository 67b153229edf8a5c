import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportCsv, exportJsonLines } from '../../src/history/export.js'
import { importHistory } from '../../src/history/import.js'
import type { IterationRecord } from '../../src/history/record.js'
import { makeIteration, makeNote } from '../../src/testing/records.js'
import { numbersOf, openJournal, readAll, temporaryFolder, upTo } from './support.js'

async function exported(path: string) {
  const bad: number[] = []
  const parts: Buffer[] = []
  for await (const line of exportJsonLines(path, ({ line }) => bad.push(line))) parts.push(line)
  return { bytes: Buffer.concat(parts), bad }
}

async function historyOf(n: number) {
  const { store } = await openJournal(join(temporaryFolder(), 'history.jsonl'))
  await store.appendMany(upTo(n).map((i) => makeIteration(i)))
  await store.append(makeNote('end'))
  return store
}

async function emptyHistory() {
  return (await openJournal(join(temporaryFolder(), 'history.jsonl'))).store
}

/** A file to import. */
function given(content: unknown): string {
  const path = join(temporaryFolder(), 'given.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const flat = (n: number, more: object = {}) => ({
  iteration_num: n,
  generation_method: n % 2 ? 'llm' : 'factor_graph',
  strategy_code: `import pandas as pd\nprint(${n})`,
  strategy_id: `s${n}`,
  strategy_generation: 2,
  execution_result: { success: true, execution_time: 1.5 },
  metrics: { sharpe_ratio: 1.25, total_return: 0.4, max_drawdown: 0.2, win_rate: 0.5 },
  classification_level: 'LEVEL_3',
  timestamp: '2025-10-28T12:34:56.789012',
  champion_updated: n === 0,
  feedback_used: 'try harder',
  ...more,
})

describe('export', () => {
  test('gives the lines back untouched, also of a newer schema, and leaves out and names a bad one', async () => {
    const store = await historyOf(5)
    const before = readFileSync(store.path)
    expect((await exported(store.path)).bytes).toEqual(before)
    const newer = '{"schema":7,  "kind":"dream","id":"z","of":{"sheep":1.0}}\n'
    appendFileSync(store.path, `{"broken\n${newer}torn`)
    const { bytes, bad } = await exported(store.path)
    expect(bytes.toString()).toBe(before.toString() + newer)
    expect(bad).toEqual([7])
  })

  test('as CSV has one row an iteration, with quotes where they are needed and no formula', async () => {
    const store = await emptyHistory()
    await store.append(makeNote('no row'))
    await store.append({
      ...makeIteration(1),
      method: 'factor_graph',
      requested: 'llm',
      strategy: { hash: 'abc', name: '=SUM(A1), "quoted"', graph: null },
      execution: { status: 'success', durationMs: 12 },
      metrics: { train: { sharpe: -1.5, calmar: null }, validation: null },
      champion: { updated: true, because: 'first\nchampion', previous: null },
    })
    let csv = ''
    for await (const part of exportCsv(store)) csv += part
    const [header, ...rest] = csv.split(/\n(?=[^c])/)
    const row = rest.join('\n')
    expect(header!.split(',').slice(0, 9)).toEqual(
      'iteration,timestamp,id,requested,method,proposer,trials,hash,name'.split(','),
    )
    expect(row).toContain(`,abc,"'=SUM(A1), ""quoted""",`)
    expect(row).toContain(',success,12,,,-1.5,')
    expect(row).toContain('true,"first\nchampion"\n')
    expect(csv.match(/^\d+,/gm)).toEqual(['0,'])
  })
})

describe('export of what is incomplete', () => {
  test('a record without strategy, metrics or error has empty cells; one that failed has its error', async () => {
    const store = await emptyHistory()
    const bare = { ...makeIteration(0), strategy: null, metrics: null, level: 'LEVEL_0' as const }
    const error = { category: 'limit', code: 'TOO_DEEP', message: 'depth 31' }
    await store.append({ ...bare, execution: { status: 'rejected', durationMs: 0, error } })
    await store.append({ ...bare, execution: { status: 'ruined', durationMs: 5 } })
    let csv = ''
    for await (const part of exportCsv(store)) csv += part
    const [header, ...rows] = csv.trimEnd().split('\n')
    const cells = (row: string) => {
      const values = row.split(',')
      return Object.fromEntries(header!.split(',').map((name, i) => [name, values[i]]))
    }
    expect(cells(rows[0]!)).toMatchObject({
      hash: '',
      name: '',
      level: 'LEVEL_0',
      status: 'rejected',
      errorCategory: 'limit',
      error: 'depth 31',
      trainSharpe: '',
      validationTrades: '',
    })
    expect(cells(rows[1]!)).toMatchObject({ status: 'ruined', durationMs: '5', errorCategory: '', error: '' })
  })

  test('a history of notes alone is a header alone, and bad lines need no listener', async () => {
    const store = await emptyHistory()
    await store.append(makeNote('a'))
    const parts: string[] = []
    for await (const part of exportCsv(store)) parts.push(part)
    expect(parts).toEqual([expect.stringMatching(/^iteration,.*championBecause\n$/)])
    const before = readFileSync(store.path)
    appendFileSync(store.path, '{"broken\n')
    const lines: Buffer[] = []
    for await (const line of exportJsonLines(store.path)) lines.push(line)
    expect(Buffer.concat(lines)).toEqual(before)
  })
})

describe('import of this package’s records', () => {
  test('into an empty history keeps them all and their numbers; repeating it stores nothing', async () => {
    const store = await historyOf(600)
    const target = await emptyHistory()
    expect(await importHistory(target, store.path)).toEqual({ imported: 601, present: 0, refused: [] })
    expect(await importHistory(target, store.path)).toEqual({ imported: 0, present: 601, refused: [] })
    const strip = (records: object[]) => records.map((record) => ({ ...record, imported: undefined }))
    expect(strip(await readAll(target))).toEqual(strip(await readAll(store)))
  })

  test('behind other records gives new numbers and keeps the old in `imported`', async () => {
    const store = await historyOf(3)
    const target = await historyOf(2)
    await importHistory(target, store.path)
    const records = (await readAll(target)).filter((r): r is IterationRecord => r.kind === 'iteration')
    expect(records.map((r) => [r.iteration, r.imported?.iteration])).toEqual([
      [0, undefined],
      [1, undefined],
      [2, 0],
      [3, 1],
      [4, 2],
    ])
  })

  test('lists what does not fit with its line, and keeps the rest', async () => {
    const store = await historyOf(3)
    const lines = readFileSync(store.path, 'utf8').trimEnd().split('\n')
    lines[1] = lines[1]!.slice(0, 50)
    lines.splice(2, 0, '', '{"schema":2,"kind":"later","id":"q"}')
    const target = await emptyHistory()
    const result = await importHistory(target, given(`\uFEFF${lines.join('\r\n')}`))
    expect(result).toMatchObject({
      imported: 3,
      refused: [
        { position: 'line 2', because: expect.stringContaining('not JSON') },
        { position: 'line 4', because: expect.stringContaining('schema 2') },
      ],
    })
  })
})

describe('an import that meets', () => {
  const line = (record: object) => `${JSON.stringify(record)}\n`
  const record = (n: number, more: object = {}) => ({
    schema: 1,
    id: `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    iteration: n,
    timestamp: '2026-01-02T00:00:00.000Z',
    ...makeIteration(n),
    ...more,
  })
  let deep: unknown = 1
  for (let i = 0; i < 300; i++) deep = [deep]

  test('a record that the store refuses keeps the others of its batch, and those that stood', async () => {
    const target = await emptyHistory()
    await target.append({ ...makeIteration(0), id: record(0).id })
    const path = given([0, 1, 2].map((n) => line(record(n, n === 1 ? { deep } : {}))).join(''))
    expect(await importHistory(target, path)).toEqual({
      imported: 1,
      present: 1,
      refused: [{ position: 'line 2', because: expect.stringContaining('nested more than 200 deep') }],
    })
  })

  test('a disk that fails stops with its error, in a batch and in what is tried one by one', async () => {
    for (const refused of [{}, { deep }]) {
      const { store } = await openJournal(join(temporaryFolder(), 'history.jsonl'), {
        system: {
          write: () => {
            throw Object.assign(new Error('full'), { code: 'ENOSPC' })
          },
        },
      })
      const path = given(line(record(0)) + line(record(1, refused)))
      await expect(importHistory(store, path)).rejects.toMatchObject({ code: 'HISTORY_NO_SPACE' })
    }
  })

  test('a newer schema lists it, also where all of its fields are known', async () => {
    const target = await emptyHistory()
    const path = given(
      line(record(0)) + line(record(1, { schema: 2 })) + line(record(2, { schema: 3, level: 'X' })),
    )
    expect(await importHistory(target, path)).toEqual({
      imported: 1,
      present: 0,
      refused: [
        { position: 'line 2', because: expect.stringContaining('schema 2, newer') },
        { position: 'line 3', because: expect.stringContaining('schema 3, newer') },
      ],
    })
  })

  test('bytes that are no UTF-8 and records that do not fit lists their lines', async () => {
    const target = await emptyHistory()
    const path = given(line(record(0)))
    appendFileSync(path, Buffer.from([0x22, 0xff, 0xfe, 0x22, 10]))
    appendFileSync(path, `${line(record(2, { method: 'guess' }))}${line([1])}`)
    expect((await importHistory(target, path)).refused).toEqual([
      { position: 'line 2', because: 'is not valid UTF-8' },
      { position: 'line 3', because: expect.stringMatching(/^method: /) },
      { position: 'line 4', because: 'is not a JSON object' },
    ])
  })

  test('one record alone, over several lines, imports it', async () => {
    const target = await emptyHistory()
    expect((await importHistory(target, given(JSON.stringify(flat(0), null, 2)))).imported).toBe(1)
    await expect(importHistory(target, given('null\n'))).rejects.toMatchObject({ code: 'IMPORT_NOT_RECORDS' })
  })

  test('a last line without an end that is longer than any buffer reads it whole', async () => {
    const target = await emptyHistory()
    const long = record(1, { feedback: 'x'.repeat(400_000) })
    expect((await importHistory(target, given(line(record(0)) + JSON.stringify(long)))).imported).toBe(2)
    expect((await target.get(1))!.feedback).toHaveLength(400_000)
  })

  test('one JSON value of more than 256 MB asks for JSON lines before it reads it', async () => {
    const target = await emptyHistory()
    const path = given('[')
    // A file with a hole: it has the size, not the bytes.
    truncateSync(path, 257 << 20)
    await expect(importHistory(target, path)).rejects.toMatchObject({
      code: 'IMPORT_TOO_LARGE',
      details: { path },
    })
  })

  test('a folder names it', async () => {
    const target = await emptyHistory()
    await expect(importHistory(target, temporaryFolder())).rejects.toMatchObject({
      code: 'HISTORY_IS_DIRECTORY',
    })
  })
})

describe('import of the older flat format', () => {
  const forms: [string, (records: object[]) => string][] = [
    ['a JSON array', (records) => JSON.stringify(records)],
    ['an indented JSON array', (records) => JSON.stringify(records, null, 2)],
    ['{"records": […]}', (records) => JSON.stringify({ version: 1, records })],
    ['{"records": […]}, indented', (records) => JSON.stringify({ records }, null, 2)],
    ['JSON lines', (records) => records.map((record) => JSON.stringify(record)).join('\n')],
    ['JSON lines with an end', (records) => records.map((record) => `${JSON.stringify(record)}\n`).join('')],
  ]
  test.each(forms)('from %s stores each once, however often', async (_, form) => {
    const target = await emptyHistory()
    const path = given(form(upTo(5).map((i) => flat(i))))
    expect(await importHistory(target, path)).toEqual({ imported: 5, present: 0, refused: [] })
    expect(await importHistory(target, path)).toEqual({ imported: 0, present: 5, refused: [] })
    expect(numbersOf(await readAll(target))).toEqual(upTo(5))
  })

  test('maps every field; code stays text, drawdowns are negative', async () => {
    const target = await emptyHistory()
    await importHistory(target, given([flat(7, { extra: { kept: true } })]))
    expect(await target.get(0)).toMatchObject({
      timestamp: '2025-10-28T12:34:56.789Z',
      run: null,
      method: 'llm',
      strategy: {
        name: 's7 (generation 2)',
        graph: null,
        language: 'python',
        code: 'import pandas as pd\nprint(7)',
      },
      execution: { status: 'success', durationMs: 1500 },
      metrics: {
        train: { sharpe: 1.25, totalReturn: 0.4, maxDrawdown: -0.2, winRate: 0.5 },
        validation: null,
      },
      level: 'LEVEL_3',
      champion: { updated: false },
      feedback: 'try harder',
      imported: { format: 'flat', iteration: 7, rest: { extra: { kept: true } } },
    })
  })

  test('reads failures, in both spellings of that time, as failures', async () => {
    const target = await emptyHistory()
    const results = [
      { success: false, error_type: 'KeyError', error_message: 'no field' },
      { status: 'error', error: 'boom' },
      { status: 'timeout', error_message: 'too slow' },
      { status: 'success' },
      { success: false },
    ]
    const records = results.map((execution_result, i) =>
      flat(i, {
        execution_result,
        metrics: {},
        classification_level: i,
        ...(i > 3 ? { classification_level: null } : {}),
      }),
    )
    await importHistory(target, given(records))
    const read = (await readAll(target)) as IterationRecord[]
    expect(read.map((r) => r.execution.status)).toEqual(['error', 'error', 'timeout', 'success', 'error'])
    expect(read.map((r) => r.level)).toEqual(['LEVEL_0', 'LEVEL_1', 'LEVEL_2', 'LEVEL_3', 'LEVEL_0'])
    expect(read[0]!.execution).toMatchObject({ error: { category: 'KeyError', message: 'no field' } })
    expect(read.every((r) => r.metrics === null)).toBe(true)
  })

  test('keeps out and lists what does not fit, by its place', async () => {
    const target = await emptyHistory()
    const result = await importHistory(
      target,
      given([
        flat(0),
        flat(-1),
        flat(2, { timestamp: 'yesterday' }),
        flat(3, { classification_level: 'GREAT' }),
        'text',
        flat(5),
      ]),
    )
    expect(result.imported).toBe(2)
    expect(result.refused.map(({ position, because }) => `${position}: ${because}`)).toEqual([
      expect.stringContaining('record 1: iteration_num'),
      expect.stringContaining('record 2: timestamp'),
      expect.stringContaining('record 3: classification_level'),
      expect.stringContaining('record 4: is not a JSON object'),
    ])
  })

  test('redacts its texts as any other', async () => {
    const target = await emptyHistory()
    await importHistory(target, given([flat(0, { strategy_code: `key = "sk-${'aB3'.repeat(10)}"` })]))
    expect(readFileSync(target.path, 'utf8')).not.toContain('sk-aB3')
  })
})

test('a file without any such record, and one that is not there, are errors', async () => {
  const target = await emptyHistory()
  for (const content of ['date,close\n1,2\n', '{"a":1}\n', '[1,2,3]', '[{"iteration_num"']) {
    await expect(importHistory(target, given(content))).rejects.toMatchObject({ code: 'IMPORT_NOT_RECORDS' })
  }
  await expect(importHistory(target, join(temporaryFolder(), 'none'))).rejects.toMatchObject({
    code: 'HISTORY_MISSING',
  })
  expect(await readAll(target)).toEqual([])
  expect(await importHistory(target, given(''))).toEqual({ imported: 0, present: 0, refused: [] })
})
