import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { panelHash, panelPrefix } from '../../src/data/panel.js'
import { defaultCacheDir } from '../../src/data/sources/cache.js'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { writeTable } from '../../src/data/sources/write-table.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const freshCache = () => join(folder, `cache${count++}`)
const market = generateMarket({ symbols: 6, bars: 300 })
const path = join(folder, 'market.csv')
await writeTable(market, path)

const onlyEntry = (cacheDir: string) => {
  const entries = readdirSync(join(cacheDir, 'panels'))
  expect(entries).toHaveLength(1)
  return join(cacheDir, 'panels', entries[0]!)
}

describe('the data cache', () => {
  test('gives back what was read, after the source has been parsed once', async () => {
    const cacheDir = freshCache()
    const cold = await readPanel({ path, cacheDir })
    const warm = await readPanel({ path, cacheDir })
    expect(cold.hash).toBe(market.hash)
    expect(warm).toEqual(cold)
    expect(warm.fields.get('close')!.buffer).toBeInstanceOf(SharedArrayBuffer)
    onlyEntry(cacheDir)
  })

  test('knows other content and other options from these', async () => {
    const cacheDir = freshCache()
    const other = write('other.csv', ['date,close,adj_close', '2020-01-02,2,1'])
    const first = await readPanel({ path: other, cacheDir })
    const unadjusted = await readPanel({ path: other, cacheDir, unadjusted: true })
    writeFileSync(other, 'date,close,adj_close\n2020-01-02,4,1\n')
    const changed = await readPanel({ path: other, cacheDir })
    expect(new Set([first.hash, unadjusted.hash, changed.hash]).size).toBe(3)
    expect(readdirSync(join(cacheDir, 'panels'))).toHaveLength(3)
  })

  test('loads a prefix from its bytes alone: later rows can be gone from the disk', async () => {
    const cacheDir = freshCache()
    const full = await readPanel({ path, cacheDir })
    const dataset = await openDataset({ path, cacheDir })
    const bars = 117
    const entry = onlyEntry(cacheDir)
    for (const name of readdirSync(entry)) {
      if (name.endsWith('.f64')) truncateSync(join(entry, name), bars * 6 * 8)
      if (name.endsWith('.i32')) truncateSync(join(entry, name), bars * 6 * 4)
      if (name.endsWith('.u32')) truncateSync(join(entry, name), bars * 8 * 4)
    }
    const prefix = await dataset.load({ bars })
    expect(prefix).toEqual(panelPrefix(full, bars))
    expect(prefix.fields.get('close')!.buffer.byteLength).toBe(bars * 6 * 8)
    // The sealed rows are gone: one bar more cannot come from this entry, so it is made anew.
    expect((await dataset.load({ bars: bars + 1 })).hash).toBe(panelPrefix(full, bars + 1).hash)
  })

  test('until takes the bars up to and including a day', async () => {
    const dataset = await openDataset({ path, cacheDir: freshCache() })
    const until = market.dates[99]!
    expect((await dataset.load({ until })).dates.at(-1)).toBe(until)
    expect((await dataset.load({ until: '2999-01-01' })).dates).toHaveLength(300)
    expect((await errorOf(dataset.load({ until: '1999-01-01' }))).code).toBe('DATA_RANGE_EMPTY')
    expect((await errorOf(dataset.load({ bars: 301 }))).code).toBe('DATA_RANGE')
    expect((await errorOf(dataset.load({ bars: 0 }))).code).toBe('DATA_RANGE')
  })

  test.each(['0.f64', '7.i32', 'checksums.u32', 'meta.json'])(
    'rebuilds an entry whose %s was damaged',
    async (name) => {
      const cacheDir = freshCache()
      await readPanel({ path, cacheDir })
      const file = join(onlyEntry(cacheDir), name)
      for (const damage of ['flip', 'cut', 'remove'] as const) {
        if (damage === 'remove') rmSync(file)
        else {
          const bytes = readFileSync(file)
          const at = bytes.length >> 1
          bytes[at] = bytes[at]! ^ 1
          writeFileSync(file, damage === 'flip' ? bytes : bytes.subarray(0, at))
        }
        expect(panelHash(await readPanel({ path, cacheDir }))).toBe(market.hash)
        expect(existsSync(file)).toBe(true)
        expect(panelHash(await readPanel({ path, cacheDir }))).toBe(market.hash)
      }
    },
  )

  test('that cannot be written is a note, and the data is used without it', async () => {
    const cacheDir = write('a-file-in-the-way', 'x')
    const dataset = await openDataset({ path, cacheDir })
    expect(dataset.notes.join()).toContain('cannot be written')
    expect((await dataset.load({ bars: 50 })).hash).toBe(panelPrefix(market, 50).hash)
  })

  test.skipIf(process.getuid?.() === 0)(
    'in a folder without permission is a note, too (not as root)',
    async () => {
      const cacheDir = freshCache()
      mkdirSync(cacheDir)
      chmodSync(cacheDir, 0o500)
      expect((await openDataset({ path, cacheDir })).notes.join()).toContain('cannot be written')
    },
  )

  test('lies where the system keeps caches, or where the user says', () => {
    expect(defaultCacheDir({ ALPHALOOP_CACHE_DIR: '/a' }, 'linux')).toBe('/a')
    expect(defaultCacheDir({ XDG_CACHE_HOME: '/x', HOME: '/h' }, 'darwin')).toBe('/x/alphaloop')
    expect(defaultCacheDir({ HOME: '/h' }, 'linux')).toBe('/h/.cache/alphaloop')
    expect(defaultCacheDir({ HOME: '/h' }, 'darwin')).toBe('/h/Library/Caches/alphaloop')
  })

  test('serves several processes that fill it at once, and leaves nothing behind', async () => {
    const cacheDir = freshCache()
    const opened = await Promise.all(
      Array.from({ length: 4 }, () => openDataset({ path, cacheDir }, { isolate: 'child' })),
    )
    const panels = await Promise.all(opened.map((dataset) => dataset.load()))
    expect(new Set(panels.map(panelHash))).toEqual(new Set([market.hash]))
    onlyEntry(cacheDir)
  })
})

