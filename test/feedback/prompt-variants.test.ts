import { describe, expect, test } from 'vitest'
import { DEFAULT_CHAMPION_POLICY } from '../../src/champion/policy.js'
import { buildPrompt, type PromptInput } from '../../src/feedback/prompt.js'
import { CUSTOM_EXAMPLE, describeApi } from '../../src/feedback/prompt-api.js'
import { VARIANTS } from '../../src/feedback/variants/draw.js'
import { VARIANT_NAMES, type VariantName } from '../../src/feedback/variants/variant.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'

const strategy = (n: number) => ({
  iteration: n,
  name: `Strategy ${n}`,
  code: `export default strategy({ name: 'Strategy ${n}', score: field('close').pctChange(${n}), select: { top: 10 } })`,
  train: { sharpe: 0.5 + n / 10, maxDrawdown: -0.2, turnover: 3, cagr: null },
})

/** Everything that a run that has gone on for a while has to say. */
const input = (changes: Partial<PromptInput> = {}): PromptInput => ({
  iteration: 90,
  policy: DEFAULT_CHAMPION_POLICY,
  champion: {
    iteration: 70,
    crownedAt: 70,
    name: 'The champion',
    code: "export default strategy({ name: 'The champion', score: field('close').rank() })",
    language: 'ts',
    train: { sharpe: 1.4 },
    validation: { sharpe: 1.2 },
  },
  ablation: {
    metric: 'sharpe',
    whole: 1.4,
    parts: [
      { without: 'rank(close.std(20))', value: 0.71 },
      { without: 'the exit trailingStop 0.2', value: 1.5 },
      { without: 'volume.gt(1000)', value: null, because: 'it made no trades' },
      { without: 'rank(close.pctChange(60))', value: 0.2 },
      { without: 'the universe close.gt(5)', value: 1.39 },
    ],
  },
  alternatives: [strategy(11), strategy(12), strategy(13)],
  parents: [strategy(21), strategy(22)],
  failure: {
    iteration: 88,
    code: "export default strategy({ name: 'Broken', score: field('price') })",
    language: 'ts',
    error: {
      category: 'unknown field',
      code: 'UNKNOWN_FIELD',
      message: 'the data has no field "price"',
      line: 4,
      column: 17,
      hint: 'it has close, volume',
    },
  },
  feedback: 'Iteration 89 improved. '.repeat(20),
  failures: [
    {
      category: 'unknown field',
      count: 7,
      codes: ['UNKNOWN_FIELD'],
      examples: [{ iteration: 88, message: 'the data has no field "price".' }],
      lastIteration: 88,
      advice: 'It has close, volume.',
    },
  ],
  fields: ['close', 'volume'].map((name) => ({ name, coverage: 1 })),
  groups: [],
  constraints: { maxNodes: 200, maxDepth: 30, maxFields: 10 },
  ...changes,
})
const by = (name: VariantName, changes: Partial<PromptInput> = {}) =>
  buildPrompt(input({ variant: VARIANTS[name], ...changes }))

describe('each way of asking', () => {
  test('says what to do this time, and shows champion, feedback and failures', () => {
    for (const name of VARIANT_NAMES) {
      const { user } = by(name)
      expect(user).toContain(`## How to go about it this time\n${VARIANTS[name].instruction}`)
      expect(user).toContain("name: 'The champion'")
      expect(user).toContain('Iteration 89 improved.')
      expect(user).toContain('7 × unknown field')
    }
  })

  test('shows what it is about, and no more', () => {
    const shows = (name: VariantName) =>
      [
        'What made the champion work',
        'Other good strategies',
        'The two parents',
        'The strategy to mend',
      ].filter((title) => by(name).user.includes(`## ${title}\n`))
    expect(shows('explore')).toEqual(['What made the champion work', 'Other good strategies'])
    expect(shows('exploit')).toEqual(['What made the champion work'])
    expect(shows('simplify')).toEqual(['What made the champion work'])
    expect(shows('crossover')).toEqual(['The two parents'])
    expect(shows('repair')).toEqual(['The strategy to mend'])
  })

  test('is for something new where nothing is said', () => {
    expect(buildPrompt(input())).toEqual(by('explore'))
  })
})

