import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AlphaloopError, dataError, environmentError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'

export interface SourceFile {
  readonly path: string
  /** The name in messages: the path as given, or the file's name inside the folder that was given. */
  readonly name: string
  /** The file's name without folder and endings: the symbol where no column has one. */
  readonly stem: string
}

/** What counts as a table in a folder; a `.txt` there is more often a note. One that is named is read. */
const DATA_FILE = /\.(csv|tsv|parquet|pq)(\.gz)?$/i

/** Only the endings of the format go: `BRK.B.csv` is BRK.B. */
const stemOf = (path: string) =>
  basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.(csv|tsv|txt|parquet|pq)$/i, '')

/**
 * The files that a path means: itself, or the tables of a folder, in the order of their names. `onNote` hears of
 * what else the folder holds.
 */
export function locateFiles(given: string, onNote: (note: string) => void = () => {}): SourceFile[] {
  const path = resolve(given)
  let inside: string[]
  try {
    if (!statSync(path).isDirectory()) return [{ path, name: given, stem: stemOf(path) }]
    inside = readdirSync(path)
  } catch (error) {
    throw unreadable(given, error)
  }
  const names = inside.filter((name) => DATA_FILE.test(name) && !name.startsWith('.'))
  if (names.length === 0)
    throw dataError(
      'DATA_EMPTY',
      `the folder ${given} holds no table`,
      'it should have one file per symbol: .csv, .csv.gz, .tsv or .parquet',
      { path: given },
    )
  const others = inside.filter((name) => !names.includes(name)).sort()
  if (others.length > 0)
    onNote(
      `${given}: ${others.length === 1 ? 'one other entry is' : `${others.length} other entries are`} no table and not read (${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''})`,
    )
  return names.sort().map((name) => ({ path: join(path, name), name, stem: stemOf(name) }))
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The name that was most likely meant: by the part before the endings, which most names have in common. */
function nearestFile(given: string, names: readonly string[]): string | undefined {
  const stem = (name: string) => name.replace(/(?<=.)\..*$/, '')
  const meant = nearest(stem(given), names.map(stem))
  const same = names.filter((name) => stem(name) === meant)
  return nearest(given, same) ?? same[0]
}

/** What a failure of the file system means to whoever gave the path. */
export function unreadable(given: string, error: unknown): AlphaloopError {
  const code = (error as NodeJS.ErrnoException).code
  if (code !== 'ENOENT' && code !== 'ENOTDIR')
    return environmentError(
      'DATA_NOT_READABLE',
      `${given} cannot be read: ${(error as Error).message}`,
      code === 'EACCES' || code === 'EPERM' ? 'allow it to be read (chmod +r)' : undefined,
      { path: given },
    )
  const folder = dirname(resolve(given))
  const names = readNames(folder)
  const meant = nearestFile(basename(given), names)
  const shown = names.filter((name) => DATA_FILE.test(name)).slice(0, 5)
  const hint = meant
    ? `did you mean ${join(dirname(given), meant)}?`
    : shown.length > 0
      ? `its folder holds ${shown.join(', ')}`
      : 'give a file, a folder with one file per symbol, or builtin for the built-in market'
  return new AlphaloopError('data', 'DATA_NOT_FOUND', `there is no file or folder ${given}`, {
    hint,
    details: { path: given },
  })
}
