import { describe, expect, test } from 'vitest'
import { environmentError, usageError } from '../../src/base/errors.js'
import { pathHider, problemOf } from '../../src/mcp/problem.js'

const hide = pathHider({ runDir: '/home/ann/work/runs/one', base: '/home/ann/work' }, '/home/ann')

describe('paths of the machine', () => {
  test.each([
    ['/home/ann/work/runs/one is in use by process 7', 'the run directory is in use by process 7'],
    ['cannot write /home/ann/work/runs/one/history.jsonl: no space', 'cannot write history.jsonl: no space'],
    ['there is no file /home/ann/work/data/prices.csv', 'there is no file data/prices.csv'],
    ['/srv/data/secret project/x.csv, line 3', '…/secret project/x.csv, line 3'],
    ["'/srv/data/x.csv' is empty", "'…/x.csv' is empty"],
    ['at file:///usr/lib/node/x.js:3:4', 'at …/x.js:3:4'],
    ['C:\\data\\x.csv is empty', '…/x.csv is empty'],
  ])('%s', (text, told) => {
    expect(hide(text)).toBe(told)
  })

  test.each(['close/open', 'rank(a/b)', '1/2', 'and/or', 'a ratio of 3/4 is kept', 'close.div(open)'])(
    '%s is none',
    (text) => {
      expect(hide(text)).toBe(text)
    },
  )
})

describe('an error as a tool tells it', () => {
  test('keeps code, hint and plain details, and drops where things lie', () => {
    const error = usageError('NO_FIELD', 'no field in /home/ann/work/x.csv', 'look at /home/ann/work/x.csv', {
      path: '/home/ann/work/x.csv',
      line: 3,
      nearest: 'close',
      allowed: ['a', 'b'],
    })
    expect(problemOf(error, hide, () => {})).toEqual({
      code: 'NO_FIELD',
      message: 'no field in x.csv',
      hint: 'look at x.csv',
      line: 3,
      nearest: 'close',
    })
    expect(problemOf(environmentError('RUN_IN_USE', 'held', undefined, { pid: 7 }), hide, () => {})).toEqual({
      code: 'RUN_IN_USE',
      message: 'held',
      pid: 7,
    })
  })

  test('a defect is told in words, and its stack goes to the log alone', () => {
    const lines: string[] = []
    const problem = problemOf(new TypeError('x is not a function'), hide, (line) => lines.push(line))
    expect(problem).toMatchObject({
      code: 'UNEXPECTED',
      message: expect.stringContaining('x is not a function'),
    })
    expect(lines.join('\n')).toContain('problem.test.ts')
    expect(JSON.stringify(problem)).not.toContain('problem.test.ts')
  })
})
