import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_CHAMPION_POLICY, requiredMargin } from '../../src/champion/policy.js'
import { buildPrompt, type PromptInput } from '../../src/feedback/prompt.js'
import { describeApi } from '../../src/feedback/prompt-api.js'
import { EXAMPLE_STRATEGY } from '../../src/feedback/prompt-example.js'
import { estimateTokens, firstSentences, withoutPaths } from '../../src/feedback/prompt-text.js'
import { REGISTRY } from '../../src/graph/registry.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { SETTINGS } from '../../src/strategy/settings.js'
import { callName } from '../../src/strategy/signatures.js'

const CHAMPION_CODE = "export default strategy({ name: 'Old champion', score: field('close').rank() })"

const input = (changes: Partial<PromptInput> = {}): PromptInput => ({
  iteration: 41,
  policy: DEFAULT_CHAMPION_POLICY,
  champion: {
    iteration: 12,
    crownedAt: 12,
    name: 'Old champion',
    code: CHAMPION_CODE,
    language: 'ts',
    train: { sharpe: 1.41, cagr: 0.2 },
    validation: { sharpe: 1.2, maxDrawdown: -0.18, calmar: null },
  },
  feedback: 'Iteration 40 improved: its train Sharpe is 1.10. Make a larger change.',
  failures: [
    {
      category: 'unknown field',
      count: 7,
      codes: ['UNKNOWN_FIELD'],
      examples: [{ iteration: 39, message: 'the data has no field "roe".' }],
      lastIteration: 39,
      advice: 'Use only the fields that this panel has.',
    },
    {
      category: 'duplicate',
      count: 3,
      codes: ['DUPLICATE'],
      examples: [],
      lastIteration: 38,
      advice: 'Propose something new.',
    },
  ],
  fields: [
    { name: 'close', coverage: 0.998 },
    { name: 'volume', coverage: 0.95 },
    { name: 'returns', coverage: 0.99, derived: true },
  ],
  groups: ['sector'],
  constraints: {
    sides: ['long'],
    rebalances: ['weekly', 'monthly'],
    maxNodes: 200,
    maxDepth: 30,
    maxFields: 10,
  },
  ...changes,
})

const whole = (changes: Partial<PromptInput> = {}) => {
  const { system, user } = buildPrompt(input(changes))
  return `${system}\n${user}`
}

describe('the prompt says', () => {
  test('the target that the champion rule asks at this iteration', () => {
    for (const crownedAt of [40, 12]) {
      const { champion } = input()
      const { lead, target } = requiredMargin(1.2, DEFAULT_CHAMPION_POLICY, { iteration: 41, crownedAt })
      const text = whole({ champion: { ...champion!, crownedAt } })
      expect(text).toContain(`the margin is ${lead.toFixed(2)}`)
      expect(text).toContain(`at least ${target.toFixed(2)}`)
    }
  })

  test('what makes a first champion where there is none', () => {
    const text = whole({ champion: null })
    expect(text).toContain('There is no champion yet')
    expect(text).toContain('at least 0.50')
  })

  test("the champion's code and its metrics, without those that have no value", () => {
    const text = whole()
    expect(text).toContain(CHAMPION_CODE)
    expect(text).toContain('train: sharpe 1.41, cagr 0.20')
    expect(text).toContain('validation: sharpe 1.20, maxDrawdown -0.18')
  })

  test('the feedback, and what failed by category with counts', () => {
    const text = whole()
    expect(text).toContain(input().feedback)
    expect(text).toContain('7 × unknown field, iteration 39: the data has no field "roe".')
    expect(text).toContain('3 × duplicate')
  })

  test('every operator and setting there is', () => {
    const text = whole()
    for (const name of REGISTRY.keys()) expect(text).toContain(`\n${callName(name)}(`)
    for (const name of Object.keys(SETTINGS)) expect(text).toContain(`\n${name}: `)
    expect(text).not.toContain('e+308')
  })

  test('it names the two families of factors, where operators are free', () => {
    expect(describeApi('names')).toMatch(/^alpha101\(number, names\?\): .*\nalpha158\(name, names\?\): /m)
    expect(describeApi('names', ['rank', 'sma'])).not.toContain('alpha101')
  })

  test('only the operators that the constraints leave', () => {
    const text = describeApi('described', ['rank', 'sma', 'var'])
    expect(text).toContain('\nrank(')
    expect(text).toContain('\nvariance(')
    expect(text).not.toContain('\nrsi(')
  })

  test('the fields that the panel has, with their coverage, and no other', () => {
    expect(whole()).toContain('close 99.8%, volume 95.0%, returns 99.0% (derived)')
    expect(whole()).toContain("group('…'): sector")
  })

  test('what a proposal must keep to', () => {
    const text = whole({ constraints: { ...input().constraints, maxTurnover: 4, maxDrawdown: 0.3 } })
    expect(text).toContain("Allowed rebalance: 'weekly' or 'monthly'.")
    expect(text).toContain('One-way turnover a year: at most 4.00.')
    expect(text).toContain('Drawdown: at most 30.0%.')
    expect(text).toContain('Limits: 200 nodes')
  })
})

