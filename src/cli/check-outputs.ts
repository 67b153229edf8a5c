import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type AlphaloopError, usageError } from '../base/errors.js'
import type { DataOptions } from '../data/dataset.js'

/** A file as the command line has it: what it is called in messages, and where it is. */
export interface NamedFile {
  /** An option, such as `--equity`, or words, such as `the strategy`. */
  readonly name: string
  /** Absent: the option was not given. */
  readonly path: string | undefined
}

/** What reading data reads. */
export function dataFiles(data: DataOptions): NamedFile[] {
  if ('builtin' in data) return []
  const several = (name: string, paths: readonly string[] = []) => paths.map((path) => ({ name, path }))
  return [
    { name: '--data', path: data.path },
    ...several('--data', data.join),
    ...several('--universe', data.universe),
    { name: '--adjustments', path: data.adjustments },
    { name: '--renames', path: data.renames },
  ]
}

/**
 * Before anything is computed or written: no output stands where an input is or another output goes, by whatever name
 * (links, `./a` for `a`), and none becomes a table in a folder that is read as data. Devices and pipes may be named
 * more than once.
 *
 * @throws AlphaloopError (usage) OUTPUT_IS_INPUT, OUTPUT_IN_DATA_FOLDER, OUTPUT_TWICE
 */
export function checkOutputs(
  cwd: string,
  outputs: readonly NamedFile[],
  inputs: readonly NamedFile[] = [],
): void {
  const given = outputs.flatMap((file) => placed(file, cwd))
  const read = inputs.flatMap((file) => placed(file, cwd))
  given.forEach((output, k) => {
    if (output.stats !== undefined && !output.stats.isFile() && !output.stats.isDirectory()) return
    for (const input of read) {
      if (isSame(output, input)) throw overwritten(output, input)
      if (isTableIn(output, input)) throw joinsData(output, input)
    }
    for (const other of given.slice(0, k)) if (isSame(output, other)) throw writtenTwice(other, output)
  })
}

interface Place {
  readonly name: string
  readonly path: string
  /** Without links, as far as it exists. */
  readonly real: string
  readonly stats: Stats | undefined
}

function placed({ name, path }: NamedFile, cwd: string): Place[] {
  if (path === undefined) return []
  const real = realPath(resolve(cwd, path))
  return [{ name, path, real, stats: statsOf(real) }]
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    // What cannot be looked at is nobody's input; whoever reads or writes it says why.
    return undefined
  }
}

/** Links that lead nowhere are followed too: writing to one makes the file that it names. */
const MOST_LINKS = 40

function realPath(path: string, links = 0): string {
  try {
    return realpathSync.native(path)
  } catch {
    const folder = dirname(path)
    if (folder === path) return path
    const here = join(realPath(folder, links), basename(path))
    return links < MOST_LINKS && isLink(here)
      ? realPath(resolve(dirname(here), readlinkSync(here)), links + 1)
      : here
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

/** Two names of one file, hard links and file systems that do not tell upper from lower case included. */
function isSame(a: Place, b: Place): boolean {
  if (a.real === b.real) return true
  return a.stats !== undefined && b.stats !== undefined && a.stats.ino !== 0
    ? a.stats.ino === b.stats.ino && a.stats.dev === b.stats.dev
    : false
}

const TABLE = /\.(csv|tsv|txt|parquet|pq)(\.gz)?$/i

const isTableIn = (output: Place, input: Place): boolean =>
  input.stats?.isDirectory() === true &&
  dirname(output.real) === input.real &&
  TABLE.test(output.real) &&
  !basename(output.real).startsWith('.')

const overwritten = (output: Place, input: Place): AlphaloopError =>
  usageError(
    'OUTPUT_IS_INPUT',
    `${output.name} ${output.path} would overwrite what is read: it is ${input.name}${input.path === output.path ? '' : ` ${input.path}`} too`,
    `give ${output.name} another name`,
    { output: output.name, input: input.name, path: output.real },
  )

const joinsData = (output: Place, input: Place): AlphaloopError =>
  usageError(
    'OUTPUT_IN_DATA_FOLDER',
    `${output.name} ${output.path} would stand in the folder of ${input.name}, whose tables are all read as data`,
    `write it to another folder`,
    { output: output.name, input: input.name, path: output.real },
  )

const writtenTwice = (first: Place, second: Place): AlphaloopError =>
  usageError(
    'OUTPUT_TWICE',
    `${first.name} and ${second.name} name the same file ${second.path}`,
    'give each a name of its own',
    { first: first.name, second: second.name, path: second.real },
  )
