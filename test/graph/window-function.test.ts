import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LONGEST_FUNCTION, readWindowFunction } from '../../src/graph/window-function/read.js'
import { WINDOW_FUNCTION_TEXTS } from '../support/window-functions.js'

/** The one text of a function. */
function textOf(source: string): string {
  const read = readWindowFunction(source)
  if (read.state !== 'read') throw new Error(`${source}: ${read.message}`)
  return read.text
}

const refusalOf = (source: string) => {
  const read = readWindowFunction(source)
  expect(read.state, source).toBe('refused')
  return read as Extract<typeof read, { state: 'refused' }>
}

describe('the one text of a function', () => {
  test.each([
    [
      'layout',
      '(x)=>{let s=0;for(const v of x){s+=v;}return s;}',
      '(x) => {\n  let s = 0\n  for (const v of x) s += v\n  return s\n}',
    ],
    ['comments', '(x) => /* the last */ x.at(-1) // only', '(x) => x.at(-1)'],
    ['a block that only returns', '(x) => { return x[0]; }', '(x) => x[0]'],
    ['the two spellings of a function', 'function (x) { return x[0] }', '(x) => x[0]'],
    ['a name that is not used', 'function first(x) { return x[0] }', '(x) => x[0]'],
    ['brackets without need', '(x) => ((x[0]) * (2)) + (3)', '(x) => x[0] * 2 + 3'],
    ['brackets around a parameter', 'x => x[0]', '(x) => x[0]'],
    ['quotes', '(x) => x["length"]', "(x) => x['length']"],
    ['numbers', '(x) => 1e3 + 0x10 + .5', '(x) => 1000 + 16 + 0.5'],
    ['empty statements', '(x) => { ;; return 1 }', '(x) => 1'],
    ['directives', "(x) => { 'use strict'; return 1 }", '(x) => 1'],
    [
      'names that a transpiler keeps',
      '(x) => { const f = __name((a) => a, "f"); return f(x[0]) }',
      '(x) => {\n  const f = (a) => a\n  return f(x[0])\n}',
    ],
    [
      'a function that calls itself',
      'function f(x) { return x.length ? f(x.slice(1)) : 0 }',
      'function f(x) {\n  return x.length ? f(x.slice(1)) : 0\n}',
    ],
  ])('%s make no difference', (_what, source, text) => {
    expect(textOf(source)).toBe(text)
    expect(textOf(text)).toBe(text)
  })

  test.each([
    '(x) => -(-x[0]) - -x[1] + +x[0]',
    '(x) => (x[0], x[1])',
    '(x) => (x[0] ?? x[1]) || x[2]',
    '(x) => x[0] ?? (x[1] && x[2])',
    '(x) => (-x[0]) ** 2 + 2 ** (-x[1]) ** 2',
    '(x) => (2 ** 3) ** 2 - (1 - (2 - 3)) / (4 / (5 * 6))',
    '(x) => (x[0] > 1) === (x[1] > 2) ? 1 : x[2] ? 2 : 3',
    '(x) => ({ a: x[0], b: { c: [1, , 3] } }).b.c.length',
    '(x) => (5).toFixed.length + 1.5.toFixed.length',
    '(x) => { let a = 0, b; [a, b] = [x[0], x[1]]; ({ a, b = 2 } = { a: 1 }); return a + b }',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a function
    '(x) => { const a = 1\n;[1].map((v) => v)\n;(() => 1)()\n;`${a}`\n;-a\nreturn a }',
    '(x) => { if (x[0] > 1) { if (x[1] > 1) return 1 } else return 2; return 3 }',
    '(x) => { if (x[0] > 1) return 1; else if (x[1] > 1) return 2; else { const a = 3; return a } }',
    '(x) => { if (x[0] > 1) { x[0]++; x[1]-- } else --x[0]; return x[0] + x[1]++ - -x[2] }',
    '(x) => { for (;;) { break } for (let i = 0, j = 1; i < 2; i++, j--) continue; return 1 }',
    '(x) => { let i = 0; do i++; while (i < 3); while (i > 0) { i--; if (i === 1) break } return i }',
    '(x) => { switch (x.length) { case 1: return 1; case 2: case 3: { const b = 2; return b } default: } return 4 }',
    '(x) => { function inner(a, ...rest) { return a + rest.length } return inner(...x) }',
    '(x) => { const f = function g(k) { return k > 0 ? g(k - 1) : 0 }; return f(3) + (function () { return 1 })() }',
    '(x) => ((a) => (b) => a + b)(1)(2) + (() => ({}))().a',
    '(x) => x?.[0]?.toFixed?.(2).length + (x?.at)(0)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a function
    "(x) => 'it\\'s \"so\"\\n'.length + `a${x[0] + `b${x[1]}`}\\``.length",
    "(x) => typeof x[0] === 'number' && !(x[0] > 1) || ~x[0] & 1 | 2 ^ 3 << 1 >>> 2",
    '(x) => { var late; { let late = 2; late++ } late = x[0]; return late &&= 1, late ||= 2, late ??= 3 }',
    '(x) => new Float64Array(3).length + new Map([[1, 2]]).get(1) + new Set(x).size + Array.from(x)[0]',
    '(x) => { const { length: n, 0: first = 1, ...rest } = [...x]; return n + first + Object_(rest) ; function Object_(o) { return o[1] } }',
  ])('%s calculates the same when it is written anew', (source) => {
    const text = textOf(source)
    expect(textOf(text)).toBe(text)
    const run = (code: string) =>
      new Function(`'use strict'; return (${code})`)()(Float64Array.of(1.5, 2.5, 3.5)) as unknown
    expect(run(text)).toEqual(run(source))
  })

  test('random expressions calculate the same when they are written anew', () => {
    const binary = fc.constantFrom(
      '+',
      '-',
      '*',
      '/',
      '%',
      '**',
      '<',
      '>=',
      '===',
      '&',
      '|',
      '^',
      '<<',
      '&&',
      '||',
      ',',
    )
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom('x[0]', 'x[1]', '2', '0.5', 'x.length'),
        fc.tuple(tie('tree'), binary, tie('tree')).map(([a, op, b]) => `((${a}) ${op} (${b}))`),
        fc
          .tuple(fc.constantFrom('-', '+', '!', '~', '- -', 'void '), tie('tree'))
          .map(([op, a]) => `(${op}(${a}))`),
        fc.tuple(tie('tree'), tie('tree'), tie('tree')).map(([a, b, c]) => `((${a}) ? (${b}) : (${c}))`),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `((y) => (${a}) + y)(${b})`),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `[${a}, ${b}][(${b}) > 1 ? 1 : 0]`),
      ),
    }))
    const run = (code: string) =>
      new Function(`'use strict'; return (${code})`)()(Float64Array.of(1.5, -2.5)) as unknown
    let shorter = 0
    fc.assert(
      fc.property(tree, (body) => {
        fc.pre(body.length < 1500)
        const source = `(x) => (${body})`
        const read = readWindowFunction(source)
        if (read.state !== 'read') return read.message === 'it is nested too deeply'
        if (read.text.length < source.length) shorter++
        expect(run(read.text)).toEqual(run(source))
        expect(textOf(read.text)).toBe(read.text)
        return true
      }),
      { seed: 7, numRuns: 400 },
    )
    expect(shorter).toBeGreaterThan(200)
  })

  test('texts are written in one way already where they are ours', () => {
    for (const text of WINDOW_FUNCTION_TEXTS) expect(textOf(text)).toBe(text)
  })
})

