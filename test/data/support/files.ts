import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { AlphaloopError } from '../../../src/base/errors.js'

/** A folder that is gone after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function writer(folder: string) {
  return (name: string, content: string | Uint8Array | readonly string[]) => {
    const path = join(folder, name)
    writeFileSync(path, Array.isArray(content) ? `${content.join('\n')}\n` : (content as string | Uint8Array))
    return path
  }
}

/** The error that a promise ends with; a test fails where there is none. */
export async function errorOf(promise: Promise<unknown>): Promise<AlphaloopError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof AlphaloopError) return error
    throw error
  }
  throw new Error('no error was thrown')
}
