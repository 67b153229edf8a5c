import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AlphaloopError, usageError } from '../base/errors.js'
import { makeFolder } from '../data/sources/make-folder.js'

/** Where the server writes files for people to open, under the run directory. */
export const REPORTS = 'reports'

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/

/** @throws AlphaloopError (usage) NAME_NOT_ALLOWED */
export function checkReportName(name: string): void {
  if (NAME.test(name) && name.endsWith('.html')) return
  throw usageError(
    'NAME_NOT_ALLOWED',
    `${JSON.stringify(name.slice(0, 120))} is no name for a report`,
    'letters, digits, dots, dashes and underscores, ending in .html; it is written into the reports of the run directory',
  )
}

/**
 * Writes a file that an agent named into the run's folder of reports, and nowhere else: the name is one step, and
 * neither the folder nor what stands in the file's place may be a link. A file of that name is replaced.
 * @throws AlphaloopError (usage) NAME_NOT_ALLOWED; (environment) CANNOT_WRITE
 */
export function writeReportFile(runDir: string, name: string, text: string): string {
  checkReportName(name)
  const folder = join(runDir, REPORTS)
  const path = join(folder, name)
  try {
    makeFolder(folder)
    refuseOther(folder, 'isDirectory', REPORTS)
    refuseOther(path, 'isFile', `${REPORTS}/${name}`)
    const beside = join(folder, `.${name}.${randomBytes(6).toString('hex')}`)
    try {
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants
      const file = openSync(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644)
      try {
        writeFileSync(file, text)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(beside, path)
    } catch (error) {
      rmSync(beside, { force: true })
      throw error
    }
  } catch (error) {
    if (error instanceof AlphaloopError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new AlphaloopError('environment', 'CANNOT_WRITE', `${REPORTS}/${name} cannot be written: ${code}`, {
      hint: 'free some space, or mend the permissions of the run directory',
      cause: error,
    })
  }
  return `${REPORTS}/${name}`
}

function refuseOther(path: string, kind: 'isFile' | 'isDirectory', name: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats !== undefined && !stats[kind]())
    throw usageError(
      'NAME_NOT_ALLOWED',
      `${name} is ${stats.isSymbolicLink() ? 'a link' : 'something else'}, and is left as it is`,
      'choose another name, or remove what stands there',
    )
}
