import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { environmentName, type Leaf, leavesOf, wantsText } from '../../src/config/leaves.js'
import { parseConfigText } from '../../src/config/load.js'
import { resolveConfig } from '../../src/config/resolve.js'
import { type Config, comparablePart, configSchema } from '../../src/config/schema.js'
import { valueAt } from '../../src/config/values.js'

const leaves = leavesOf(configSchema)
const name = ({ path }: Leaf) => path.join('.')

/** Two values of each setting that are valid, differ from the default and from each other, and contradict nothing. */
const VALUES: Record<string, readonly [unknown, unknown]> = {
  data: ['a.csv', 'b.csv'],
  'dataOptions.columns': [{ close: 'Last' }, { close: 'Px' }],
  'dataOptions.onBadRows': ['drop', 'missing'],
  'dataOptions.unadjusted': [true, false],
  'dataOptions.universe': [['sp500.csv'], ['a.csv', 'b.csv']],
  'dataOptions.adjustments': ['factors.csv', 'other.csv'],
  'dataOptions.renames': ['tickers.csv', 'other.csv'],
  'dataOptions.groups': [['gics'], ['gics', 'exchange']],
  'dataOptions.staleAfterDays': [100, 400],
  market: ['tw-stock', 'none'],
  'costs.commission': [0.01, 0.02],
  'costs.tax': [0.01, 0.02],
  'costs.slippage': [0.01, 0.02],
  fill: ['nextClose', 'nextOpen'],
  benchmark: ['0050', 'SPY'],
  iterations: [7, 8],
  seed: [7, 8],
  workers: [1, 2],
  batchSize: [4, 5],
  objective: ['calmar', 'sortino'],
  innovationRate: [0.29, 0.3],
  feedbackWindow: [6, 7],
  runDirectory: ['runs/a', 'runs/b'],
  start: [['a.ts', 'b.ts'], ['c.ts']],
  'constraints.sides': [['short'], ['long', 'short']],
  'constraints.universe': ['close.gt(5)', 'close.gt(6)'],
  'constraints.fields': [['close'], ['close', 'volume']],
  'constraints.operators': [['sma'], ['sma', 'ema']],
  'constraints.rebalances': [['daily'], ['weekly', 'monthly']],
  'constraints.maxTurnover': [3, 4],
  'constraints.minHoldingBars': [3, 4],
  'constraints.maxDrawdown': [0.3, 0.4],
  'llm.models': [[{ model: 'a' }], [{ model: 'b' }]],
  'llm.enabled': [false, true],
  'llm.selection': ['bandit', 'weights'],
  'llm.fallback': [['a'], ['b']],
  'llm.prompts.explore': [0, 5],
  'llm.prompts.exploit': [0, 5],
  'llm.prompts.repair': [0, 5],
  'llm.prompts.crossover': [0, 5],
  'llm.prompts.simplify': [0, 5],
  'llm.budget.maxCostUsd': [1.5, 2],
  'llm.budget.maxTokens': [1000, 2000],
  'llm.budget.maxCalls': [10, 20],
  'llm.budget.whenSpent': ['stop', 'factorGraph'],
}
const valuesOf = (leaf: Leaf): readonly [unknown, unknown] => {
  const known = VALUES[name(leaf)]
  if (known !== undefined) return known
  const value = valueAt(resolveConfig({ environment: {} }).config, leaf.path) as number
  // Every other setting is a number; a little more or less than the default is valid for all of them.
  return Number.isInteger(value) ? [value + 1, value + 2] : [value * 0.99, value * 0.98]
}

