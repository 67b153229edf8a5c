import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TextStore } from '../../src/history/text-store.js'
import { temporaryFolder, upTo } from './support.js'

test('equal texts are stored once, under a hash by which they are found again', async () => {
  const root = join(temporaryFolder(), 'texts')
  const store = new TextStore(root)
  const text = 'Improve on Sharpe 1.2.\n動量 🚀\u0000'
  const hashes = await Promise.all(upTo(10).map(() => store.put(text)))
  expect(new Set(hashes).size).toBe(1)
  expect(await store.put('')).not.toBe(hashes[0])
  const later = new TextStore(root)
  expect(await later.get(hashes[0]!)).toBe(text)
  expect(await later.put(text)).toBe(hashes[0])
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files).toHaveLength(2)
})

test('a hash that is not stored, or is none, gives undefined', async () => {
  const store = new TextStore(temporaryFolder())
  expect(await store.get('0'.repeat(32))).toBeUndefined()
  expect(await store.get('../../../etc/passwd')).toBeUndefined()
})

test('a text that was changed on disk is an error, and storing it again mends it', async () => {
  const root = temporaryFolder()
  const hash = await new TextStore(root).put('original')
  writeFileSync(join(root, hash.slice(0, 2), `${hash}.txt`), 'changed')
  await expect(new TextStore(root).get(hash)).rejects.toMatchObject({ code: 'TEXT_DAMAGED' })
  expect(await new TextStore(root).put('original')).toBe(hash)
  expect(await new TextStore(root).get(hash)).toBe('original')
})

test('a lone surrogate is stored as what a reader will see', async () => {
  const store = new TextStore(temporaryFolder())
  expect(await store.get(await store.put('a\ud800b'))).toBe('a\ufffdb')
})