describe('where something is missing, the prompt', () => {
  test('says that the champion has no value to beat', () => {
    const { champion } = input()
    const text = whole({ champion: { ...champion!, train: {}, validation: { sharpe: null } } })
    expect(text).toContain('has no value for now')
    expect(text).toContain('train: no metric has a value')
  })

  test('says that nothing failed', () => {
    expect(whole({ failures: [] })).toContain('must not be repeated\nNothing.')
  })

  test('says nothing of constraints that are not set', () => {
    const { maxNodes, maxDepth, maxFields } = input().constraints
    const bare = whole({ constraints: { maxNodes, maxDepth, maxFields }, groups: [] })
    expect(bare).not.toMatch(/Allowed|turnover a year|Groups/)
    const full = whole({
      constraints: { ...input().constraints, universe: 'close.gt(5)', minHoldingBars: 3 },
    })
    expect(full).toContain('close.gt(5)')
    expect(full).toContain('at least 3.00 bars')
  })
})

test('the worked example compiles, on closing prices alone', async () => {
  const strategy = await compileStrategy(EXAMPLE_STRATEGY, createQuickJsSandbox(), { language: 'ts' })
  expect(strategy.fields).toEqual(['close'])
  expect(whole()).toContain(EXAMPLE_STRATEGY)
})

describe('what leaves the machine', () => {
  test('is no price, no holding and no path, though they are planted', () => {
    const planted = {
      ...input({
        feedback:
          'It failed in /home/someone/secret/strategy.ts, at line 3. See C:\\Users\\someone\\data.csv as well.',
        failures: [
          {
            category: 'crash',
            count: 1,
            codes: [],
            examples: [{ iteration: 1, message: 'ENOENT: no such file (/home/someone/data/prices.csv).' }],
            lastIteration: 1,
            advice: 'Look into ~/someone/notes.',
          },
        ],
        champion: { ...input().champion!, code: `// from /home/someone/start/mine.ts\n${CHAMPION_CODE}` },
        fields: [{ name: 'close', coverage: 1, values: [98765.4321] } as never],
      }),
      panel: { close: [98765.4321], symbols: ['PLANTED'], path: '/home/someone/prices.csv' },
      holdings: [{ symbol: 'PLANTED', shares: 123123 }],
    }
    const { system, user } = buildPrompt(planted as PromptInput)
    for (const secret of ['someone', '98765', 'PLANTED', '123123'])
      expect(system + user).not.toContain(secret)
    expect(user).toContain(CHAMPION_CODE)
  })

  test('keeps what only looks like a path', () => {
    for (const text of ['a / b / c', 'P/E', '1/2', '// a comment', "import { x } from 'alphaloop'", 'and/or'])
      expect(withoutPaths(text)).toBe(text)
  })
})

describe('the token budget', () => {
  test('of 12 000 holds everything, the API in less than half of it', () => {
    const prompt = buildPrompt(input())
    expect(prompt.leftOut).toEqual([])
    expect(prompt.tokens).toBeLessThan(8000)
    expect(estimateTokens(describeApi('described'))).toBeLessThan(6000)
  })

  test('takes the least valuable first, and says what is missing', () => {
    const { tokens } = buildPrompt(input())
    const { leftOut, user, system } = buildPrompt(input({ budgetTokens: tokens - 1 }))
    expect(leftOut).toEqual(['what each operator computes'])
    expect(user).toContain('Left out to save space: what each operator computes.')
    expect(system).toContain('\nrsi(')
    expect(user).toContain(CHAMPION_CODE)
  })

  test('leaves what is small where one large section had to go', () => {
    const code = `// ${'x'.repeat(60_000)}`
    const { leftOut, user, system } = buildPrompt(input({ champion: { ...input().champion!, code } }))
    expect(leftOut).toEqual(["the champion's code"])
    expect(system).toContain(EXAMPLE_STRATEGY)
    expect(user).toContain('iteration 39')
  })

  test('never takes task, target and output format', () => {
    const { system, user, leftOut } = buildPrompt(input({ budgetTokens: 1 }))
    expect(user).toContain('Beat the champion')
    expect(system).toContain('one fenced block')
    expect(user).toContain('close, volume, returns')
    expect(new Set(leftOut).size).toBe(leftOut.length)
  })

  test('is kept wherever the shortest form fits', () => {
    const shortest = buildPrompt(input({ budgetTokens: 1 })).tokens
    fc.assert(
      fc.property(
        fc.integer({ min: shortest, max: 9000 }),
        fc.integer({ min: 0, max: 400 }),
        (budgetTokens, length) => {
          const feedback = 'A sentence of feedback. '.repeat(length)
          const prompt = buildPrompt(input({ budgetTokens, feedback }))
          expect(prompt.tokens).toBeLessThanOrEqual(budgetTokens)
          expect(prompt.tokens).toBe(estimateTokens(prompt.system) + estimateTokens(prompt.user))
          for (const lost of prompt.leftOut) expect(prompt.user).toContain(lost)
        },
      ),
      { seed: 3, numRuns: 60 },
    )
  })

  test('holds a panel of thousands of fields by its best covered ones', () => {
    const fields = Array.from({ length: 5000 }, (_, i) => ({ name: `factor_${i}`, coverage: i / 5000 }))
    const { tokens, user, leftOut } = buildPrompt(input({ fields }))
    expect(tokens).toBeLessThanOrEqual(12_000)
    expect(user).toContain('factor_4999')
    expect(user).not.toContain('factor_17,')
    expect(leftOut).toContain('4940 of 5000 field names')
  })
})

test('a text is cut between sentences', () => {
  expect(firstSentences('One is 1.5 here. Two is longer than that. Three.', 12)).toBe(
    'One is 1.5 here. Two is longer than that.',
  )
  expect(firstSentences('', 10)).toBe('')
})
