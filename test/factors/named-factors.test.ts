import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { panelPrefix } from '../../src/data/panel.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import type { Expression } from '../../src/graph/expression.js'
import { expressionOf, factorValues } from '../../src/research/factor-values.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { field, rank, strategy } from '../../src/strategy/api.js'
import { compileExpression, compileStrategy } from '../../src/strategy/compile.js'
import { type NamedFactor, namedFactors } from '../../src/strategy/factors/catalog.js'
import { type Alpha158Name, alpha101, alpha158 } from '../../src/strategy/factors/named-factors.js'
import { strategyToCode } from '../../src/strategy/to-code.js'
import { sharedData } from '../support/shared-data.js'
import { madeUpPanel, panelOf } from './panels.js'

const sandbox = createQuickJsSandbox()
const factors = namedFactors()
const exprOf = ({ family, name }: NamedFactor) =>
  family === 'alpha101' ? alpha101(Number(name)) : alpha158(name as Alpha158Name)
const FIELDS = ['open', 'high', 'low', 'close', 'volume', 'vwap', 'returns', 'dollarVolume', 'cap']
const compile = (text: string) => compileExpression(text, sandbox, { fields: FIELDS })

/** What is wrong, per factor; the calls of those that are right are left out. */
function wrongOnes(check: (factor: NamedFactor, expression: Expression) => string | undefined): string[] {
  return factors.flatMap((factor) => {
    const found = check(factor, expressionOf(exprOf(factor)))
    return found === undefined ? [] : [`${factor.call}: ${found}`]
  })
}

const refusal = (make: () => unknown) => {
  try {
    make()
  } catch (thrown) {
    if (thrown instanceof AlphaloopError) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}

describe('named factors', () => {
  test('are the 101 alphas and the 158 features, each once', () => {
    const calls = factors.map(({ call }) => call)
    expect(new Set(calls).size).toBe(259)
    expect(factors.filter(({ family }) => family === 'alpha101').map(({ name }) => Number(name))).toEqual(
      Array.from({ length: 101 }, (_, i) => i + 1),
    )
    expect(calls).toContain("alpha158('VSUMD60')")
  })

  test('are numbers per bar and symbol, of the fields and groups that they are listed with', () => {
    const wrong = wrongOnes((factor, { type, fields, groups }) => {
      const same = (a: readonly string[], b: readonly string[]) => `${[...a].sort()}` === `${[...b].sort()}`
      return type === 'panel' && same(fields, factor.fields) && same(groups, factor.groups)
        ? undefined
        : `${type} of ${fields} ${groups}`
    })
    expect(wrong).toEqual([])
  })

  test('are, as formulas typed in a factor, the graphs that their names build', async () => {
    const wrong: string[] = []
    for (const factor of factors) {
      const typed = await compile(factor.formula)
      if (typed.key !== expressionOf(exprOf(factor)).key) wrong.push(factor.call)
    }
    expect(wrong).toEqual([])
  })

  test('read no bar after their own: a shorter history has the same values', () => {
    const panel = madeUpPanel(300, 9, 3)
    const bars = 281
    const whole = createEvaluator(panel)
    const short = createEvaluator(panelPrefix(panel, bars))
    const wrong = wrongOnes((_factor, expression) => {
      const long = factorValues(expression, panel, whole)
      const got = factorValues(expression, panelPrefix(panel, bars), short)
      const at = got.findIndex((value, i) => !Object.is(value, long[i]))
      return at < 0 ? undefined : `bar ${Math.floor(at / 9)}: ${got[at]} and ${long[at]}`
    })
    expect(wrong).toEqual([])
  })

  test('have no value where a symbol has no prices', () => {
    const panel = madeUpPanel(300, 9, 4)
    for (const name of FIELDS) panel.fields.get(name)?.fill(Number.NaN, 299 * 9 + 4, 299 * 9 + 5)
    const wrong = wrongOnes((_factor, expression) => {
      const values = factorValues(expression, panel)
      return Number.isNaN(values[299 * 9 + 4]) ? undefined : String(values[299 * 9 + 4])
    })
    expect(wrong).toEqual([])
  })
})

const prices = sharedData('sp500-5yr/all_stocks_5yr.csv.gz')

/** Finite values per cell with a close; `ALPHALOOP_RECORD=1` writes them anew. */
const COVERAGE = join(import.meta.dirname, 'sp500-coverage.json')

test.skipIf(prices === undefined)(
  `every named factor has values wherever its windows are full on the S&P 500${prices === undefined ? ' (skipped: no sp500-5yr here)' : ''}`,
  () => {
    const panel = panelOf(prices!, 'Name', 20)
    const close = panel.fields.get('close')!
    const evaluator = createEvaluator(panel)
    const cells = close.filter(Number.isFinite).length
    const coverage: Record<string, number> = {}
    for (const factor of factors) {
      const values = factorValues(exprOf(factor), panel, evaluator)
      const infinite = values.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY)
      const covered = values.filter((value, i) => Number.isFinite(value) && Number.isFinite(close[i])).length
      coverage[factor.call] = infinite ? Number.NaN : Number((covered / cells).toFixed(4))
    }
    if (process.env.ALPHALOOP_RECORD === '1')
      writeFileSync(COVERAGE, `${JSON.stringify(coverage, undefined, 2)}\n`)
    expect(coverage).toEqual(JSON.parse(readFileSync(COVERAGE, 'utf8')))
    // The longest windows fill after 250 of 1,259 bars, and some symbols are listed later than the first.
    expect(Object.entries(coverage).filter(([, share]) => !(share > 0.75))).toEqual([])
  },
)

