import { z } from 'zod'
import { nearest } from '../base/nearest.js'

const fraction = z.number().min(0).max(1)
const whole = (min: number, max: number) => z.number().int().min(min).max(max)

const split = z
  .strictObject({
    train: z.number().gt(0).lt(1).default(0.6).describe('Share of the bars, by time.'),
    validation: z.number().gt(0).lt(1).default(0.2),
    test: z.number().min(0).lt(1).default(0.2).describe('Sealed: the loop never reads it.'),
    gapBars: whole(0, 1000).default(21).describe('Bars left out at the start of validation and of test.'),
  })
  .prefault({})

const costs = z
  .strictObject({
    commission: z.number().min(0).lt(1).optional(),
    tax: z.number().min(0).lt(1).optional(),
    slippage: z.number().min(0).lt(1).optional(),
  })
  .prefault({})
  .describe('Replace single costs of the market; fractions of traded value.')

const constraints = z
  .strictObject({
    sides: z
      .array(z.enum(['long', 'short', 'longShort']))
      .min(1)
      .optional()
      .describe('Only these sides; without it, proposals are long and your own strategies are free.'),
    universe: z
      .string()
      .optional()
      .describe('Expression that is true where a symbol may be held: close.gt(5)'),
    fields: z.array(z.string()).optional().describe('Only these fields may be read.'),
    operators: z.array(z.string()).optional().describe('Only these operators may be used.'),
    rebalances: z
      .array(z.enum(['daily', 'weekly', 'monthly', 'quarterly']))
      .min(1)
      .optional()
      .describe('Only these; without it, proposals are weekly or monthly and your own strategies are free.'),
    maxTurnover: z
      .number()
      .gt(0)
      .optional()
      .describe('One-way turnover a year (1 = the whole portfolio once).'),
    minHoldingBars: z.number().gt(0).optional().describe('Mean bars that a position is held, at least.'),
    maxDrawdown: fraction.optional().describe('Largest drawdown allowed, as a positive fraction.'),
  })
  .prefault({})

const levels = z
  .strictObject({
    minDaysInMarket: whole(1, 10_000).default(30),
  })
  .prefault({})

const champion = z
  .strictObject({
    firstSharpe: z.number().default(0.5).describe('Validation value that the first champion needs.'),
    marginAbsolute: z.number().min(0).default(0.02),
    marginRecent: fraction.default(0.1).describe('Relative margin shortly after a crowning.'),
    marginSettled: fraction.default(0.01).describe('Relative margin later.'),
    recentIterations: whole(0, 10_000).default(2),
    calmarTolerance: fraction.default(0.1),
    drawdownFactor: z.number().min(1).max(10).default(1.1),
    minChance: fraction
      .default(0.6)
      .describe('Chance that the challenger is truly better, by paired bootstrap.'),
    bootstrapDraws: whole(100, 100_000).default(1000),
    stalenessEvery: whole(0, 1_000_000).default(50).describe('Iterations between staleness checks; 0: none.'),
    stalenessWindow: whole(5, 10_000).default(50),
    stalenessShare: z.number().gt(0).max(1).default(0.1),
    stalenessMinimum: whole(1, 1000).default(5),
  })
  .prefault({})

const factorGraph = z
  .strictObject({
    proposers: z
      .strictObject({
        template: z.number().min(0).default(3),
        mutate: z.number().min(0).default(4),
        crossover: z.number().min(0).default(2),
        random: z.number().min(0).default(2),
      })
      .prefault({})
      .describe('Shares of the proposers; each keeps at least 5%.'),
    maxRedraws: whole(0, 1000).default(10).describe('Draws again when a proposal was evaluated before.'),
  })
  .prefault({})

/** Who serves a model. `openai-compatible` is whatever speaks the chat-completions protocol at its baseUrl. */
export const PROVIDERS = ['openai-compatible', 'openai', 'anthropic', 'google', 'openrouter'] as const
export type ProviderName = (typeof PROVIDERS)[number]

/** Where an `openai-compatible` model is asked that names no address. */
export const COMPATIBLE_BASE_URL = 'https://api.openai.com/v1'