describe('the prompt shows', () => {
  test('the champion without each part, the part that matters most first', () => {
    expect(by('exploit').user).toContain(`Its sharpe on train, with one part left out at a time:
- without volume.gt(1000): no value, it made no trades
- without rank(close.pctChange(60)): 1.40 → 0.20
- without rank(close.std(20)): 1.40 → 0.71
- without the universe close.gt(5): 1.40 → 1.39
- without the exit trailingStop 0.2: 1.40 → 1.50`)
    const bare = { metric: 'sharpe', whole: null, parts: [{ without: 'x', value: 1 }] }
    expect(by('exploit', { ablation: bare }).user).toContain('- without x: 1.00')
    expect(by('exploit', { ablation: { ...bare, parts: [{ without: 'x', value: null }] } }).user).toContain(
      '- without x: no value\n',
    )
    for (const ablation of [null, { ...bare, parts: [] }])
      expect(by('exploit', { ablation }).user).not.toContain('What made the champion work')
  })

  test('other good strategies with their code and train, and nothing of their validation', () => {
    const { user } = by('explore')
    for (const n of [11, 12, 13]) {
      expect(user).toContain(`Strategy ${n}, of iteration ${n}\ntrain: sharpe ${(0.5 + n / 10).toFixed(2)}`)
      expect(user).toContain(strategy(n).code)
    }
    expect(user.match(/^validation:/gm)).toHaveLength(1)
  })

  test('the strategy to mend with its error, place and remedy', () => {
    expect(by('repair').user).toContain(
      'Iteration 88 failed: unknown field, UNKNOWN_FIELD (line 4, column 17): the data has no field "price".\n' +
        "What to do: it has close, volume.\n```ts\nexport default strategy({ name: 'Broken'",
    )
    const { failure } = input()
    const bare = by('repair', {
      failure: { ...failure!, error: { category: 'timeout', message: 'too slow', line: 3 } },
    }).user
    expect(bare).toContain('Iteration 88 failed: timeout (line 3): too slow.\n```ts')
  })

  test('no path of any of them', () => {
    const path = '/home/someone/data/prices.csv'
    const planted = { ...strategy(1), code: `// from ${path}`, name: `from ${path}` }
    const { failure, ablation } = input()
    for (const name of VARIANT_NAMES) {
      const { user } = by(name, {
        alternatives: [planted],
        parents: [planted, planted],
        failure: { ...failure!, code: `// ${path}`, error: { category: 'x', message: `in ${path}` } },
        ablation: { ...ablation!, parts: [{ without: `field(${path})`, value: null, because: path }] },
      })
      expect(user).not.toContain('someone')
    }
  })

  test('a window function that compiles, where it is allowed', async () => {
    await compileStrategy(
      `import { strategy, field, custom } from 'alphaloop'
export default strategy({ score: ${CUSTOM_EXAMPLE}, select: { top: 3 } })`,
      createQuickJsSandbox(),
      { language: 'ts' },
    )
    expect(describeApi('described')).toContain(CUSTOM_EXAMPLE)
    expect(describeApi('names')).not.toContain(CUSTOM_EXAMPLE)
    expect(describeApi('described', ['rank', 'sma'])).not.toContain('custom')
  })
})

describe('with little room', () => {
  test('12 000 tokens hold everything', () => {
    for (const name of VARIANT_NAMES) expect(by(name, { budgetTokens: 12_000 }).leftOut).toEqual([])
  })

  test.each([1000, 2000, 4000])(
    '%i tokens hold what matters most, and say what they do not hold',
    (budget) => {
      for (const name of VARIANT_NAMES) {
        const { leftOut, tokens, user, system } = by(name, { budgetTokens: budget })
        const smallest = by(name, { budgetTokens: 1 }).tokens
        expect(tokens).toBeLessThanOrEqual(Math.max(budget, smallest))
        expect(leftOut.length).toBeGreaterThan(0)
        expect(user).toContain(`Left out to save space: ${leftOut.join('; ')}.`)
        expect(user).toContain('Beat the champion')
        expect(user).toContain(VARIANTS[name].instruction)
        expect(system).toContain('one fenced block')
      }
    },
  )

  test('less is left out the more room there is, and the least valuable goes first', () => {
    for (const name of VARIANT_NAMES) {
      const lost = [1000, 2000, 4000, 12_000].map((budgetTokens) => by(name, { budgetTokens }).leftOut.length)
      expect(lost).toEqual([...lost].sort((a, b) => b - a))
    }
    const { tokens } = by('explore')
    // Of a long list the parts that matter most stay.
    const parts = Array.from({ length: 12 }, (_, i) => ({
      without: `part ${i} ${'of many '.repeat(20)}`,
      value: i,
    }))
    const long = { ablation: { metric: 'sharpe', whole: 5, parts } }
    const cut = by('exploit', { ...long, budgetTokens: by('exploit', long).tokens - 2500 })
    expect(cut.leftOut).toContain('the parts of the champion that matter less')
    expect(cut.user).toContain('- without part 3 ')
    expect(cut.user).not.toContain('- without part 4 ')
    const whatGoes = (budgetTokens: number) => by('explore', { budgetTokens }).leftOut
    expect(whatGoes(tokens - 1)).toEqual(['what each operator computes'])
    // The code of what the task is about outlives the signatures of the operators.
    for (const [name, code] of [
      ['crossover', strategy(21).code],
      ['repair', "name: 'Broken'"],
    ] as const) {
      const { user, leftOut } = by(name, { budgetTokens: 2100 })
      expect(leftOut).toContain('the signatures of the operators')
      expect(user).toContain(code)
    }
  })

  test('the shortest forms keep the names of what was left out', () => {
    const crossed = by('crossover', { budgetTokens: 1 })
    expect(crossed.user).toContain(
      '- Strategy 21 (iteration 21): sharpe 2.60, maxDrawdown -0.20, turnover 3.00 on train',
    )
    expect(crossed.leftOut).toContain("the parents' code")
    const nothing = { ...strategy(21), train: {} }
    expect(by('crossover', { budgetTokens: 1, parents: [nothing, nothing] }).user).toContain(
      'no metric has a value',
    )
    const mended = by('repair', { budgetTokens: 1 })
    expect(mended.user).toContain('Iteration 88 failed: the data has no field "price".')
    expect(mended.leftOut).toContain('the code of the strategy to mend')
    const explored = by('explore', { budgetTokens: 1 })
    expect(explored.user).not.toContain('Other good strategies')
    expect(explored.leftOut).toContain('what made the champion work')
  })
})
