import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { createPanel } from '../../src/data/panel.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { createExpression, panelValues } from '../../src/graph/expression.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import * as api from '../../src/strategy/api.js'
import { compileExpression, compileStrategy } from '../../src/strategy/compile.js'
import { vocabulary } from '../../src/strategy/prelude.js'

const sandbox = createQuickJsSandbox()
const compile = (source: string, fileName = 'my.ts') => compileStrategy(source, sandbox, { fileName })

async function refusal(promise: Promise<unknown>): Promise<AlphaloopError> {
  try {
    await promise
  } catch (thrown) {
    if (thrown instanceof AlphaloopError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

const IMPORT = "import { field, rank, strategy } from 'alphaloop'\n"

describe('a strategy in TypeScript', () => {
  const source = `import { field, rank, strategy, type PanelExpr, StrategyOptions } from 'alphaloop'

const close: PanelExpr = field('close')
const options: StrategyOptions = {
  name: 'Liquid momentum',
  universe: field('dollarVolume').sma(20).gt(5_000_000),
  score: rank(close.pctChange(60)).sub(rank(close.std(20))),
  select: { top: 20 },
  weight: 'equal',
  rebalance: 'monthly',
  exits: { trailingStop: 0.15 },
}
export default strategy(options)
`
  test('gives the same strategy in the sandbox and through the library', async () => {
    const compiled = await compile(source)
    const close = api.field('close')
    const made = api.strategy({
      universe: api.field('dollarVolume').sma(20).gt(5_000_000),
      score: api.rank(close.pctChange(60)).sub(close.std(20).rank()),
      select: { top: 20 },
      exits: { trailingStop: 0.15 },
    })
    expect(compiled.hash).toBe(made.hash)
    expect(compiled.graph.name).toBe('Liquid momentum')
    expect(made.graph.name).toBe('Untitled strategy')
  })

  test('needs no imports: every name is in scope', async () => {
    const bare = await compile(source.replace(/^import.*$/m, ''))
    expect(bare.hash).toBe((await compile(source)).hash)
  })

  test('is JavaScript just as well', async () => {
    const js = source
      .replace(', type PanelExpr, StrategyOptions', '')
      .replace(/: (PanelExpr|StrategyOptions)/g, '')
    expect((await compile(js, 'my.js')).hash).toBe((await compile(source)).hash)
  })

  test('may end with the bare call or a named export, as models write it', async () => {
    const hash = (await compile(`export default strategy({ weights: field('close') })`)).hash
    expect((await compile(`strategy({ weights: field('close') })`)).hash).toBe(hash)
    expect((await compile(`export const s = strategy({ weights: field('close') })`)).hash).toBe(hash)
    expect((await compile(`const s = strategy({ weights: field('close') })\nexport { s }`)).hash).toBe(hash)
    expect(
      (await compile(`const s = strategy({ weights: field('close') })\nexport { s as default }`)).hash,
    ).toBe(hash)
  })

  test('is called after its file where it has no name', async () => {
    expect((await compile(`strategy({ weights: field('close') })`, 'a/b/my-idea.v2.ts')).graph.name).toBe(
      'my-idea.v2',
    )
    expect((await compileStrategy(`strategy({ weights: field('close') })`, sandbox)).graph.name).toBe(
      'Untitled strategy',
    )
  })

  test('may read any field: the panel is asked later', async () => {
    expect((await compile(`strategy({ weights: field('clsoe') })`)).fields).toEqual(['clsoe'])
  })
})

describe('what is refused, with its place', () => {
  const cases: [name: string, source: string, code: string, message: RegExp | string, line?: number][] = [
    [
      'a syntax error',
      `${IMPORT}const x = field('close'\nexport default x`,
      'STRATEGY_SYNTAX',
      'my.ts:3:1: unexpected "export", expected ","',
      3,
    ],
    [
      'a text that ends too early',
      `${IMPORT}export default strategy({`,
      'STRATEGY_SYNTAX',
      /^my\.ts:2:26: unexpected end of the text/,
      2,
    ],
    [
      'an unknown method',
      `${IMPORT}const close: PanelExpr = field('close')\nexport default strategy({ weights: close.pctChagne(20) })`,
      'UNKNOWN_METHOD',
      'my.ts:3:41: a panel (field) has no method or output "pctChagne"; did you mean pctChange?',
      3,
    ],
    [
      'an unknown function',
      `${IMPORT}export default strategy({ weights: rnk(field('close')) })`,
      'STRATEGY_ERROR',
      'my.ts:2:36: rnk is not defined; did you mean rank?',
      2,
    ],
    [
      'a field that was not read',
      `${IMPORT}export default strategy({ weights: rank(close) })`,
      'STRATEGY_ERROR',
      /close is not defined/,
      2,
    ],
    [
      'a misspelt field that was not read',
      `strategy({ weights: rank(clsoe) })`,
      'STRATEGY_ERROR',
      /did you mean close/,
      1,
    ],
    ['a name like nothing else', 'zzzzzzzzzz', 'STRATEGY_ERROR', /zzzzzzzzzz is not defined$/, 1],
    [
      'an unknown import',
      `import { rannk } from 'alphaloop'`,
      'STRATEGY_IMPORT',
      "my.ts:1:10: 'alphaloop' has no rannk; did you mean rank?",
      1,
    ],
    [
      'an import like nothing else',
      `import { zzzzzzzzz } from 'alphaloop'`,
      'STRATEGY_IMPORT',
      /has no zzzzzzzzz$/,
      1,
    ],
    ['a default import', `import a from 'alphaloop'\na`, 'STRATEGY_IMPORT', /no default export/, 1],
    [
      'a module of Node',
      `import { readFileSync } from 'fs'\nexport default readFileSync('x')`,
      'STRATEGY_IMPORT',
      /'fs' cannot be imported/,
      1,
    ],
    [
      'a module of Node that nothing uses',
      `import fs from 'fs'`,
      'STRATEGY_IMPORT',
      /'fs' cannot be imported/,
      1,
    ],
    ['a module that is exported on', `export * from 'net'`, 'STRATEGY_IMPORT', /'net' cannot be imported/, 1],
    [
      'a name of a module that is exported on',
      `export { x } from 'net'`,
      'STRATEGY_IMPORT',
      /'net' cannot be imported/,
      1,
    ],
    ['a dynamic import', `const fs = await import('fs')`, 'STRATEGY_ERROR', /cannot import 'fs'/, 1],
    [
      'a negative lag',
      `strategy({\n  weights: field('close').lag(-1) })`,
      'INVALID_PARAMETER',
      /^my\.ts:2:30: lag: n must be a whole number.*read the future$/,
      2,
    ],
    [
      'nothing to hold',
      `strategy({})`,
      'INVALID_SETTING',
      /score with select, signals or weights is missing/,
      1,
    ],
    [
      'score and signals',
      `strategy({ score: field('a'), signals: {}, select: { top: 1 } })`,
      'INVALID_SETTING',
      /score and signals contradict each other/,
      1,
    ],
    [
      'select without score',
      `strategy({ select: { top: 1 } })`,
      'INVALID_SETTING',
      /select needs a score/,
      1,
    ],
    [
      'no export',
      `const s = strategy({ weights: field('close') })`,
      'STRATEGY_EXPORT',
      'my.ts: a strategy is made, but it is not exported',
    ],
    ['nothing at all', '', 'STRATEGY_EXPORT', 'my.ts: nothing is exported'],
    [
      'two strategies',
      `strategy({ weights: field('a') })\nstrategy({ weights: field('b') })`,
      'STRATEGY_EXPORT',
      /2 strategies are made/,
    ],
    ['a number', 'export default 5', 'STRATEGY_EXPORT', /but it is the number 5/],
    ['null', 'export default null', 'STRATEGY_EXPORT', /but it is null/],
    ['an array', 'export default []', 'STRATEGY_EXPORT', /but it is an array/],
    ['a function', 'export default () => 1', 'STRATEGY_EXPORT', /but it is a function/],
    [
      'settings that were not handed to strategy',
      `export default { weights: 1 }`,
      'STRATEGY_EXPORT',
      /but it is an object/,
    ],
    ['an expression', `export default field('close')`, 'STRATEGY_EXPORT', /but it is an expression/],
    [
      'a copy of a strategy',
      `export default { ...strategy({ weights: field('close') }) }`,
      'STRATEGY_EXPORT',
      /but it is an object/,
    ],
    [
      'an error of its own',
      `\nthrow new RangeError('mine')`,
      'STRATEGY_ERROR',
      /^my\.ts:2:\d+: RangeError: mine$/,
      2,
    ],
    ['an error without words', `throw new Error()`, 'STRATEGY_ERROR', /an error without a message/, 1],
    ['the clock', `field('close').mul(new Date().getDay())`, 'STRATEGY_ERROR', /no clock/, 1],
    [
      'an endless loop',
      `${IMPORT}const f = () => { for (;;) {} }\nf()`,
      'STRATEGY_TIMEOUT',
      /did not end in time/,
      2,
    ],
    [
      'an endless recursion',
      `${IMPORT}const f = (n) => f(n + 1) + 1\nf(0)`,
      'STRATEGY_STACK',
      /calls itself too deeply/,
      2,
    ],
    [
      'a memory bomb',
      `const x = []; for (;;) x.push(new Uint8Array(1e6))`,
      'STRATEGY_MEMORY',
      /used up its memory/,
      1,
    ],
    [
      'too many nodes',
      `let x = field('close'); for (;;) x = x.neg()`,
      'LIMIT_EXCEEDED',
      /more than 20000 nodes/,
      1,
    ],
    [
      'a graph over the limits',
      `let x = field('close'); for (let i = 0; i < 300; i++) x = x.add(i)\nstrategy({ weights: x })`,
      'LIMIT_EXCEEDED',
      /the limit is 200/,
    ],
    [
      'a huge source',
      'x'.repeat(10_000_000),
      'STRATEGY_TOO_LARGE',
      /10000000 characters, the limit is 262144/,
    ],
    [
      'a forged result',
      `JSON.stringify = () => '{"kind":"strategy","strategy":{}}'\nstrategy({ weights: field('close') })`,
      'INVALID_STRATEGY',
      /my\.ts: /,
    ],
    [
      'forged details of an error',
      `throw Object.assign(new Error('x'), { details: '{"code":5}' })`,
      'STRATEGY_ERROR',
      /x$/,
      1,
    ],
    [
      'details that are no JSON',
      `throw Object.assign(new Error('x'), { details: '{' })`,
      'STRATEGY_ERROR',
      /x$/,
      1,
    ],
  ]
  test.each(cases)('%s', async (_name, source, code, message, line) => {
    const error = await refusal(compile(source))
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
    expect(error.kind).toBe('usage')
    expect(error.details.file).toBe('my.ts')
    expect(error.details.line).toBe(line)
    if (line !== undefined) expect(error.details.sourceLine).toBe(source.split('\n')[line - 1])
  })

  test.each(['nonsense', '5', 'null', '{"kind":"expression"}', '{"kind":"strategy"}', '{"kind":"nothing"}'])(
    'a forged result: %s',
    async (forged) => {
      const forge = `JSON.stringify = () => '${forged}'`
      expect((await refusal(compile(`${forge}\nstrategy({ weights: field('close') })`))).code).toBe(
        'STRATEGY_EXPORT',
      )
      const expression = `(() => { ${forge}; return field('close') })()`
      const error = await refusal(compileExpression(expression, sandbox, { fields: [] }))
      expect(error.code).toMatch(/STRATEGY_EXPORT|INVALID_STRATEGY/)
    },
  )

  test('a column behind a stripped type is the one that was written', async () => {
    const error = await refusal(compile(`const a: PanelExpr = (field('close') as PanelExpr).nothing(1)`))
    expect(error.details.column).toBe(
      "const a: PanelExpr = (field('close') as PanelExpr).nothing".indexOf('.nothing') + 1,
    )
  })
})

describe('a strategy in JSON', () => {
  const nodes = '"nodes": [{ "id": "a", "op": "field", "params": { "name": "close" } }]'
  const rule = '"rule": { "kind": "weights", "weights": "a" }'

  test('is checked like any other', async () => {
    const strategy = await compile(`{ "version": 1, ${nodes}, ${rule} }`, 'idea.json')
    expect(strategy.hash).toBe((await compile(`strategy({ weights: field('close') })`)).hash)
    expect(strategy.graph.name).toBe('idea')
  })

  test.each([
    ['{ "a": 1, }', 'STRATEGY_SYNTAX', 'my.json:1:11: a comma before "}"'],
    [
      '{\n "version": 1,\n nodes: [] }',
      'STRATEGY_SYNTAX',
      'my.json:3:2: a name in double quotes is missing, found "n"',
    ],
    ['{"version":1}', 'INVALID_STRATEGY', /^my\.json: /],
    [
      `{"version":1, ${nodes.replace('field', 'feild')}, ${rule}}`,
      'UNKNOWN_OPERATOR',
      /did you mean field\?/,
    ],
    ['5', 'INVALID_STRATEGY', /my\.json/],
    ['null', 'INVALID_STRATEGY', /my\.json/],
  ])('%s', async (source, code, message) => {
    const error = await refusal(compile(source, 'my.json'))
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
  })

  test('a file of another kind is refused', async () => {
    expect((await refusal(compile('', 'my.py'))).message).toBe(
      'my.py: a strategy file ends in .ts, .js or .json, not .py',
    )
  })

  test('the language can be said', async () => {
    const options = { fileName: 'reply', language: 'json' } as const
    expect((await compileStrategy(`{"version":1, ${nodes}, ${rule}}`, sandbox, options)).graph.name).toBe(
      'reply',
    )
  })
})

describe('a bare expression', () => {
  const fields = ['close', 'open', 'P/E', 'rank', 'volume']
  const expression = (text: string) => compileExpression(text, sandbox, { fields })

  test('has every operator and every field in scope', async () => {
    expect((await expression('rank(close.pctChange(20))')).fields).toEqual(['close'])
    expect((await expression("field('P/E').div(close)")).fields).toEqual(['P/E', 'close'])
    expect((await expression("rank(field('rank'))")).fields).toEqual(['rank'])
    expect((await expression('  close // the price')).type).toBe('panel')
    expect((await expression('close.gt(open)')).type).toBe('boolean')
    expect((await expression("calendar('month')")).type).toBe('vector')
    expect((await expression('5')).graph.nodes).toHaveLength(1)
  })

  test('equal expressions have equal keys', async () => {
    expect((await expression('close.add(open)')).key).toBe((await expression('add(open, close)')).key)
  })

  test.each([
    ['rank(clsoe)', 'STRATEGY_ERROR', 'expression:1:6: clsoe is not defined; did you mean close?'],
    ['rank(\n closse)', 'STRATEGY_ERROR', 'expression:2:2: closse is not defined; did you mean close?'],
    ['rank(high)', 'STRATEGY_ERROR', /high is not defined/],
    ['rank(close', 'STRATEGY_SYNTAX', 'expression:1:11: unexpected end of the text'],
    ['rank(close)) + (1', 'STRATEGY_SYNTAX', 'expression:1:12: unexpected ")"'],
    ['close; open', 'STRATEGY_SYNTAX', 'expression:1:6: unexpected ";"'],
    ['close close', 'STRATEGY_SYNTAX', 'expression:1:7: unexpected "close"'],
    ['', 'STRATEGY_SYNTAX', 'the expression is empty'],
    ['close / open', 'WRONG_TYPE', /cannot calculate or compare/],
    ['rank', 'WRONG_TYPE', /was it meant to be called/],
    ['"close"', 'WRONG_TYPE', /the text 'close'/],
    ['undefined', 'WRONG_INPUTS', /is undefined/],
    ['close.lag(-1)', 'INVALID_PARAMETER', /expression:1:10: lag/],
  ])('%j is refused', async (text, code, message) => {
    const error = await refusal(expression(text))
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
  })

  test('gives values of one per bar and symbol, whatever its type', async () => {
    const panel = createPanel({
      dates: ['2020-01-31', '2020-02-03'],
      symbols: ['A', 'B'],
      fields: new Map([['close', Float64Array.from([1, 2, 3, Number.NaN])]]),
    })
    const values = async (text: string) => {
      const compiled = await expression(text)
      const [column] = createEvaluator(panel).evaluate(compiled, [compiled.root])
      return [...panelValues(column!, 2, 2)]
    }
    expect(await values('close.mul(2)')).toEqual([2, 4, 6, Number.NaN])
    expect(await values('close.gt(1)')).toEqual([0, 1, 1, 0])
    expect(await values("calendar('month')")).toEqual([1, 1, 2, 2])
  })

  test('a root that does not exist is refused', () => {
    const node = { id: 'a', op: 'field', inputs: [], params: { name: 'close' } }
    expect(() => createExpression([node], 'b')).toThrow(/the root names the node "b", which does not exist/)
  })
})

test('every name of the vocabulary can be imported and is in scope', async () => {
  const names = [...vocabulary()].filter((name) => name !== 'var')
  const source = `import { ${names.join(', ')} } from 'alphaloop'
    const all = [${names.join(', ')}]
    const scope = [${names.map((name) => `globalThis.${name}`).join(', ')}]
    if (all.some((f, i) => typeof f !== 'function' || f !== scope[i])) throw new Error('one is missing')
    export default strategy({ weights: field('close') })`
  await compile(source)
})