const model = z.strictObject({
  name: z
    .string()
    .min(1)
    .optional()
    .describe('What records and `fallback` call it; without one, what `model` says.'),
  provider: z.enum(PROVIDERS).default('openai-compatible'),
  model: z.string().min(1),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => !/^https?:\/\/[^/?#]*@/i.test(url),
      'an address without a password: keys come from the environment',
    )
    .refine(
      (url) => !/[?#]/.test(url),
      'an address without ? and #: the path of the protocol is put behind it, and keys come from the environment',
    )
    .optional()
    .describe("Without it, the provider's own."),
  apiKeyVariable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the NAME of an environment variable, never the key itself')
    .optional()
    .describe(
      "Name of the environment variable that holds the key; without it, the provider's usual one. Local servers need none.",
    ),
  temperature: z.number().min(0).max(2).optional(),
  maxOutputTokens: whole(64, 200_000).default(4000),
  output: z
    .enum(['code', 'json'])
    .optional()
    .describe('A TypeScript program (code, the default), or the graph as JSON.'),
  stream: z.boolean().optional().describe('Takes the reply as it is written, and notices when it stalls.'),
  weight: z
    .number()
    .min(0)
    .optional()
    .describe('Share of the questions, 1 by default; 0: only ever steps in for another.'),
  price: z
    .strictObject({ inputPerMillion: z.number().min(0), outputPerMillion: z.number().min(0) })
    .optional()
    .describe(
      'US dollars; without it, the list price where it is known, else the cost is recorded as unknown.',
    ),
})

/** What a model is called in records, messages and `fallback`. */
export const modelName = ({ name, model }: { readonly name?: string | undefined; readonly model: string }) =>
  name ?? model

const budget = z
  .strictObject({
    maxCostUsd: z
      .number()
      .min(0)
      .optional()
      .describe('US dollars; models without a known price do not count.'),
    maxTokens: whole(0, 1e12).optional().describe('Of requests and replies together.'),
    maxCalls: whole(0, 1e9).optional().describe('Attempts included.'),
    whenSpent: z
      .enum(['factorGraph', 'stop'])
      .default('factorGraph')
      .describe('Go on without models, or end the run.'),
  })
  .prefault({})
  .describe('Of a run as a whole, resumed or not.')

const share = z.number().min(0).optional()

const prompts = z
  .strictObject({ explore: share, exploit: share, repair: share, crossover: share, simplify: share })
  .refine((shares) => Object.values(shares).length < 5 || Object.values(shares).some((one) => one !== 0), {
    message: 'above 0 for one of them at least: nothing could be asked',
  })
  .optional()
  .describe(
    'Shares of the ways of asking, beside 3 for explore and exploit, 2 for repair and crossover, 1 for simplify; 0: never.',
  )

const llm = z
  .strictObject({
    enabled: z.boolean().default(true),
    models: z.array(model).max(32).default([]).describe('None: every proposal comes from the Factor Graph.'),
    selection: z
      .enum(['weights', 'bandit'])
      .optional()
      .describe('Whom to ask: by weight (the default), or whoever has earned most improvement for its cost.'),
    fallback: z
      .array(z.string())
      .optional()
      .describe('Who steps in, in order, for one that fails; default: the others in their order. []: none.'),
    budget,
    concurrency: whole(1, 64).default(4),
    timeoutSeconds: z.number().gt(0).max(3600).default(60).describe('For one call as a whole.'),
    stallSeconds: z
      .number()
      .gt(0)
      .max(3600)
      .default(30)
      .describe('For a streamed reply that has begun to say something more.'),
    retries: whole(0, 10).default(3),
    backoffSeconds: z.number().min(0).max(60).default(1),
    maxRounds: whole(1, 10)
      .default(3)
      .describe('Rounds in which a reply that does not compile may be mended.'),
    promptTokens: whole(1000, 1_000_000).default(12_000),
    prompts,
  })
  .superRefine(({ models, fallback = [] }, context) => {
    const names = models.map(modelName)
    names.forEach((name, i) => {
      if (names.indexOf(name) < i)
        context.addIssue({
          code: 'custom',
          path: ['models', i, models[i]!.name === undefined ? 'model' : 'name'],
          message: `a name of its own: give one of the two a \`name\``,
          input: name,
        })
    })
    if (models.length > 0 && models.every(({ weight }) => weight === 0))
      context.addIssue({
        code: 'custom',
        path: ['models', 0, 'weight'],
        message: 'above 0 for one model at least: nobody would be asked',
        input: 0,
      })
    fallback.forEach((name, i) => {
      if (names.includes(name)) return
      const meant = nearest(name, names)
      const known = names.length === 0 ? 'and llm.models has none' : `and those are ${names.join(', ')}`
      context.addIssue({
        code: 'custom',
        path: ['fallback', i],
        message: `the name of a model, ${known}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
        input: name,
      })
    })
  })
  .prefault({})

const limits = z
  .strictObject({
    maxNodes: whole(1, 10_000).default(200),
    maxDepth: whole(1, 1000).default(30),
    maxFields: whole(1, 1000).default(10),
    evaluationTimeoutSeconds: z.number().gt(0).max(86_400).default(60),
    customSeconds: z
      .number()
      .gt(0)
      .max(86_400)
      .default(30)
      .describe('Time for one custom function on the whole panel.'),
  })
  .prefault({})

const path = z.string().min(1)

const dataOptions = z
  .strictObject({
    columns: z
      .record(z.string(), z.string())
      .optional()
      .describe('Names of the columns: { date: Day, symbol: Code }'),
    onBadRows: z.enum(['stop', 'drop', 'missing']).default('stop'),
    unadjusted: z
      .boolean()
      .default(false)
      .describe('Do not scale prices by adj_close/close, or by the factors of adjustments.'),
    universe: z
      .array(path)
      .optional()
      .describe(
        'Tables of memberships (symbol, from, to): each is a field of 1 and 0 called after its file.',
      ),
    adjustments: path
      .optional()
      .describe('A table of split and dividend factors: symbol, date, price_factor, split_factor.'),
    renames: path.optional().describe('A table of the tickers that companies had: file, date, ticker.'),
    groups: z.array(z.string().min(1)).optional().describe('Numeric columns that are codes of groups.'),
    staleAfterDays: whole(1, 100_000)
      .optional()
      .describe('Days that an announced value stays known; without it, until the next one.'),
  })
  .prefault({})

/** Everything a run can be told, with ranges and defaults. Numbers carry their unit in the key; rates are fractions. */
export const configSchema = z.strictObject({
  data: z
    .union([path, z.array(path).min(1)])
    .default('builtin')
    .describe('A file, a folder, or `builtin`; in a list, tables to be joined to the first.'),
  dataOptions,
  market: z.enum(['us-stock', 'tw-stock', 'crypto', 'none']).default('us-stock'),
  costs,
  fill: z
    .enum(['nextOpen', 'nextClose'])
    .optional()
    .describe('Fill of every proposal; default nextOpen where the data has open.'),
  benchmark: z.string().optional().describe('A symbol to hold; default: the equal weight of all symbols.'),
  iterations: whole(1, 100_000_000).default(50),
  seed: whole(0, 2_147_483_647).default(1),
  workers: z.union([z.literal('auto'), whole(1, 256)]).default('auto'),
  batchSize: whole(1, 64).default(8),
  objective: z.enum(['sharpe', 'sortino', 'calmar', 'activeSharpe']).default('sharpe'),
  innovationRate: fraction.default(0.2).describe('Share of iterations that ask a model.'),
  feedbackWindow: whole(1, 100).default(5).describe('Recent records that feedback is written from.'),
  runDirectory: z.string().min(1).optional(),
  start: z
    .array(z.string())
    .default([])
    .describe('Strategy files of your own: evaluated first, improved from there.'),
  split,
  constraints,
  levels,
  champion,
  factorGraph,
  llm,
  limits,
  cacheMegabytes: whole(1, 1_000_000).default(64).describe('Memory for computed factors, a worker.'),
})

export type Config = z.output<typeof configSchema>
/** A configuration as it is written: whatever is left out takes its default. */
export type ConfigSettings = z.input<typeof configSchema>

/**
 * Settings that change how a run goes, but never what an iteration's result is: output, budgets (time-outs are such,
 * and what they cut off is recorded), and where a model's key is found. The data stand beside with a hash of their own.
 * `*` is every item of a list.
 */
const NEVER_A_CHANGE = [
  'data',
  'dataOptions.universe',
  'dataOptions.adjustments',
  'dataOptions.renames',
  'iterations',
  'workers',
  'runDirectory',
  'cacheMegabytes',
  'limits.evaluationTimeoutSeconds',
  'limits.customSeconds',
  'llm.concurrency',
  'llm.timeoutSeconds',
  'llm.retries',
  'llm.backoffSeconds',
  'llm.stallSeconds',
  'llm.budget',
  'llm.models.*.apiKeyVariable',
  'llm.models.*.price',
  'llm.models.*.stream',
] as const

/**
 * The part of a configuration that decides results, as plain JSON: equal parts give comparable records. Takes one that
 * was read from a history as well, whichever settings it has.
 */
export function comparablePart(config: object): Record<string, unknown> {
  const part = JSON.parse(JSON.stringify(config)) as Record<string, unknown>
  for (const path of NEVER_A_CHANGE) remove(part, path.split('.'))
  const llm = part.llm as { models?: unknown } | undefined
  if (Array.isArray(llm?.models)) llm.models = llm.models.map(comparableModel)
  return part
}

/** A model with its address written out, as it always stood in a history, and its settings in one order. */
function comparableModel(model: Record<string, unknown>): Record<string, unknown> {
  const address = model.provider === 'openai-compatible' ? { baseUrl: COMPATIBLE_BASE_URL } : {}
  return Object.fromEntries(Object.entries({ ...address, ...model }).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function remove(value: unknown, [key, ...rest]: readonly string[]): void {
  if (typeof value !== 'object' || value === null || key === undefined) return
  if (key === '*') for (const item of Object.values(value)) remove(item, rest)
  else if (rest.length === 0) delete (value as Record<string, unknown>)[key]
  else remove((value as Record<string, unknown>)[key], rest)
}
