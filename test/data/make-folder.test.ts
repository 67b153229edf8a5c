import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from '../../src/data/sources/make-folder.js'

const scratch = () => {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
  return undefined
}

test('a folder is made with those above it, and the uppermost is told', () => {
  const root = scratch()
  expect(makeFolder(join(root, 'a/b/c'))).toBe(join(root, 'a'))
  expect(statSync(join(root, 'a/b/c')).isDirectory()).toBe(true)
  expect(makeFolder(join(root, 'a/b'))).toBeUndefined()
})

test('a file in its place, or on the way to it, is an error', () => {
  const root = scratch()
  writeFileSync(join(root, 'file'), '')
  mkdirSync(join(root, 'folder'))
  expect(codeOf(() => makeFolder(join(root, 'file')))).toBe('EEXIST')
  expect(codeOf(() => makeFolder(join(root, 'file/x/y')))).toBe('ENOTDIR')
})

const noProc = !existsSync('/proc/self')
test.skipIf(noProc)('a file system that takes no new folder is an error at once', () => {
  expect(codeOf(() => makeFolder('/proc/alphaloop/x'))).toBe('EPERM')
})
