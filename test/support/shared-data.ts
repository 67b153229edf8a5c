import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The path of a file of the team's shared market data, or undefined where the folder is missing (a fresh clone
 * elsewhere): tests that need it skip then, with the reason in their name.
 */
export function sharedData(path: string): string | undefined {
  const root = process.env.ALPHALOOP_SHARED_DATA ?? join(import.meta.dirname, '../../../shared/data')
  const full = join(root, path)
  return existsSync(full) ? full : undefined
}