describe('an import in a child', () => {
  test('gives the parent the meta without values, and prefixes that equal those of an inline import', async () => {
    const cacheDir = freshCache()
    const dataset = await openDataset({ path, cacheDir }, { isolate: 'child' })
    expect(dataset.hash).toBe(market.hash)
    expect((await dataset.load({ bars: 200 })).hash).toBe(panelPrefix(market, 200).hash)
    expect(JSON.stringify(dataset.issues)).not.toContain('detail')
  })

  test('refuses with the same typed error', async () => {
    const bad = write('bad.csv', ['date,close', '2020-01-02,0'])
    const inline = await errorOf(openDataset({ path: bad, cacheDir: false }))
    const child = await errorOf(openDataset({ path: bad, cacheDir: false }, { isolate: 'child' }))
    expect(child.toJSON()).toEqual(inline.toJSON())
    expect(child.kind).toBe('data')
  })

  test('keeps its promise without a cache: it writes to a temporary folder that goes with the process', async () => {
    const blocked = write('in-the-way', 'x')
    const dataset = await openDataset(
      { builtin: { symbols: 3, bars: 40 }, cacheDir: blocked },
      { isolate: 'child' },
    )
    expect(dataset.notes.join()).toContain('cannot be written')
    expect((await dataset.load({ bars: 20 })).dates).toHaveLength(20)
  })

  test('that dies is an error of the surroundings', async () => {
    const entry = new URL(`file://${write('dies.mjs', 'process.kill(process.pid, "SIGKILL")')}`)
    const error = await errorOf(openDataset({ path, cacheDir: false }, { isolate: 'child', entry }))
    expect([error.kind, error.code]).toEqual(['environment', 'DATA_IMPORT_DIED'])
    expect(error.message).toContain('SIGKILL')
  })

  test('killed while it writes leaves no entry that could be mistaken for a whole one', async () => {
    const cacheDir = freshCache()
    const big = { builtin: { symbols: 200, bars: 600 }, cacheDir }
    const script = `
      import { importData } from ${JSON.stringify(join(import.meta.dirname, '../../src/data/sources/import.ts'))}
      await importData(${JSON.stringify(big)})`
    const runner = write('import.mts', script)
    for (let round = 0; round < 2; round++) {
      const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), runner], {
        stdio: 'ignore',
      })
      const gone = once(child, 'exit')
      const panels = join(cacheDir, 'panels')
      while (child.exitCode === null && !(existsSync(panels) && readdirSync(panels).length > round))
        await new Promise((wake) => setTimeout(wake, 2))
      child.kill('SIGKILL')
      await gone
    }
    const whole = generateMarket(big.builtin)
    expect(panelHash(await readPanel(big))).toBe(whole.hash)
  })
})
