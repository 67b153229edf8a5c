import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RunInfo } from '../history/record.js'
import type { ReturnsCache } from './ports.js'

/** Where a run keeps them. They depend on data and settings alike, so each pair of both has a folder of its own. */
export const returnsFolder = (runDir: string, run: Pick<RunInfo, 'data' | 'config'>): string =>
  join(runDir, 'cache', 'returns', `${run.data}-${run.config}`)

/**
 * Returns of evaluated strategies, one little-endian float64 file each, by strategy hash. A cache: it may be deleted at
 * any time, what cannot be read is missing, and what cannot be written is left out, since everything in it can be
 * computed again from the graphs in the history.
 */
export function createReturnsCache(folder: string): ReturnsCache {
  const pathOf = (hash: string) => join(folder, hash.slice(0, 2), `${hash}.f64`)
  return {
    async get(hash) {
      try {
        const bytes = await readFile(pathOf(hash))
        // A torn file has the wrong length, and whoever asks knows the right one.
        if (bytes.length % 8 !== 0) return undefined
        const values = new Float64Array(bytes.length / 8)
        for (let i = 0; i < values.length; i++) values[i] = bytes.readDoubleLE(i * 8)
        return values
      } catch {
        return undefined
      }
    },
    async put(hash, returns) {
      const path = pathOf(hash)
      try {
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, new Uint8Array(returns.buffer, returns.byteOffset, returns.byteLength))
      } catch {
        // A full or read-only disk stops the journal, which says so; the cache need not say it too.
      }
    },
  }
}
