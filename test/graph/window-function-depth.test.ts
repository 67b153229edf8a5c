import { expect, test } from 'vitest'
import { readWindowFunction } from '../../src/graph/window-function/read.js'

/** As long as a window function may be. */
const filled = (start: string, unit: string) =>
  start + unit.repeat(Math.floor((4000 - start.length) / unit.length))
const MANY = 1300

// Whoever reads a function does so in the thread that holds everything: near the end of its stack V8 ends the process
// where the parser has to compile a regular expression of its own.
test.each([
  ['brackets', filled('(x) => ', '(')],
  ['brackets that a comment closes', filled(`(x) => /*${')'.repeat(MANY)}*/`, '(')],
  ['brackets that comments within close', filled('(x) => ', '(/*)*/')],
  ['templates that a comment closes', filled(`(x) => /*${'}'.repeat(MANY)}*/`, '`${')],
  ['members that a comment closes', filled(`(x) => /*${']'.repeat(MANY)}*/`, '[x')],
  ['objects', filled('(x) => /*}*/ x = ', '{a:')],
  ['signs', filled('(x) => ', '!')],
  ['functions', filled('(x) => ', 'x=>')],
  ['conditions', filled('(x) => ', 'x?x:')],
  ['sums', filled('(x) => ', '1+')],
  ['powers', filled('(x) => ', '1**')],
  ['constructions', filled('(x) => ', 'new ')],
  ['assignments', filled('(x) => ', 'x=')],
  ['patterns', filled('(x) => { const ', '[')],
  ['statements', filled('(x) => { ', 'if(1)')],
  ['classes', filled('(x) => ', 'class{a=')],
  ['groups of a regular expression', `(x) => /${'('.repeat(1900)}${')'.repeat(1900)}/`],
])('%s as deep as a function is long are refused, whatever surrounds them', (_, source) => {
  for (const text of [source, `${source}1`, source.slice(0, 3000)]) {
    const read = readWindowFunction(text)
    expect(read.state).toBe('refused')
    if (read.state === 'refused') expect(read.message).not.toContain('stack')
  }
})

test('a hundred levels are nothing', () => {
  const nested = `(x) => ${'('.repeat(90)}x[0]${' + 1)'.repeat(90)}`
  expect(readWindowFunction(nested).state).toBe('read')
})
