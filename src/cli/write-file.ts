import { closeSync, lstatSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from '../base/errors.js'
import { makeFolder } from '../data/sources/make-folder.js'
import { systemError } from './system-errors.js'

/**
 * Writes a result file part by part, making its folder where there is none. What could not be written whole is
 * removed: half a table looks like a whole one.
 *
 * @throws AlphaloopError CANNOT_WRITE
 */
export function writeOutput(path: string, parts: string | Iterable<string>): void {
  try {
    makeFolder(dirname(path))
    const file = openSync(path, 'w')
    try {
      for (const part of typeof parts === 'string' ? [parts] : parts) writeWhole(file, Buffer.from(part))
    } catch (error) {
      closeSync(file)
      removeUnfinished(path)
      throw error
    }
    closeSync(file)
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

/** A write may take fewer bytes than it was given, on a disk that is about to be full. */
function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
}

/** Removes a regular file that holds a part of a result only; devices and pipes stay. */
export function removeUnfinished(path: string): void {
  try {
    if (lstatSync(path).isFile()) unlinkSync(path)
  } catch {
    // What made the write fail is the error worth reporting.
  }
}

/** The error of a write in words; other errors stay what they are. */
export function cannotWrite(path: string, error: unknown): unknown {
  // Its folder was there or was made: a file system that knows no such file takes no new one.
  const refused =
    (error as NodeJS.ErrnoException)?.code === 'ENOENT' ? { code: 'EPERM', cause: error } : error
  return (
    systemError(refused, {
      path,
      code: 'CANNOT_WRITE',
      hint: 'choose another path, or mend what is wrong there',
    }) ?? new Error(`${path} cannot be written: ${messageOf(error)}`, { cause: error })
  )
}
