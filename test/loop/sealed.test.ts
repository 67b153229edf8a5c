import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { splitBars } from '../../src/validation/splits.js'
import { cli, startCli, temporaryFolder } from '../support/cli.js'
import { historyOf, readHistory, recorded } from '../support/histories.js'

const BARS = 500
const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF']
const { validation } = splitBars(BARS)
const LAST_SEEN = validation.end

const dates = Array.from({ length: BARS }, (_, t) =>
  new Date(Date.UTC(2018, 0, 1 + t)).toISOString().slice(0, 10),
)

/** A market whose bars after validation are multiplied by `sealed`. */
function csv(sealed: number, more: readonly string[] = []): string {
  const rng = createRng('sealed')
  const rows = ['date,symbol,open,high,low,close,volume']
  const price = SYMBOLS.map(() => 20 + 50 * rng.next())
  for (let t = 0; t < BARS; t++)
    SYMBOLS.forEach((symbol, i) => {
      const open = price[i]! * (1 + 0.01 * rng.normal())
      price[i] = price[i]! * (1 + 0.0008 + 0.015 * rng.normal())
      const close = price[i]!
      const by = t > LAST_SEEN ? sealed : 1
      const [high, low] = [Math.max(open, close) * 1.005, Math.min(open, close) * 0.995]
      rows.push(
        [dates[t], symbol, open * by, high * by, low * by, close * by, 1000 + rng.int(0, 5000)].join(),
      )
    })
  return `${[...rows, ...more].join('\n')}\n`
}

const runArgs = (data: string, runDir: string, iterations = 12) => [
  'run',
  '--data',
  data,
  '--iterations',
  String(iterations),
  '--run-dir',
  runDir,
  '--no-llm',
  '--json',
  '--seed',
  '2',
]

