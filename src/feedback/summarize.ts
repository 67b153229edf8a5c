import type { ChampionFacts, ErrorFacts, GateFacts, HistoryEntry, IterationEntry } from '../champion/entry.js'
import {
  figure,
  type MetricReasons,
  type MetricValues,
  metricOf,
  OBJECTIVES,
  objectiveOf,
  percent,
} from '../champion/objective.js'
import { type ChampionPolicy, DEFAULT_CHAMPION_POLICY, requiredMargin } from '../champion/policy.js'
import { adviceFor } from './advice.js'
import { iterationsOf, type Scenario, type ScoredIteration, scenarioOf, scoredOf } from './scenario.js'
import { asSentence, fitWords } from './sentences.js'
import { TREND_WINDOW, type Trend, trendOf } from './trend.js'

/** The champion as the feedback shows it. */
export interface ChampionFigures {
  /** Iteration of its record, and the one that crowned it. */
  readonly iteration: number
  readonly crownedAt: number
  readonly train?: MetricValues | null | undefined
  readonly validation: MetricValues
  readonly notes?: MetricReasons | undefined
}

export interface FeedbackInput {
  /**
   * The latest records in order; the last iteration among them is what the feedback is about. A trend needs the last
   * five scored ones here.
   */
  readonly records: readonly HistoryEntry[]
  readonly champion: ChampionFigures | null
  /** The iteration that the feedback is for. */
  readonly nextIteration: number
  readonly policy?: ChampionPolicy
  /** Records that are counted in the closing summary (5). */
  readonly window?: number
  /** Words at most (500; at least 200 to hold a failure with its place and advice). */
  readonly maxWords?: number
}

export interface Feedback {
  readonly scenario: Scenario
  /** Null under three scored records. */
  readonly trend: Trend | null
  readonly text: string
}

/**
 * The feedback for the next proposal: what became of the latest iteration, its trend, what the champion asks for.
 * Whole sentences, at most 500 words. Train metrics are given in numbers. Of validation only the decision, the gate
 * with a band of by how much, and the champion's own figures: a challenger's validation figures never appear, or the
 * search would learn them by heart.
 */
export function summarize({
  records,
  champion,
  nextIteration,
  policy = DEFAULT_CHAMPION_POLICY,
  window = 5,
  maxWords = 500,
}: FeedbackInput): Feedback {
  const { label } = OBJECTIVES[policy.objective]
  const iterations = iterationsOf(records)
  const scenario = scenarioOf(iterations, policy.objective)
  const scored = scoredOf(iterations, policy.objective).slice(-TREND_WINDOW)
  const trend = trendOf(scored.map(({ value }) => value))
  const latest = iterations.at(-1)
  const text = fitWords(
    [
      {
        keep: 4,
        sentences: [...latestSentences(scenario, label), ...decisionSentences(latest, label, policy)],
      },
      { keep: 3, sentences: championSentences(champion, scenario, label, nextIteration, policy) },
      { keep: 2, sentences: trendSentences(trend, scored, label) },
      { keep: 1, sentences: windowSentences(iterations.slice(-window)) },
    ],
    maxWords,
  )
  return { scenario, trend, text }
}

function latestSentences(scenario: Scenario, label: string): string[] {
  switch (scenario.kind) {
    case 'firstIteration':
      // A batch is told what was known before it, so this may be said to several.
      return ['These are the first iterations of the run: nothing was evaluated yet.']
    case 'firstScored':
      return [
        `Iteration ${scenario.iteration} ran: its train ${label} is ${figure(scenario.value)}, and there is no ` +
          'earlier one to compare it with.',
      ]
    case 'improving':
      return [
        `Iteration ${scenario.iteration} improved: its train ${label} is ${figure(scenario.value)}, ` +
          `${changeText(scenario)}.`,
      ]
    case 'declining':
      return [
        `Iteration ${scenario.iteration} was worse: its train ${label} is ${figure(scenario.value)}, ` +
          `${changeText(scenario)}.`,
      ]
    case 'flat':
      return [
        `Iteration ${scenario.iteration} changed next to nothing: its train ${label} is ${figure(scenario.value)}, ` +
          `${changeText(scenario)}.`,
        'Make a larger change, in the idea rather than in a parameter.',
      ]
    case 'unmeasured':
      return [
        withReason(
          `Iteration ${scenario.iteration} ran, but its train ${label} has no value`,
          scenario.because,
        ),
        'Make it trade on more days and hold more than cash.',
      ]
    case 'ruined':
      return [
        `Iteration ${scenario.iteration} was ruined: it lost all of its equity before the end.`,
        'Take less gross exposure, add a stop, or avoid short positions in what rises.',
      ]
    case 'rejected':
      return [
        withReason(
          `Iteration ${scenario.iteration} was rejected before it ran by the check ${checkName(scenario.error)}`,
          scenario.error.message,
        ),
        adviceSentence(scenario.error),
      ]
    case 'error':
      return [
        withReason(
          `Iteration ${scenario.iteration} ended in an error of category ${checkName(scenario.error)}`,
          scenario.error.message,
        ),
        placeSentence(scenario.error),
        adviceSentence(scenario.error),
      ]
    case 'timeout':
      return [
        withReason(
          `Iteration ${scenario.iteration} was stopped by the time-out`,
          scenario.error?.message ?? '',
        ),
        adviceSentence({ category: 'timeout', hint: scenario.error?.hint }),
      ]
  }
}

