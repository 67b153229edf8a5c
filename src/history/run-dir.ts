import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AlphaloopError, environmentError } from '../base/errors.js'
import { makeFolder } from '../data/sources/make-folder.js'
import { openLock } from './lock.js'

/** Makes the run directory where it is not there yet. @throws AlphaloopError (environment) RUN_DIR */
export function makeRunDir(runDir: string): void {
  try {
    makeFolder(runDir)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw environmentError(
        'RUN_DIR',
        `the run directory cannot be ${runDir}: a file stands there or on the way to it`,
        'choose another with --run-dir',
        { runDir },
      )
    throw new AlphaloopError(
      'environment',
      'RUN_DIR',
      `the run directory ${runDir} cannot be made: ${code}`,
      {
        hint: 'choose another with --run-dir, or mend its permissions',
        details: { runDir, cause: code },
        cause: error,
      },
    )
  }
}

/** Keeps a second run out of the directory; the journal itself would take any number of writers. */
export function holdRunDir(runDir: string, warn: (message: string) => void): () => void {
  try {
    const lock = openLock(join(runDir, 'run.lock'), {
      onTakeOver: ({ pid }) =>
        warn(`the run before this one (process ${pid}) did not end by itself; going on from its records`),
    })
    const refusal = lock.tryAcquire()
    if (refusal === undefined) return () => lock.release()
    const who = refusal.holder === undefined ? 'another process' : `process ${refusal.holder.pid}`
    throw new AlphaloopError('environment', 'RUN_IN_USE', `${runDir} is in use by ${who}`, {
      hint: 'wait for it, stop it, or choose another directory with --run-dir',
      details: { runDir, pid: refusal.holder?.pid ?? null },
    })
  } catch (error) {
    if (error instanceof AlphaloopError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new AlphaloopError(
      'environment',
      'RUN_DIR',
      `nothing can be written to the run directory ${runDir}: ${code}`,
      {
        hint: 'mend its permissions or free some space, or choose another with --run-dir',
        details: { runDir, cause: code },
        cause: error,
      },
    )
  }
}

const totalFile = (runDir: string): string => join(runDir, 'cache', 'total')

/**
 * Remembers the total for a resume that names none. It is no part of the history, where runs of different length would
 * then differ; where it is lost, the default holds.
 */
export function keepTotal(runDir: string, iterations: number): void {
  writeFileSync(totalFile(runDir), `${iterations}\n`)
}

/** The total that a run was last asked for. */
export function keptTotal(runDir: string): number | undefined {
  try {
    const total = Number(readFileSync(totalFile(runDir), 'utf8'))
    return Number.isInteger(total) && total > 0 ? total : undefined
  } catch {
    // A cache: it may have been deleted.
    return undefined
  }
}
