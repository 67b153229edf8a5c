import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder where there is none, and those above it; returns the uppermost that was made. Node's own way of making
 * several never returns where a file system says of a new folder that it is not there, as /proc does.
 * @throws what `mkdir` throws; EPERM where the file system takes no new folder
 */
export function makeFolder(path: string): string | undefined {
  const missing: string[] = []
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at)
  // What stands there may be a file: mkdir says so.
  if (missing.length === 0) mkdirSync(path, { recursive: true })
  for (const folder of missing.toReversed()) {
    try {
      mkdirSync(folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Somebody else was quicker.
      if (code === 'EEXIST') continue
      if (code !== 'ENOENT') throw error
      throw Object.assign(new Error(`the file system takes no folder ${folder}`, { cause: error }), {
        code: 'EPERM',
        path: folder,
      })
    }
  }
  return missing.at(-1)
}
