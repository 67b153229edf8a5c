import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import { HISTORY_FILE } from '../history/journal-store.js'
import type { NamedFile } from './check-outputs.js'
import type { Io } from './io.js'

/** The run that a command is about: the one named, or the newest under runs/. */
export function runDirOf(io: Io, given: string | undefined): string {
  if (given !== undefined) {
    const dir = resolve(io.cwd, given)
    if (existsSync(join(dir, HISTORY_FILE))) return dir
    const siblings = existsSync(dirname(dir)) ? readdirSync(dirname(dir)) : []
    const meant = nearest(
      basename(dir),
      siblings.filter((name) => existsSync(join(dirname(dir), name, HISTORY_FILE))),
    )
    throw usageError(
      'NO_RUN',
      existsSync(dir) ? `${dir} is no run: it has no ${HISTORY_FILE}` : `there is no run directory ${dir}`,
      meant === undefined
        ? 'name a directory that `alphaloop run` has made'
        : `did you mean ${join(dirname(given), meant)}?`,
      { runDir: dir },
    )
  }
  const runs = join(io.cwd, 'runs')
  const found = existsSync(runs)
    ? readdirSync(runs)
        .map((name) => join(runs, name))
        .filter((dir) => existsSync(join(dir, HISTORY_FILE)))
        .map((dir) => ({ dir, changed: statSync(join(dir, HISTORY_FILE)).mtimeMs }))
        .sort((a, b) => b.changed - a.changed)
    : []
  if (found[0] !== undefined) return found[0].dir
  throw usageError(
    'NO_RUN',
    `there is no run under ${runs}`,
    'name one with --run-dir, or make one: alphaloop run',
  )
}

/** The file that commands about a run read. */
export const historyOf = (runDir: string): NamedFile => ({
  name: 'the history of the run',
  path: join(runDir, HISTORY_FILE),
})