/** A sentence that ends with what somebody else said, if they said anything. */
function withReason(start: string, reason: string): string {
  const told = asSentence(reason)
  return told === '' ? `${start}.` : `${start}: ${told}`
}

function checkName({ category, code }: ErrorFacts): string {
  const name = asSentence(category, 8).replace(/\.$/, '') || 'unknown'
  return code && code !== category ? `${name} (${asSentence(code, 8).replace(/\.$/, '')})` : name
}

function placeSentence({ line, column }: ErrorFacts): string {
  if (!line) return ''
  return `The place is line ${line}${column ? `, column ${column}` : ''}.`
}

function adviceSentence({ hint, category, code }: Pick<ErrorFacts, 'hint' | 'category' | 'code'>): string {
  return `What to do: ${asSentence(hint ?? '', 60) || adviceFor(category, code)}`
}

/** Percent where the earlier value is positive, absolute where a percentage of it would mean nothing. */
function changeText(scenario: Extract<Scenario, { previous: unknown }>): string {
  const { value, previous } = scenario
  const change = value - previous.value
  const from = `from ${figure(previous.value)} in iteration ${previous.iteration}`
  if (change === 0) return `the same as in iteration ${previous.iteration}`
  const direction = change > 0 ? 'up' : 'down'
  if (previous.value <= 0) return `${direction} by ${figure(Math.abs(change))} ${from}`
  const share = Math.abs(change) / previous.value
  return share > 10 ? `${direction} by more than 1000% ${from}` : `${direction} by ${percent(share)} ${from}`
}

/**
 * What became of an iteration, for those whose proposals it may shape: level and decision, of validation the gate that
 * refused it and a band of by how much. Empty where it did not run to its end.
 */
export const toldDecision = (iteration: IterationEntry, policy: ChampionPolicy): string =>
  decisionSentences(iteration, OBJECTIVES[policy.objective].label, policy)
    .filter((sentence) => sentence !== '')
    .join(' ')

function decisionSentences(
  latest: IterationEntry | undefined,
  label: string,
  policy: ChampionPolicy,
): string[] {
  if (latest === undefined || latest.execution.status !== 'success') return []
  const level = `It is ${latest.level}.`
  const decision = latest.champion
  if (!decision) return [level]
  if (decision.updated) return [level, 'It became the champion.']
  const failed = (decision.gates ?? []).filter(({ verdict }) => verdict === 'failed')
  const gate = decision.gate ?? failed[0]?.gate
  if (!gate) return [level, 'It did not become champion.']
  const others = failed.map((facts) => facts.gate).filter((name) => name !== gate)
  return [
    level,
    `It did not become champion: ${gateText(gate, decision, label, policy)}.`,
    others.length > 0 ? `It failed the ${listed(others)} gate${others.length > 1 ? 's' : ''} as well.` : '',
  ]
}

/** Which gate refused, and by how much, without the challenger's validation figure. */
function gateText(gate: string, decision: ChampionFacts, label: string, policy: ChampionPolicy): string {
  const facts = decision.gates?.find((one) => one.gate === gate)
  const limit = facts?.limit ?? null
  const by = band(facts)
  const at = (format: (value: number) => string) => (limit === null ? '' : ` of ${format(limit)}`)
  switch (gate) {
    case 'level':
      return (
        `only LEVEL_3 can be, which takes a ${label} above 0 on train and on validation, and on one of them at ` +
        "least the benchmark's"
      )
    case 'undefined':
      return `its validation ${label} has no value, for want of trades, of bars or of variance`
    // Written for this place: of validation it says no more than that a limit is broken.
    case 'constraint':
      return asSentence(decision.because.replace(/^Not champion \(constraint\): /, ''), 40).replace(/\.$/, '')
    case 'first':
      return `its validation ${label} missed the ${figure(policy.firstSharpe)} that a first champion needs${by}`
    case 'margin':
      return limit === null
        ? 'it equals the champion without a smaller drawdown, or an equal one with a smaller graph'
        : `its validation ${label} missed the margin over the champion, a target${at(figure)}${by}`
    case 'calmar':
      return `its Calmar missed the least value that the champion's allows${at(figure)}${by}`
    case 'drawdown':
      return `its max drawdown was deeper than the champion's allows, with a limit${at(percent)}${by}`
    case 'chance':
      return `the chance that it is truly better missed the least value${at(figure)}${by}`
    default:
      return `the gate ${asSentence(gate, 5).replace(/\.$/, '')} refused it${by}`
  }
}