/** Other settings that a value needs, so that the parts still add up. */
const BESIDE: Record<string, (value: number) => string> = {
  'llm.fallback': (value) =>
    `llm: { fallback: ${JSON.stringify(value)}, models: [{ model: a }, { model: b }] }`,
  'split.train': (value) => `split: { train: ${value}, validation: 0.2, test: ${0.8 - value} }`,
  'split.validation': (value) => `split: { train: 0.6, validation: ${value}, test: ${0.4 - value} }`,
  'split.test': (value) => `split: { train: 0.6, validation: ${0.4 - value}, test: ${value} }`,
}
const yamlFor = (leaf: Leaf, value: unknown): string => {
  const beside = BESIDE[name(leaf)]
  if (beside !== undefined) return beside(value as number)
  return leaf.path.reduceRight<string>((inner, key) => `{ ${key}: ${inner} }`, JSON.stringify(value))
}
const asText = (value: unknown): string =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value.join(', ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

const fileOf = (text: string) => parseConfigText(text, 'run.yaml')
const split = fileOf('split: { train: 0.5, validation: 0.2, test: 0.3 }')

describe('every setting', () => {
  test('there are more than fifty, each with a variable of its own', () => {
    expect(leaves.length).toBeGreaterThan(50)
    expect(new Set(leaves.map(({ path }) => environmentName(path))).size).toBe(leaves.length)
    expect(environmentName(['llm', 'timeoutSeconds'])).toBe('ALPHALOOP_LLM_TIMEOUT_SECONDS')
    expect(environmentName(['constraints', 'maxDrawdown'])).toBe('ALPHALOOP_CONSTRAINTS_MAX_DRAWDOWN')
  })

  test.each(leaves.filter((leaf) => leaf.path[0] !== 'split').map((leaf) => [name(leaf), leaf] as const))(
    '%s: flag before environment before file before default, and the origin says which',
    (path, leaf) => {
      const [one, two] = valuesOf(leaf)
      const variable = environmentName(leaf.path)
      const file = fileOf(yamlFor(leaf, one))
      const flag = { path: leaf.path, value: one, flag: '--it' }
      const environment = { [variable]: asText(two) }
      const got = (given: Parameters<typeof resolveConfig>[0]) => {
        const { config, origins } = resolveConfig(given)
        return [valueAt(config, leaf.path), origins.get(path)!.from]
      }
      // Models have defaults of their own below the leaf.
      const like = (value: unknown) =>
        path === 'llm.models' ? [expect.objectContaining((value as object[])[0]!)] : value
      expect(got({ environment: {} })[1]).toBe('default')
      expect(got({ environment: {}, file })).toEqual([like(one), 'file'])
      expect(got({ environment, file })).toEqual([like(two), 'environment'])
      expect(got({ environment, file, flags: [flag] })).toEqual([like(one), 'flag'])
      expect(got({ environment: { [variable]: '' }, file })).toEqual([like(one), 'file'])
    },
  )

  test('the parts of the data come from the environment too', () => {
    const { config, origins } = resolveConfig({
      file: split,
      environment: {
        ALPHALOOP_SPLIT_TRAIN: '0.4',
        ALPHALOOP_SPLIT_TEST: '0.4',
        ALPHALOOP_SPLIT_GAP_BARS: '0',
      },
    })
    expect(config.split).toEqual({ train: 0.4, validation: 0.2, test: 0.4, gapBars: 0 })
    expect(origins.get('split.validation')).toEqual({ from: 'file', file: 'run.yaml', line: 1 })
    expect(origins.get('split.train')).toEqual({ from: 'environment', variable: 'ALPHALOOP_SPLIT_TRAIN' })
  })

  test('any number of variables at once', () => {
    const free = leaves.filter(({ path }) => path[0] !== 'split' && path[0] !== 'llm')
    fc.assert(
      fc.property(fc.subarray(free), fc.nat(1), (chosen, which) => {
        const environment = Object.fromEntries(
          chosen.map((leaf) => [environmentName(leaf.path), asText(valuesOf(leaf)[which])]),
        )
        const { config, origins } = resolveConfig({ environment })
        for (const leaf of free) {
          const given = chosen.includes(leaf)
          expect(origins.get(name(leaf))!.from).toBe(given ? 'environment' : 'default')
          if (given) expect(valueAt(config, leaf.path)).toEqual(valuesOf(leaf)[which])
        }
      }),
      { seed: 5, numRuns: 60 },
    )
  })

  test('a text setting keeps the text of its variable, whatever it looks like', () => {
    const texts = leaves.filter(({ schema }) => wantsText(schema))
    expect(texts.map(name)).toEqual([
      'data',
      'dataOptions.adjustments',
      'dataOptions.renames',
      'benchmark',
      'runDirectory',
      'constraints.universe',
    ])
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.constantFrom('0050', 'true', '1e3', '[a]', '{b}'),
        (leaf, text) => {
          const { config } = resolveConfig({ environment: { [environmentName(leaf.path)]: text } })
          expect(valueAt(config, leaf.path)).toBe(text)
        },
      ),
      { seed: 5, numRuns: 40 },
    )
  })
})

