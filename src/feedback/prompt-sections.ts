import {
  figure,
  type MetricValues,
  metricOf,
  OBJECTIVES,
  objectiveOf,
  percent,
} from '../champion/objective.js'
import { requiredMargin } from '../champion/policy.js'
import type { FailurePattern } from './failure-patterns.js'
import { describeFailures } from './failure-patterns.js'
import type { Form } from './prompt.js'
import type { PromptChampion, PromptConstraints, PromptField, PromptInput } from './prompt-input.js'
import { firstSentences, withoutPaths } from './prompt-text.js'

/** Task, target and constraints: never shortened. */
export function taskSection({ champion, policy, iteration, constraints }: PromptInput): string {
  const { label } = OBJECTIVES[policy.objective]
  return [
    `Propose the strategy of iteration ${iteration}.`,
    champion === null
      ? `There is no champion yet: a validation ${label} of at least ${figure(policy.firstSharpe)} makes the first one, if its ${label} is above 0 on train as well.`
      : targetSentences(champion, policy, iteration, label),
    ...constraintSentences(constraints),
  ].join('\n')
}

function targetSentences(
  { validation, crownedAt }: PromptChampion,
  policy: PromptInput['policy'],
  iteration: number,
  label: string,
): string {
  const value = objectiveOf({ metrics: validation }, policy.objective)
  if (!value.defined) return `Beat the champion on validation by its ${label}, which has no value for now.`
  const { lead, target } = requiredMargin(value.value, policy, { iteration, crownedAt })
  return (
    `Beat the champion: its validation ${label} is ${figure(value.value)}, the margin is ${figure(lead)}, so the ` +
    `target is a validation ${label} of at least ${figure(target)}, with a drawdown of at most ` +
    `${figure(policy.drawdownFactor)} times the champion's, a Calmar ratio not much below its own, and a chance of at ` +
    `least ${percent(policy.minChance)} that it is truly better.`
  )
}

function constraintSentences(constraints: PromptConstraints): string[] {
  const { sides, rebalances, universe, maxTurnover, minHoldingBars, maxDrawdown } = constraints
  const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' or ')
  return [
    ...(sides === undefined ? [] : [`Allowed side: ${quoted(sides)}.`]),
    ...(rebalances === undefined ? [] : [`Allowed rebalance: ${quoted(rebalances)}.`]),
    ...(universe === undefined
      ? []
      : [`Only symbols where this holds may be held: ${withoutPaths(universe)}`]),
    ...(maxTurnover === undefined ? [] : [`One-way turnover a year: at most ${figure(maxTurnover)}.`]),
    ...(minHoldingBars === undefined
      ? []
      : [`Mean holding period: at least ${figure(minHoldingBars)} bars.`]),
    ...(maxDrawdown === undefined ? [] : [`Drawdown: at most ${percent(maxDrawdown)}.`]),
    `Limits: ${constraints.maxNodes} nodes, depth ${constraints.maxDepth}, ${constraints.maxFields} fields.`,
  ]
}

const METRICS = [
  'sharpe',
  'sortino',
  'calmar',
  'cagr',
  'volatility',
  'maxDrawdown',
  'turnover',
  'informationRatio',
] as const

export function metricsLine(range: string, metrics: MetricValues): string {
  const told = METRICS.flatMap((name) => {
    const value = metricOf({ metrics }, name)
    return value.defined ? [`${name} ${figure(value.value)}`] : []
  })
  return `${range}: ${told.length === 0 ? 'no metric has a value' : told.join(', ')}`
}

export function championForms(champion: PromptChampion | null): Form[] {
  if (champion === null) return [{ text: 'None so far.', lost: '' }]
  const { name, iteration, train, validation, code, language } = champion
  const head = `${withoutPaths(name)}, of iteration ${iteration}`
  const figures = [metricsLine('train', train), metricsLine('validation', validation)].join('\n')
  const clean = withoutPaths(code).trimEnd()
  const source = `\`\`\`${language}\n${clean}\n\`\`\``
  return [
    { text: `${head}\n${figures}\n${source}`, lost: '' },
    { text: `${head}\n${figures}`, lost: "the champion's code" },
    { text: head, lost: "the champion's metrics" },
  ]
}

const SHORT_FEEDBACK_TOKENS = 150

export function feedbackForms(feedback: string): Form[] {
  const text = withoutPaths(feedback)
  return [
    { text, lost: '' },
    { text: firstSentences(text, SHORT_FEEDBACK_TOKENS), lost: 'the later part of the feedback' },
    { text: '', lost: 'the feedback' },
  ]
}

export function failureForms(failures: readonly FailurePattern[]): Form[] {
  if (failures.length === 0) return [{ text: 'Nothing.', lost: '' }]
  return [
    { text: withoutPaths(describeFailures(failures)), lost: '' },
    {
      text: withoutPaths(describeFailures(failures.map((pattern) => ({ ...pattern, examples: [] })))),
      lost: 'the messages of what failed',
    },
    {
      text: withoutPaths(failures.map(({ category, count }) => `${count} × ${category}`).join(', ')),
      lost: 'what to do about what failed',
    },
    { text: '', lost: 'what failed lately' },
  ]
}

const MOST_FIELDS = 60

/** Fields by name with coverage, groups by name. Values never. */
export function fieldForms(fields: readonly PromptField[], groups: readonly string[]): Form[] {
  const withGroups = (text: string) =>
    groups.length === 0 ? text : `${text}\nGroups, as group('…'): ${groups.join(', ')}`
  const described = (field: PromptField) =>
    `${field.name} ${percent(field.coverage)}${field.derived ? ' (derived)' : ''}`
  const intro = "As field('…'); no other name exists. With the share of cells that have a value:\n"
  const names = fields.map(({ name }) => name)
  const some = [...fields].sort((a, b) => b.coverage - a.coverage).slice(0, MOST_FIELDS)
  return [
    { text: withGroups(intro + fields.map(described).join(', ')), lost: '' },
    {
      text: withGroups(`As field('…'); no other name exists: ${names.join(', ')}`),
      lost: 'the coverage of the fields',
    },
    ...(fields.length > MOST_FIELDS
      ? [
          {
            text: withGroups(`As field('…'), among others: ${some.map(({ name }) => name).join(', ')}`),
            lost: `${fields.length - MOST_FIELDS} of ${fields.length} field names`,
          },
        ]
      : []),
  ]
}

export const formatSection = [
  'Think first, briefly, about the feedback and about what failed. Then give exactly one fenced block that begins with',
  '```ts and holds the whole program: imports from alphaloop only, and one `export default strategy({ … })` with a name',
  'that says the idea. Nothing else exists in the sandbox: no console, clock, randomness, files or network.',
].join('\n')