/** The distance to a limit as a band: enough to know near from far, too coarse to climb on. */
function band(facts: GateFacts | undefined): string {
  if (!facts || facts.value === null || facts.limit === null || Math.abs(facts.limit) < 1e-9) return ''
  const share = Math.abs(facts.value - facts.limit) / Math.abs(facts.limit)
  if (share < 0.05) return ', narrowly (by less than 5% of it)'
  if (share < 0.25) return ', by 5% to 25% of it'
  return share < 0.5 ? ', clearly (by 25% to 50% of it)' : ', by far (by more than half of it)'
}

function championSentences(
  champion: ChampionFigures | null,
  scenario: Scenario,
  label: string,
  nextIteration: number,
  policy: ChampionPolicy,
): string[] {
  const baseline =
    `A LEVEL_3 strategy with a validation ${label} of at least ${figure(policy.firstSharpe)} becomes the first ` +
    'champion: the next proposal is setting the baseline.'
  if (champion === null) return ['There is no champion yet.', baseline]
  const validation = { metrics: champion.validation, notes: champion.notes }
  const held = objectiveOf(validation, policy.objective)
  if (!held.defined)
    return [
      `The champion is iteration ${champion.iteration}, and its validation ${label} has no value.`,
      baseline,
    ]
  const calmar = metricOf(validation, 'calmar')
  const drawdown = metricOf(validation, 'maxDrawdown')
  const figures = [
    `a ${label} of ${figure(held.value)}`,
    calmar.defined && policy.objective !== 'calmar' ? `a Calmar of ${figure(calmar.value)}` : '',
    drawdown.defined ? `a max drawdown of ${percent(Math.abs(drawdown.value))}` : '',
  ].filter((text) => text !== '')
  const { lead, target } = requiredMargin(held.value, policy, {
    iteration: nextIteration,
    crownedAt: champion.crownedAt,
  })
  return [
    `The champion is iteration ${champion.iteration}, with ${listed(figures)} on validation.`,
    Number.isFinite(target)
      ? `The target is a validation ${label} of at least ${figure(target)}, which is a lead of ${figure(lead)}, ` +
        'with no worse risk.'
      : `The target is a validation ${label} as high, with a smaller drawdown or a smaller graph.`,
    gapSentence(champion, scenario, label, policy),
  ]
}

/** The gap between the latest strategy and the champion, on train: there both may be shown. */
function gapSentence(
  champion: ChampionFigures,
  scenario: Scenario,
  label: string,
  policy: ChampionPolicy,
): string {
  const held = objectiveOf({ metrics: champion.train ?? {} }, policy.objective)
  if (!held.defined || !Number.isFinite(held.value)) return ''
  const its = `Its train ${label} is ${figure(held.value)}`
  if (!('value' in scenario) || scenario.iteration === champion.iteration || !Number.isFinite(scenario.value))
    return `${its}.`
  const gap = held.value - scenario.value
  if (Math.abs(gap) < 5e-4) return `${its}, and iteration ${scenario.iteration} has the same.`
  return `${its}, and iteration ${scenario.iteration} is ${figure(Math.abs(gap))} ${gap > 0 ? 'below' : 'above'} it.`
}

function trendSentences(trend: Trend | null, scored: readonly ScoredIteration[], label: string): string[] {
  if (trend === null) return []
  const path = listed(scored.map(({ value }) => figure(value)))
  return [
    `Over the last ${scored.length} scored iterations the train ${label} was ${path}: the trend is ${trend}.`,
    TREND_ADVICE[trend],
  ]
}

const TREND_ADVICE: Readonly<Record<Trend, string>> = {
  'strongly improving': 'Keep to this direction and refine it.',
  improving: 'Keep to this direction, in small steps.',
  declining: 'Leave this direction and start again from the champion or from another idea.',
  weakening: 'Look at what changed since the best of these, and take it back.',
  fluctuating: 'Change one thing at a time, so that its effect can be seen.',
}

function windowSentences(recent: readonly IterationEntry[]): string[] {
  if (recent.length < 2) return []
  const count = (status: string) => recent.filter(({ execution }) => execution.status === status).length
  const parts = [
    [count('success'), 'ran to the end'],
    [count('ruined'), 'ended in ruin'],
    [count('rejected'), 'went no further than the checks'],
    [count('error'), 'failed'],
    [count('timeout'), 'took too long'],
  ] as const
  const told = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`)
  return [`Of the last ${recent.length} iterations, ${listed(told)}.`]
}

const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
