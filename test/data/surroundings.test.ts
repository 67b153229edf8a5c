import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { panelHash, panelPrefix } from '../../src/data/panel.js'
import { DamagedEntry, defaultCacheDir, readMeta, writeEntry } from '../../src/data/sources/cache.js'
import { importData, importToDisk } from '../../src/data/sources/import.js'
import { answerImport } from '../../src/data/sources/import-answer.js'
import { importInChild } from '../../src/data/sources/import-in-child.js'
import { locateFiles, unreadable } from '../../src/data/sources/locate.js'
import { openDataset } from '../../src/data/sources/open-dataset.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
let count = 0
const freshFolder = () => {
  const path = join(folder, `f${count++}`)
  mkdirSync(path)
  return path
}
const small = { builtin: { symbols: 3, bars: 40 } }

describe('an entry of the cache', () => {
  const entry = async () => {
    const cacheDir = freshFolder()
    const imported = await importData({ ...small, cacheDir: false })
    if (imported.kind !== 'memory') throw new Error('kept in a cache that was refused')
    const path = join(cacheDir, 'panels', 'k')
    writeEntry(path, imported.panel, imported.meta)
    return { path, ...imported }
  }

  test('that stands there already and is whole stays; one that is damaged makes room', async () => {
    const { path, panel, meta } = await entry()
    const bytes = readFileSync(join(path, '0.f64'))
    writeFileSync(join(path, 'mine'), 'left alone')
    writeEntry(path, panel, meta)
    expect(existsSync(join(path, 'mine'))).toBe(true)
    for (const damage of [
      () => writeFileSync(join(path, '0.f64'), Buffer.alloc(bytes.length)),
      () => rmSync(join(path, 'meta.json')),
      () => writeFileSync(join(path, 'meta.json'), '{'),
    ]) {
      damage()
      writeEntry(path, panel, meta)
      expect(readFileSync(join(path, '0.f64'))).toEqual(bytes)
      expect(readMeta(path)).toEqual(meta)
    }
    expect(readdirSync(join(path, '..'))).toEqual(['k'])
  })

  test('whose place is a file cannot be written, and leaves nothing half-done', async () => {
    const { path, panel, meta } = await entry()
    const other = join(path, '..', 'other')
    writeFileSync(other, 'a file')
    expect(() => writeEntry(other, panel, meta)).toThrow('ENOTDIR')
    expect(readdirSync(join(path, '..')).sort()).toEqual(['k', 'other'])
  })

  test('that a dead writer left half-written is removed a day later, and not before', async () => {
    const { path, panel, meta } = await entry()
    const parent = join(path, '..')
    const [old, fresh] = [join(parent, '.writing-old'), join(parent, '.writing-new')]
    mkdirSync(old)
    mkdirSync(fresh)
    symlinkSync(join(parent, 'nowhere'), join(parent, '.writing-gone'))
    const yesterday = Date.now() / 1000 - 25 * 3600
    utimesSync(old, yesterday, yesterday)
    writeEntry(join(parent, 'l'), panel, meta)
    expect(readdirSync(parent).sort()).toEqual(['.writing-gone', '.writing-new', 'k', 'l'])
  })

  test('whose meta cannot be read is damaged', async () => {
    const { path } = await entry()
    rmSync(join(path, 'meta.json'))
    mkdirSync(join(path, 'meta.json'))
    expect(() => readMeta(path)).toThrow(DamagedEntry)
  })

  test('lies in the home of the user where no variable says otherwise', () => {
    expect(defaultCacheDir({}, 'linux')).toMatch(/^\/.+\/\.cache\/alphaloop$/)
  })
})

describe('data whose source changes after it was opened', () => {
  test('is an error once its entry is gone, and no mixture of both', async () => {
    const cacheDir = freshFolder()
    const path = write('changing.csv', ['date,close', '2020-01-02,1', '2020-01-03,2'])
    const dataset = await openDataset({ path, cacheDir })
    rmSync(join(cacheDir, 'panels'), { recursive: true })
    writeFileSync(path, 'date,close\n2020-01-02,1\n2020-01-03,3\n')
    expect((await errorOf(dataset.load())).code).toBe('DATA_CHANGED')
  })

  test('is read again where its entry is gone and the source is the same', async () => {
    const cacheDir = freshFolder()
    const dataset = await openDataset({ ...small, cacheDir })
    rmSync(join(cacheDir, 'panels'), { recursive: true })
    expect(panelHash(await dataset.load())).toBe(dataset.hash)
  })

  test('is read into memory where the cache cannot be written any more', async () => {
    const cacheDir = freshFolder()
    const dataset = await openDataset({ ...small, cacheDir })
    rmSync(cacheDir, { recursive: true })
    writeFileSync(cacheDir, 'in the way')
    const whole = await dataset.load()
    expect(panelHash(whole)).toBe(dataset.hash)
    expect((await dataset.load({ bars: 7 })).hash).toBe(panelPrefix(whole, 7).hash)
  })
})

