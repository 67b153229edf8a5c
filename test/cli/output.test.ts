import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { dataError, usageError } from '../../src/base/errors.js'
import { createOutput, type OutputOptions } from '../../src/cli/output.js'
import { systemError } from '../../src/cli/system-errors.js'
import { writeOutput } from '../../src/cli/write-file.js'
import { scratch } from '../support/cli-io.js'

function watched(options: OutputOptions, terminal = false) {
  const seen = { stdout: '', stderr: '' }
  const out = createOutput(
    {
      command: 'alphaloop',
      stdout: (text) => {
        seen.stdout += text
      },
      stderr: (text) => {
        seen.stderr += text
      },
      interactive: false,
      live: terminal,
      terminal,
      colors: false,
      noteColors: false,
      columns: 40,
      env: {},
      cwd: '/',
      onSignal: () => () => {},
      protocol: () => {
        throw new Error('a server of a protocol is a process of its own')
      },
      exit: () => {
        throw new Error('exit')
      },
    },
    options,
  )
  return { out, seen }
}
afterEach(() => vi.useRealTimers())

describe('what is written where', () => {
  test('a result is text or one JSON object; notes and warnings go to stderr', () => {
    const { out, seen } = watched({})
    out.info('note')
    out.warn('careful')
    out.result({ a: 1 }, () => 'text\n\n')
    expect(seen).toEqual({ stdout: 'text\n', stderr: 'note\nwarning: careful\n' })
    const json = watched({ json: true })
    json.out.result({ a: 1, nothing: null }, () => 'text')
    expect(json.seen.stdout).toBe('{"a":1,"nothing":null}\n')
  })

  test('--quiet keeps results and errors, and nothing else', () => {
    const { out, seen } = watched({ quiet: true }, true)
    out.info('note')
    out.warn('careful')
    out.progress('1/2', 0.5)
    out.result({}, () => 'text')
    out.error(usageError('X', 'wrong', 'mend it'))
    expect(seen).toEqual({ stdout: 'text\n', stderr: 'error: wrong\nhint: mend it\n' })
  })

  test('on a terminal long notes wrap between words; elsewhere each stays one line', () => {
    const long = 'a sentence that is rather longer than forty columns of a terminal'
    const terminal = watched({}, true)
    terminal.out.info(long)
    expect(terminal.seen.stderr).toBe(
      'a sentence that is rather longer than\n  forty columns of a terminal\n',
    )
    const pipe = watched({})
    pipe.out.info(long)
    expect(pipe.seen.stderr).toBe(`${long}\n`)
  })
})

describe('progress', () => {
  test('on a terminal one line is redrawn, cut to its width, and cleared before anything else', () => {
    const { out, seen } = watched({}, true)
    out.progress('12/24 and a text that does not fit', 0.5)
    expect(seen.stderr).toBe(`\r\u001b[2K${'█'.repeat(12)}${'░'.repeat(12)} 12/24 and a te`)
    seen.stderr = ''
    out.progress('asking')
    out.info('note')
    expect(seen.stderr).toBe('\r\u001b[2Kasking\r\u001b[2Knote\n')
  })

  test('elsewhere a line now and then, without a bar', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { out, seen } = watched({})
    out.progress('1/9', 0.1)
    expect(seen.stderr).toBe('')
    vi.advanceTimersByTime(11_000)
    out.progress('2/9', 0.2)
    out.progress('3/9', 0.3)
    vi.advanceTimersByTime(11_000)
    out.progress('4/9', 0.4)
    expect(seen.stderr).toBe('2/9\n4/9\n')
  })
})

describe('errors', () => {
  test('with --json the object stands on stdout, the words on stderr', () => {
    const { out, seen } = watched({ json: true })
    expect(out.error(dataError('BAD', 'no data', 'get some', { line: 3 }))).toBe(3)
    expect(JSON.parse(seen.stdout)).toEqual({
      error: { code: 'BAD', message: 'no data', hint: 'get some', line: 3 },
    })
    expect(seen.stderr).toBe('error: no data\nhint: get some\n')
  })

  test('something unexpected is a failure, and its stack stands behind --verbose only', () => {
    const plain = watched({})
    expect(plain.out.error(new TypeError('x is not a function'))).toBe(1)
    expect(plain.seen.stderr).toContain('something unexpected happened: x is not a function')
    expect(plain.seen.stderr).not.toMatch(/^ +at /m)
    const verbose = watched({ verbose: true })
    verbose.out.error(new TypeError('x is not a function'))
    expect(verbose.seen.stderr).toMatch(/^ +at /m)
    expect(verbose.seen.stderr).toContain('caused by TypeError')
    expect(watched({}).out.error('a text')).toBe(1)
  })

  test.each([
    ['ENOSPC', 4, 'there is no space left on the device'],
    ['EACCES', 4, 'permission is denied'],
    ['EROFS', 4, 'the file system is read-only'],
    ['ENOENT', 2, 'there is no such file or folder'],
    ['EISDIR', 2, 'it is a folder'],
  ])('%s from the system exits with %d and is told in words', (code, exitCode, text) => {
    const { out, seen } = watched({ json: true })
    expect(out.error(Object.assign(new Error('raw'), { code, path: '/some/file' }))).toBe(exitCode)
    expect(JSON.parse(seen.stdout).error).toMatchObject({
      code,
      message: `/some/file: ${text}`,
      path: '/some/file',
    })
    expect(seen.stderr).toContain('hint: ')
  })

  test('other errors of the system are not taken for one of these', () => {
    expect(systemError(Object.assign(new Error('x'), { code: 'ERR_ASSERTION' }))).toBeUndefined()
    expect(systemError(null)).toBeUndefined()
  })
})

describe('writing a result', () => {
  test('makes its folder and takes parts', () => {
    const path = join(scratch(), 'a/b/c.csv')
    writeOutput(path, ['head\n', 'row\n'])
    expect(readFileSync(path, 'utf8')).toBe('head\nrow\n')
  })

  test('what breaks off in the middle leaves no half table behind', () => {
    const path = join(scratch(), 'c.csv')
    writeFileSync(path, 'older')
    const parts = function* () {
      yield 'head\n'
      throw new Error('the numbers ran out')
    }
    expect(() => writeOutput(path, parts())).toThrow(`${path} cannot be written: the numbers ran out`)
    expect(existsSync(path)).toBe(false)
  })

  test('a folder in its place stays', () => {
    const path = join(scratch(), 'd')
    mkdirSync(path)
    expect(() => writeOutput(path, 'x')).toThrow(`${path}: it is a folder`)
    expect(existsSync(path)).toBe(true)
  })

  test.runIf(existsSync('/dev/full'))('a full device is told, and stays', () => {
    expect(() => writeOutput('/dev/full', 'x')).toThrow('/dev/full: there is no space left on the device')
    expect(existsSync('/dev/full')).toBe(true)
  })
})