describe('a function that cannot be used', () => {
  test.each([
    [
      '(x) => N * x[0]',
      1,
      8,
      /^N is not known inside the function$/,
      /write the value of N into the function/,
    ],
    [
      '(x) => {\n  const y = x.length\n  return lenght(y)\n}',
      3,
      10,
      /^lenght is not known/,
      /^it sees its windows/,
    ],
    ['(price) => prize[0]', 1, 12, /did you mean price\?$/, /^write price$/],
    ['(x) => Math.mx(...x)', 1, 13, /^Math has no mx here; did you mean max\?$/, /^it has E, LN10/],
    ['(x) => {\n  const a = 1\n  { const b = 2 }\n  return a + b\n}', 4, 14, /^b is not known/, /write/],
    ['(x) => { f = 1 }', 1, 10, /^f is not known/, /write/],
    ['(x) => {\n  return this.k\n}', 2, 10, /no this/, /parameters/],
    ['(x) => x[0] +', 1, 14, /^it ends too early$/, /arrow function/],
    ['1 + 1', 1, 1, /^it is not one function$/, /arrow function/],
    ['(x) => {\n  return x[0]\n', 3, 1, /^it ends too early$/, /arrow function/],
    ['', 1, 1, /^it ends too early$/, /arrow function/],
    ['() => 1', 1, 1, /^it takes no window$/, /arrow function/],
    ['(x, k = 2) => 1', 1, 5, /^a window has one name$/, /arrow function/],
    ['([first]) => first', 1, 2, /^a window has one name$/, /arrow function/],
    ['method(x) { return 1 }', 1, 11, /^it cannot be read/, /arrow function/],
    ['function () { [native code] }', 1, 23, /^it cannot be read/, /arrow function/],
    [`(x) => ${'('.repeat(200)}1${')'.repeat(200)}`, 1, 1, /^it is nested too deeply$/, /a name/],
    [`(x) => ${'!'.repeat(300)}1`, 1, 1, /^it is nested too deeply$/, /a name/],
    [`(x) => ${'1 + '.repeat(1000)}1`, 1, 1, /^it has 4008 characters, the limit is 4000$/, /small formula/],
    ['(x) => 1n', 1, 8, /no big integers/, /leave the n out/],
    ['(x) => { outer: for (;;) break outer }', 1, 10, /no labels/, /into a function/],
    ["(x) => 'a' in x", 1, 8, /^in is not for window functions$/, /numbers/],
    ['(x) => x instanceof Array', 1, 8, /^instanceof is not/, /numbers/],
    ['(x) => { const f = { go() { return 1 } }; return f.go() }', 1, 22, /no methods/, /arrow function/],
  ])('%s', (source, line, column, message, hint) => {
    expect(refusalOf(source)).toMatchObject({
      line,
      column,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
      sourceLine: (source.split('\n')[line - 1] ?? '').slice(0, 200),
    })
  })

  test('layout that makes it longer than a strategy may hold it is told so', () => {
    const source = `(x) => {${'if(x){x++;x--}'.repeat(150)}return 1}`
    expect(source.length).toBeLessThan(LONGEST_FUNCTION)
    expect(refusalOf(source).message).toMatch(/^written out it has \d+ characters, the limit is 4000$/)
  })

  test('it is told the same when it is read again, and after many others', () => {
    const first = readWindowFunction('(x) => x[0] + 1')
    for (let k = 0; k < 600; k++) readWindowFunction(`(x) => x[0] + ${k}`)
    expect(readWindowFunction('(x) => x[0] + 1')).toEqual(first)
  })
})
