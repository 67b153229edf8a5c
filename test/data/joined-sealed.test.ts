import { readdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FileDataOptions } from '../../src/data/dataset.js'
import { listedOnly } from '../../src/data/listed.js'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const freshCache = () => join(folder, `cache${count++}`)

const DAYS = Array.from({ length: 20 }, (_day, t) => `2020-01-${String(t + 1).padStart(2, '0')}`)
const SEALED = '2020-01-13'
const until = '2020-01-12'

/** Tables of all kinds; `later` is what stands in them from the sealed day on. */
function tables(later: 'one' | 'other'): FileDataOptions {
  const changed = later === 'other'
  const v = (day: string) => (changed && day >= SEALED ? 7 : 1)
  const symbols = changed ? ['A', 'B', 'NEW'] : ['A', 'B']
  const listed = (day: string) => symbols.filter((symbol) => symbol !== 'NEW' || day >= SEALED)
  const all = <T>(row: (day: string, symbol: string, i: number) => T) =>
    DAYS.flatMap((day) => listed(day).map((symbol, i) => row(day, symbol, i)))
  return {
    path: write(`prices.csv`, [
      'date,symbol,close',
      ...all((day, symbol, i) => `${day},${symbol},${10 + i * v(day)}`),
    ]),
    join: [
      write('daily.csv', [
        'date,symbol,pe,rating',
        ...all((day, symbol) => `${day},${symbol},${v(day)},${v(day) === 7 ? 'sold' : 'held'}`),
      ]),
      write('reports.csv', [
        'date,symbol,available,eps,view',
        '2019-12-31,A,2020-01-05,1,up',
        // Of an old period, and announced when all is sealed.
        `2019-12-31,A,${SEALED},${changed ? 9 : 2},${changed ? 'down' : 'up'}`,
        `2019-12-31,B,${changed ? '2020-01-15,5,down' : '2020-01-19,6,up'}`,
      ]),
    ],
    universe: [
      write('members.csv', [
        'symbol,from,to',
        `A,2020-01-03,${changed ? '2020-01-14' : ''}`,
        'B,2020-01-18,',
      ]),
    ],
  }
}

describe('data of several tables, of which the last days are sealed', () => {
  test('has the same first bars whatever stands in the sealed days of any table', async () => {
    const hashes: string[] = []
    for (const later of ['one', 'other'] as const) {
      const dataset = await openDataset({ ...tables(later), cacheDir: freshCache() }, { isolate: 'child' })
      const panel = listedOnly(await dataset.load({ until }))
      expect([...panel.fields.keys()]).toEqual(['close', 'eps', 'members', 'pe'])
      expect([...panel.groups].map(([name, { labels }]) => [name, labels])).toEqual([
        ['rating', ['held']],
        ['view', ['up']],
      ])
      hashes.push(panel.hash)
      const whole = await dataset.load()
      expect(whole.dates).toHaveLength(20)
      hashes.push(whole.hash)
    }
    expect(hashes[0]).toBe(hashes[2])
    expect(hashes[1]).not.toBe(hashes[3])
  })

  test('is loaded from an entry whose sealed bytes are gone, with no source left to read', async () => {
    const cacheDir = freshCache()
    const options = tables('one')
    const dataset = await openDataset({ ...options, cacheDir }, { isolate: 'child' })
    const before = await dataset.load({ until })
    const [entry] = readdirSync(join(cacheDir, 'panels'))
    for (const name of readdirSync(join(cacheDir, 'panels', entry!))) {
      const file = join(cacheDir, 'panels', entry!, name)
      if (name.endsWith('.f64')) truncateSync(file, 12 * 2 * 8)
      if (name.endsWith('.i32')) truncateSync(file, 12 * 2 * 4)
    }
    for (const path of [options.path, ...options.join!, ...options.universe!]) rmSync(path)
    expect((await dataset.load({ until })).hash).toBe(before.hash)
    await expect(dataset.load()).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
  })

  test('tells the process that only reads the first bars nothing of what was seen in a row', async () => {
    const dataset = await openDataset({ ...tables('other'), cacheDir: freshCache() }, { isolate: 'child' })
    expect(JSON.stringify(dataset.issues)).not.toContain('detail')
  })
})

describe('the cache', () => {
  test('knows each of the files, and each of the options', async () => {
    const cacheDir = freshCache()
    const base = tables('one')
    const factors = write('factors.csv', ['symbol,date,factor', 'A,2020-01-19,0.5'])
    const map = write('map.csv', ['file,ticker,from,to', 'Z,A,2020-01-01,'])
    const keys = async (options: FileDataOptions) => {
      await openDataset({ ...options, cacheDir })
      return readdirSync(join(cacheDir, 'panels')).length
    }
    expect(await keys(base)).toBe(1)
    expect(await keys(base)).toBe(1)
    expect(await keys({ ...base, join: [...base.join!].reverse() })).toBe(2)
    expect(await keys({ ...base, universe: [] })).toBe(3)
    expect(await keys({ ...base, adjustments: factors })).toBe(4)
    expect(await keys({ ...base, adjustments: factors, unadjusted: true })).toBe(5)
    expect(await keys({ ...base, staleAfterDays: 3 })).toBe(6)
    expect(await keys({ ...base, groups: ['pe'] })).toBe(7)
    const { universe: _members, join: _others, ...prices } = base
    expect(await keys({ ...prices, renames: map })).toBe(8)
    write('reports.csv', ['date,symbol,available,eps', '2019-12-31,A,2020-01-05,2'])
    expect(await keys(base)).toBe(9)
  })
})
