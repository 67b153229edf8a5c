import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { cpus, platform, release, tmpdir, totalmem } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { foldHistory } from '../src/history/fold-history.js'
import { JournalStore } from '../src/history/journal-store.js'
import { createRedactor } from '../src/history/redact.js'
import { makeIteration } from '../src/testing/records.js'
import { type Figure, recordResult } from './record-result.js'

/*
 * What the history costs: appends against the rewrite-the-whole-file way in one run, opening for append, and folding
 * 100 000 records of 3 KB. `npm run bench -- history`; a folder on the disk to measure may be given to the script itself.
 * With `--record` the figures are appended to results/history.jsonl: on a machine that does nothing else.
 */

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { record: { type: 'boolean', default: false } },
})
const RECORD_BYTES = 3_000
const folder = mkdtempSync(join(positionals[0] ?? tmpdir(), 'alphaloop-bench-'))
const figures: Figure[] = []
const print = (name: string, value: number, unit: string, note = '') => {
  figures.push({ name, value: Number(value.toPrecision(4)), unit })
  console.log(
    `${name.padEnd(58)} ${value.toFixed(value < 10 ? 2 : 0).padStart(9)} ${unit.padEnd(12)} ${note}`,
  )
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  const began = performance.now()
  const result = await work()
  return [performance.now() - began, result]
}

async function fill(path: string, n: number): Promise<JournalStore> {
  const store = await JournalStore.open(path)
  for (let i = 0; i < n; i += 1_000) {
    await store.appendMany(
      Array.from({ length: Math.min(1_000, n - i) }, (_, j) => makeIteration(i + j, RECORD_BYTES)),
    )
  }
  return store
}

/** Milliseconds an append, the median of single ones; the stores take turns, so that they see the same disk. */
async function appendCosts(stores: readonly JournalStore[], n: number): Promise<number[]> {
  const times = stores.map(() => [] as number[])
  for (let i = 0; i < n; i++) {
    for (const [k, store] of stores.entries()) {
      const draft = makeIteration(`more ${i}`, RECORD_BYTES)
      times[k]!.push((await timed(() => store.append(draft)))[0])
    }
  }
  return times.map(median)
}

/** The way to beat: read all, add one, write a temporary file with a UUID in its name, sync, rename. */
async function rewriteCost(path: string, n: number): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < n; i++) {
    const draft = makeIteration(`more ${i}`, RECORD_BYTES)
    const [ms] = await timed(async () => {
      const records = (await readFile(path, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown)
      records.push({ ...draft, iteration: records.length })
      const temporary = join(folder, `${randomUUID()}.tmp`)
      const file = await open(temporary, 'w')
      await file.writeFile(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
      await file.sync()
      await file.close()
      await rename(temporary, path)
    })
    times.push(ms)
  }
  return median(times)
}

try {
  const [cpu] = cpus()
  console.log(
    `${cpu?.model.trim()} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()}, Node ${process.version}`,
  )
  const handle = await open(join(folder, 'raw'), 'a')
  const bytes = Buffer.alloc(RECORD_BYTES, 'x')
  const raw: number[] = []
  for (let i = 0; i < 300; i++) {
    const [ms] = await timed(async () => {
      await handle.write(bytes)
      await handle.datasync()
    })
    raw.push(ms)
  }
  await handle.close()
  print('the disk itself: write 3 KB and sync', median(raw), 'ms')

  const redactor = createRedactor()
  const sample = makeIteration('redact', RECORD_BYTES)
  const [redaction] = await timed(async () => {
    for (let i = 0; i < 2_000; i++) redactor.value(sample)
  })
  print('redacting one record of 3 KB', (redaction / 2_000) * 1000, 'µs')

  const few = await fill(join(folder, 'few', 'history.jsonl'), 10)
  const ten = join(folder, 'ten', 'history.jsonl')
  const store = await fill(ten, 10_000)
  const large = join(folder, 'large', 'history.jsonl')
  const many = await fill(large, 100_000)
  const [atTen, append, atMany] = (await appendCosts([few, store, many], 400)) as [number, number, number]
  print('append at 10 records', atTen, 'ms')
  print('append at 10 000 records', append, 'ms', `${Math.round(1000 / append)} a second`)
  print('append at 100 000 records', atMany, 'ms')
  const batches: number[] = []
  for (let i = 0; i < 200; i++) {
    const batch = Array.from({ length: 8 }, (_, j) => makeIteration(`batch ${i} ${j}`, RECORD_BYTES))
    batches.push((await timed(() => store.appendMany(batch)))[0])
  }
  const batch = median(batches)
  print('append a batch of 8 at 10 000 records', batch, 'ms', `${Math.round(8000 / batch)} records a second`)
  await store.close()
  await few.close()
  await many.close()
  const old = join(folder, 'old.jsonl')
  writeFileSync(old, await readFile(ten))
  const rewrite = await rewriteCost(old, 7)
  print('rewrite the whole file at 10 000 records', rewrite, 'ms', `${(1000 / rewrite).toFixed(1)} a second`)
  print('append is faster by', rewrite / append, 'times', 'expected: 50 or more')

  print('100 000 records', statSync(large).size / 2 ** 20, 'MiB')
  const opens: number[] = []
  for (let i = 0; i < 9; i++) {
    const [ms, opened] = await timed(() => JournalStore.open(large))
    opens.push(ms)
    await opened.close()
  }
  print('open for append at 100 000 records', median(opens), 'ms', `first ${opens[0]!.toFixed(1)}; target 50`)
  const reader = await JournalStore.open(large)
  const levels = {
    name: 'levels',
    version: 1,
    initial: () => ({ n: 0 }),
    apply(state: { n: number }, record: { kind: string }) {
      if (record.kind === 'iteration') state.n++
      return state
    },
  }
  const snapshot = join(folder, 'snapshot.json')
  const [fold, folded] = await timed(() => foldHistory(reader, { levels }, { snapshot }))
  print('fold 100 000 records of 3 KB', fold / 1000, 's', `${folded.states.levels.n} iterations; target 4`)
  const [again] = await timed(() => foldHistory(reader, { levels }, { snapshot }))
  print('fold again with its snapshot', again, 'ms')
  print('find iteration 77 777', (await timed(() => reader.get(77_777)))[0], 'ms')
  print('the last 5 iterations', (await timed(() => reader.tail(5)))[0], 'ms')
  await reader.close()
  if (flags.record) {
    const path = recordResult('history', { workload: `records of ${RECORD_BYTES} bytes`, figures })
    console.log(`recorded in ${relative(process.cwd(), path)}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