/** Everything of a history but where the data lies. */
const comparable = (runDir: string) =>
  JSON.parse(JSON.stringify(historyOf(runDir)).replaceAll(/"source":"[^"]*"/g, '"source":""'))

test('the run needs no byte of a sealed row: with all of them gone from the cache its history is the same', async () => {
  const cwd = temporaryFolder()
  const cache = join(cwd, 'cache')
  const options = { cwd, env: { ALPHALOOP_CACHE_DIR: cache } }
  writeFileSync(join(cwd, 'data.csv'), csv(1))
  expect((await cli(runArgs('data.csv', 'before'), options)).code).toBe(0)
  const entries = readdirSync(join(cache, 'panels'))
  expect(entries).toHaveLength(1)
  const entry = join(cache, 'panels', entries[0]!)
  const seen = (LAST_SEEN + 1) * SYMBOLS.length
  let cut = 0
  for (const name of readdirSync(entry)) {
    const width = name.endsWith('.f64') ? 8 : name.endsWith('.i32') ? 4 : 0
    if (width === 0) continue
    expect(readFileSync(join(entry, name)).length).toBe(BARS * SYMBOLS.length * width)
    truncateSync(join(entry, name), seen * width)
    cut++
  }
  expect(cut).toBeGreaterThanOrEqual(5)
  expect((await cli(runArgs('data.csv', 'after'), options)).code).toBe(0)
  expect(historyOf(join(cwd, 'after'))).toEqual(historyOf(join(cwd, 'before')))
  // The entry was used as it is, not built anew.
  expect(readFileSync(join(entry, '0.f64')).length).toBe(seen * 8)
})

test('one bar less than validation in the cache is noticed: the cut above takes exactly the sealed rows', async () => {
  const cwd = temporaryFolder()
  const cache = join(cwd, 'cache')
  const options = { cwd, env: { ALPHALOOP_CACHE_DIR: cache } }
  writeFileSync(join(cwd, 'data.csv'), csv(1))
  await cli(runArgs('data.csv', 'run', 1), options)
  const entry = join(cache, 'panels', readdirSync(join(cache, 'panels'))[0]!)
  truncateSync(join(entry, '0.f64'), LAST_SEEN * SYMBOLS.length * 8)
  expect((await cli(runArgs('data.csv', 'again', 1), options)).code).toBe(0)
  expect(readFileSync(join(entry, '0.f64')).length).toBe(BARS * SYMBOLS.length * 8)
})

test('sealed rows with other values, other symbols or more of them change neither the data hash nor the history', async () => {
  const cwd = temporaryFolder()
  const listed = dates.slice(-20).map((date) => `${date},NEW,10,11,9,10,5000`)
  const appended = SYMBOLS.map((symbol) => `2031-01-01,${symbol},1,1,1,1,1`)
  writeFileSync(join(cwd, 'one.csv'), csv(1))
  writeFileSync(join(cwd, 'other.csv'), csv(31_415_926))
  writeFileSync(join(cwd, 'listed.csv'), csv(1, listed))
  writeFileSync(join(cwd, 'longer.csv'), csv(1, appended))
  expect((await cli(runArgs('one.csv', 'one'), { cwd })).code).toBe(0)
  expect((await cli(runArgs('other.csv', 'other'), { cwd })).code).toBe(0)
  expect(comparable(join(cwd, 'other'))).toEqual(comparable(join(cwd, 'one')))
  expect((await cli(runArgs('listed.csv', 'listed'), { cwd })).code).toBe(0)
  expect(comparable(join(cwd, 'listed'))).toEqual(comparable(join(cwd, 'one')))
  // Data that has grown since: the run keeps its boundaries, and goes on.
  const grown = await cli(runArgs('longer.csv', 'one', 14), { cwd })
  expect(grown.code, grown.stderr).toBe(0)
  const changes = readHistory(join(cwd, 'one')).filter(({ kind }) => kind === 'change')
  expect(changes).toHaveLength(1)
})

const canReadMemory = process.platform === 'linux' && process.getuid?.() === 0

test.skipIf(!canReadMemory)(
  'the memory of the running loop holds no sealed price (needs Linux and root to look)',
  async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'data.csv'), csv(31_415_926.535))
    const { child, done } = startCli(runArgs('data.csv', 'run', 400), { cwd })
    await recorded(join(cwd, 'run'), 3, done)
    child.kill('SIGSTOP')
    const text = readFileSync(join(cwd, 'data.csv'), 'utf8').split('\n')
    const closeOf = (row: string) => Number(row.split(',')[5])
    const rowsOf = (from: number, to: number) =>
      text.slice(1 + from * SYMBOLS.length, 1 + to * SYMBOLS.length)
    const sealed = new Set(rowsOf(LAST_SEEN + 1, BARS).map((row) => keyOf(closeOf(row))))
    const open = new Set(rowsOf(0, LAST_SEEN + 1).map((row) => keyOf(closeOf(row))))
    const found = searchMemory(child.pid!, sealed, open)
    child.kill('SIGKILL')
    await done
    // That it looks in the right place shows in the rows that the loop may see.
    expect(found.open).toBe(open.size)
    expect(found.sealed).toBe(0)
  },
)

const keyOf = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value, true)
  return view.getBigUint64(0, true)
}

const CHUNK = 1 << 22

/** What can be read there; empty where the mapping has no memory behind it. */
function readAt(memory: number, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  try {
    return bytes.subarray(0, readSync(memory, bytes, 0, length, at) & ~7)
  } catch {
    return bytes.subarray(0, 0)
  }
}

/** How many of the given float64 values stand anywhere in the writable memory of a process, 8-byte aligned. */
function searchMemory(pid: number, sealed: ReadonlySet<bigint>, open: ReadonlySet<bigint>) {
  const seen = { sealed: new Set<bigint>(), open: new Set<bigint>() }
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  // A sieve on the high bytes first: looking up millions of words in a set is slow.
  const heads = new Set([...sealed, ...open].map((word) => Number(word >> 32n)))
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [range = '', access = ''] = line.split(' ')
      if (!access.startsWith('rw')) continue
      const [from, to] = range.split('-').map((hex) => Number.parseInt(hex!, 16)) as [number, number]
      for (let at = from; at < to; at += CHUNK) {
        const bytes = readAt(memory, at, Math.min(CHUNK, to - at))
        const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
        for (let i = 0; i + 1 < words.length; i += 2) {
          if (!heads.has(words[i + 1]!)) continue
          const word = (BigInt(words[i + 1]!) << 32n) | BigInt(words[i]!)
          if (sealed.has(word)) seen.sealed.add(word)
          else if (open.has(word)) seen.open.add(word)
        }
      }
    }
  } finally {
    closeSync(memory)
  }
  return { sealed: seen.sealed.size, open: seen.open.size }
}