describe('variables', () => {
  test('a map is written as on the command line, or as JSON', () => {
    for (const text of ['close=Last,date=Day', '{"close":"Last","date":"Day"}'])
      expect(
        resolveConfig({ environment: { ALPHALOOP_DATA_OPTIONS_COLUMNS: text } }).config.dataOptions.columns,
      ).toEqual({ close: 'Last', date: 'Day' })
  })

  test('several tables are a JSON list', () => {
    const dataOf = (text: string) => resolveConfig({ environment: { ALPHALOOP_DATA: text } }).config.data
    expect(dataOf('["prices.csv","0050"]')).toEqual(['prices.csv', '0050'])
    expect(dataOf('a,b.csv')).toBe('a,b.csv')
  })

  test('a misspelt one is told, an unrelated one is not', () => {
    const warningsOf = (environment: Record<string, string>) => resolveConfig({ environment }).warnings
    expect(warningsOf({ ALPHALOOP_ITERATION: '5' })).toEqual([
      'ALPHALOOP_ITERATION is not the variable of a setting; did you mean ALPHALOOP_ITERATIONS?',
    ])
    expect(warningsOf({ ALPHALOOP_CACHE_DIR: '/c', ALPHALOOP_SEED: '2', HOME: '/h' })).toEqual([])
  })

  test('a section that the file spoils is not mended by a variable', () => {
    expect(() =>
      resolveConfig({ file: fileOf('split: 5'), environment: { ALPHALOOP_SPLIT_GAP_BARS: '5' } }),
    ).toThrow(/split is 5; it must be a group of settings/)
  })
})

describe('what counts as a change of a run', () => {
  const base = resolveConfig({ environment: {} }).config
  /** Iterations, workers, budgets and outputs; the data stand beside the configuration with their own hash. */
  const NEVER = [
    'data',
    'dataOptions.universe',
    'dataOptions.adjustments',
    'dataOptions.renames',
    'iterations',
    'workers',
    'runDirectory',
    'cacheMegabytes',
    'llm.concurrency',
    'llm.timeoutSeconds',
    'llm.retries',
    'llm.backoffSeconds',
    'llm.stallSeconds',
    'llm.budget.maxCostUsd',
    'llm.budget.maxTokens',
    'llm.budget.maxCalls',
    'llm.budget.whenSpent',
    'limits.evaluationTimeoutSeconds',
    'limits.customSeconds',
  ]

  test.each(leaves.map((leaf) => [name(leaf), leaf] as const))('%s', (path, leaf) => {
    const values = valuesOf(leaf)
    const changed = (value: unknown): Config =>
      resolveConfig({ file: fileOf(yamlFor(leaf, value)), environment: {} }).config
    const isChange = values.some(
      (value) => JSON.stringify(comparablePart(changed(value))) !== JSON.stringify(comparablePart(base)),
    )
    expect(isChange).toBe(!NEVER.includes(path))
  })
})