describe('a named factor in strategy code', () => {
  const code = (score: string) => `import { alpha101, alpha158, field, rank, strategy } from 'alphaloop'
export default strategy({
  name: 'Named',
  universe: field('dollarVolume').sma(20).gt(1_000_000),
  score: ${score},
  select: { top: 10 },
})`

  test('is the same in the sandbox as in this process, and survives being written as code', async () => {
    for (const factor of factors.filter((_, i) => i % 4 === 0)) {
      const inside = await compileStrategy(code(`rank(${factor.call})`), sandbox)
      const here = strategy({
        name: 'Named',
        universe: field('dollarVolume').sma(20).gt(1_000_000),
        score: exprOf(factor).rank(),
        select: { top: 10 },
      })
      expect(inside.hash, factor.call).toBe(here.hash)
      const again = await compileStrategy(strategyToCode(inside), sandbox)
      expect(again.hash, factor.call).toBe(inside.hash)
    }
  })

  test("ranks among the strategy's universe only", async () => {
    const { graph } = await compileStrategy(code('alpha101(3)'), sandbox)
    const ranks = graph.nodes.filter(({ op }) => op === 'rank')
    expect(ranks).toHaveLength(2)
    for (const { mask } of ranks) expect(mask).toBe(graph.universe)
  })

  test('names fields and groups as the panel does', async () => {
    const { groups, fields } = await compileStrategy(
      code("alpha101(48, { subindustry: 'gics4' }).add(alpha101(56, { cap: 'marketCap' }))"),
      sandbox,
    )
    expect(groups).toEqual(['gics4'])
    expect(fields).toContain('marketCap')
    expect(fields).not.toContain('cap')
    expect(expressionOf(alpha101(48, { subindustry: undefined } as never)).groups).toEqual(['subindustry'])
  })

  test('is not there for programs that do not name it', async () => {
    const plain =
      "export default strategy({ name: typeof globalThis['alpha' + 101], weights: field('close') })"
    expect((await compileStrategy(plain, sandbox)).graph.name).toBe('undefined')
  })

  test.each([
    ['alpha158', ['KMD'], 'alpha158 has no feature "KMD"; did you mean KMID?'],
    ['alpha158', ['ROC7'], 'alpha158 has no feature "ROC7"; did you mean ROC5?'],
    ['alpha158', [], "takes the name of a feature, such as 'KMID' or 'ROC20', not undefined"],
    ['alpha158', [{}], 'not an object'],
    ['alpha158', [rank], 'not a function'],
    ['alpha101', [0], 'takes a whole number from 1 to 101, not 0'],
    ['alpha101', [102], 'takes a whole number from 1 to 101, not 102'],
    ['alpha101', [1.5], 'takes a whole number from 1 to 101, not 1.5'],
    ['alpha101', ['12'], "not the text '12'"],
    ['alpha101', [12, {}, 3], 'alpha101 takes fewer arguments: 3 is one too many'],
    ['alpha158', ['KMID', {}, 3], 'alpha158 takes fewer arguments: 3 is one too many'],
    ['alpha101', [12, 'volume'], "takes names of fields and groups as an object, not the text 'volume'"],
    ['alpha101', [12, null], 'as an object, not null'],
    ['alpha101', [12, []], 'as an object, not an array'],
    [
      'alpha101',
      [48, { subindusty: 'x' }],
      'reads no field or group "subindusty"; did you mean subindustry?',
    ],
    ['alpha101', [48, { subindustry: 4 }], 'subindustry must be the name of a field or group, not 4'],
    ['alpha158', ['KMID', { open: '' }], "open must be the name of a field or group, not the text ''"],
  ] as const)('%s(…%j) is refused in words, in the sandbox and here', async (family, args, words) => {
    const texts = args.map((arg) => (typeof arg === 'function' ? 'rank' : JSON.stringify(arg)))
    await expect(compile(`${family}(${texts.join(', ')})`)).rejects.toThrow(words)
    const call = (family === 'alpha101' ? alpha101 : alpha158) as (...given: readonly unknown[]) => unknown
    expect(refusal(() => call(...args)).message).toContain(words)
  })

  test('is known to the types by its name', () => {
    // @ts-expect-error there is no such feature
    expect(() => alpha158('KMD')).toThrow(/did you mean KMID/)
    // @ts-expect-error windows are 5, 10, 20, 30 and 60
    expect(() => alpha158('ROC7')).toThrow(AlphaloopError)
    // @ts-expect-error alphas are numbered
    expect(() => alpha101('12')).toThrow(AlphaloopError)
  })

  test('a field or group that the panel lacks is named', () => {
    const whole = madeUpPanel(30, 6, 5)
    const bare = {
      ...whole,
      groups: new Map(),
      fields: new Map([...whole.fields].filter(([name]) => name !== 'cap')),
    }
    expect(refusal(() => factorValues(alpha101(58), bare)).code).toBe('UNKNOWN_GROUP')
    expect(refusal(() => factorValues(alpha101(56), bare)).code).toBe('UNKNOWN_FIELD')
    expect(factorValues(alpha101(101), bare).every(Number.isFinite)).toBe(true)
  })
})