describe('what an importing child answers', () => {
  test('is where the data lies and what it is, without what stood in the rows', async () => {
    const path = write('weekend.csv', ['date,symbol,open,high,low,close', '2020-01-02,A,9,2,1,1.5'])
    const reply = await answerImport(JSON.stringify({ path, cacheDir: freshFolder() }))
    if (reply.state !== 'done') throw new Error(`it said ${reply.state}`)
    expect(reply.meta.issues).toMatchObject([{ code: 'OUTSIDE_RANGE', count: 1 }])
    expect(JSON.stringify(reply)).not.toContain('open 9')
    expect(reply.temporary).toBeUndefined()
    expect(readMeta(reply.path)!.hash).toBe(reply.meta.hash)
  })

  test('is a refusal with kind, code and hint, or that it crashed', async () => {
    const path = write('refused.csv', ['date,close', '2020-01-02,0', '2020-01-03,1'])
    expect(await answerImport(JSON.stringify({ path, cacheDir: false }))).toMatchObject({
      state: 'refused',
      kind: 'data',
      code: 'PRICE_NOT_POSITIVE',
      hint: expect.stringContaining('--on-bad-rows'),
    })
    expect(await answerImport('{')).toMatchObject({
      state: 'crashed',
      message: expect.stringContaining('JSON'),
    })
  })

  test('lies in a temporary folder where there is no cache', async () => {
    const { path, temporary, meta } = await importToDisk({ ...small, cacheDir: false })
    try {
      expect(path.startsWith(temporary!)).toBe(true)
      expect(readMeta(path)).toEqual(meta)
    } finally {
      rmSync(temporary!, { recursive: true })
    }
  })

  test('cannot be given where neither the cache nor the temporary folder can be written', async () => {
    const before = process.env.TMPDIR
    process.env.TMPDIR = join(folder, 'no-such-folder')
    try {
      const error = await errorOf(importToDisk({ ...small, cacheDir: false }))
      expect([error.kind, error.code]).toEqual(['environment', 'DATA_CACHE_NOT_WRITABLE'])
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  })

  test.each([
    ['ends without one', 'process.exit(3)', 'ended with code 3 and no answer'],
    [
      'crashes',
      'process.stdout.write(JSON.stringify({ state: "crashed", message: "out of luck" }))',
      'failed: out of luck',
    ],
  ])('is an error of the surroundings where it %s', async (_, script, says) => {
    const entry = new URL(`file://${write(`child${count++}.mjs`, script)}`)
    const error = await errorOf(importInChild({ ...small, cacheDir: false }, entry))
    expect([error.kind, error.code]).toEqual(['environment', 'DATA_IMPORT_DIED'])
    expect(error.message).toContain(says)
  })
})

describe('a path that cannot be read', () => {
  test('for want of permission says how to allow it; another failure says what the system said', () => {
    for (const code of ['EACCES', 'EPERM']) {
      const error = unreadable('data.csv', Object.assign(new Error(code), { code }))
      expect([error.kind, error.code, error.hint]).toEqual([
        'environment',
        'DATA_NOT_READABLE',
        expect.stringContaining('chmod'),
      ])
    }
    const loop = join(folder, 'loop.csv')
    symlinkSync(loop, loop)
    expect(() => locateFiles(loop)).toThrow(/loop\.csv cannot be read: ELOOP/)
  })

  test('and has no file of a like name shows what its folder holds, or what can be given', () => {
    const path = freshFolder()
    writeFileSync(join(path, 'prices.csv'), '')
    const hintOf = (given: string) => {
      try {
        locateFiles(given)
      } catch (error) {
        return (error as { hint: string }).hint
      }
      return undefined
    }
    expect(hintOf(join(path, 'zzzzzzzzzzzz'))).toBe('its folder holds prices.csv')
    expect(hintOf(join(path, 'none', 'deeper.csv'))).toContain('builtin for the built-in market')
    expect(hintOf(join(path, 'prices.csv', 'x'))).toContain('builtin')
  })

  test.skipIf(process.getuid?.() === 0)(
    'a folder that may not be listed is a matter of permission (not as root)',
    () => {
      const path = freshFolder()
      chmodSync(path, 0o000)
      expect(() => locateFiles(path)).toThrow(/cannot be read/)
      chmodSync(path, 0o700)
    },
  )
})

test('an import in memory gives prefixes and the whole', async () => {
  const dataset = await openDataset({ ...small, cacheDir: false })
  const whole = await dataset.load()
  expect(whole.hash).toBe(dataset.hash)
  expect((await dataset.load({ bars: 10 })).hash).toBe(panelPrefix(whole, 10).hash)
})
