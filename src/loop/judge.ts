import type { Rng } from '../base/rng.js'
import { decideChampion } from '../champion/decide.js'
import { classify, type Level, type Outcome } from '../champion/levels.js'
import { figure, OBJECTIVES, percent } from '../champion/objective.js'
import type { ChampionPolicy, Contender } from '../champion/policy.js'
import type { Config } from '../config/schema.js'
import { categoryOf } from '../feedback/execution-error.js'
import type {
  Execution,
  ExecutionError,
  MetricNotes,
  RangeMetrics,
  RecordedDecision,
} from '../history/record.js'
import {
  type Evaluation,
  type FailedEvaluation,
  RANGE_NAMES,
  type RangeResult,
} from '../workers/evaluation.js'

/** The champion rules of a configuration. */
export const championPolicy = ({ objective, champion }: Config): ChampionPolicy => ({
  objective,
  ...champion,
})

/** What steps 7 to 9 of an iteration found. */
export interface Judgement {
  readonly execution: Execution
  readonly metrics: RangeMetrics | null
  readonly metricNotes: MetricNotes | undefined
  readonly level: Level
  readonly decision: RecordedDecision
}

/** What a challenger meets. */
export interface Standing {
  readonly champion: (Contender & { readonly id: string }) | null
  /** Iteration of the last crowning. */
  readonly crownedAt: number | null
  readonly iteration: number
  readonly rng: Rng
  readonly periodsPerYear: number
  /** Needed where the objective is activeSharpe. */
  readonly benchmarkReturns?: Float64Array | undefined
}

/**
 * Turns how an evaluation ended into status, level and champion decision. Pure: the same evaluation meets the same
 * judgement in the same standing.
 */
export function judge(
  evaluation: Evaluation,
  strategy: { readonly hash: string; readonly nodes: number },
  config: Config,
  standing: Standing,
): Judgement {
  const previous = standing.champion?.id ?? null
  const notCandidate = (level: Level, because: string): RecordedDecision => ({
    updated: false,
    because: `Not a candidate (${level}): ${because}`,
    previous,
    gate: 'level',
  })
  const { level, because } = classify(outcomeOf(evaluation, config), {
    objective: config.objective,
    minDaysInMarket: config.levels.minDaysInMarket,
    minObjective: 0,
  })
  const base = { ...measured(evaluation), execution: executionOf(evaluation), level }
  if (evaluation.state !== 'scored' || level !== 'LEVEL_3')
    return { ...base, decision: notCandidate(level, because) }

  const breach = constraintBreach(evaluation.ranges, config.constraints)
  if (breach !== undefined)
    return { ...base, decision: { updated: false, because: breach, previous, gate: 'constraint' } }

  const { validation } = evaluation.ranges
  const decision = decideChampion(
    standing.champion,
    {
      hash: strategy.hash,
      level,
      validation: { metrics: validation.metrics, notes: validation.notes },
      returns: validation.returns,
      nodes: strategy.nodes,
    },
    championPolicy(config),
    {
      iteration: standing.iteration,
      crownedAt: standing.crownedAt,
      rng: standing.rng,
      periodsPerYear: standing.periodsPerYear,
      benchmarkReturns: standing.benchmarkReturns,
    },
  )
  return {
    ...base,
    decision: {
      updated: decision.updated,
      because: decision.because,
      previous,
      ...(decision.updated ? {} : { gate: decision.gate }),
      gates: decision.gates.map(({ gate, verdict, value, limit }) => ({ gate, verdict, value, limit })),
    },
  }
}

function outcomeOf(evaluation: Evaluation, config: Config): Outcome {
  switch (evaluation.state) {
    case 'scored': {
      const { metric } = OBJECTIVES[config.objective]
      const range = ({ metrics, notes, daysInMarket, positions, benchmark }: RangeResult) => ({
        metrics,
        notes,
        daysInMarket,
        positions,
        benchmark: benchmark[metric],
      })
      return {
        state: 'scored',
        train: range(evaluation.ranges.train),
        validation: range(evaluation.ranges.validation),
      }
    }
    case 'ruined':
      return { state: 'ruined', range: evaluation.range, date: evaluation.date }
    case 'refused':
      return { state: 'rejected', gate: evaluation.code, because: evaluation.message }
    case 'crashed':
      return { state: 'crashed', message: evaluation.message }
    case 'timedOut':
      return { state: 'timedOut', seconds: evaluation.seconds }
  }
}

/** Why there was no result, as records keep it. */
export function evaluationError(failed: FailedEvaluation): ExecutionError {
  switch (failed.state) {
    case 'refused':
      return {
        category: categoryOf(failed.code),
        code: failed.code,
        message: failed.message,
        ...(failed.hint === undefined ? {} : { hint: failed.hint }),
      }
    case 'crashed':
      return { category: 'crash', code: 'EVALUATION_CRASHED', message: failed.message }
    case 'timedOut':
      return {
        category: 'timeout',
        code: 'EVALUATION_TIMEOUT',
        message: `the evaluation took longer than ${failed.seconds} seconds`,
        hint: 'use fewer or cheaper operators, or raise limits.evaluationTimeoutSeconds',
      }
  }
}

function executionOf(evaluation: Evaluation): Execution {
  const durationMs = Math.round(evaluation.durationMs * 100) / 100
  switch (evaluation.state) {
    case 'scored':
      return { status: 'success', durationMs }
    case 'ruined':
      return {
        status: 'ruined',
        durationMs,
        error: {
          category: 'ruined',
          code: 'RUINED',
          message: `the equity was gone on ${evaluation.date} (${evaluation.range})`,
          hint: 'use less leverage, or a stop',
        },
      }
    case 'refused':
    case 'crashed':
      return { status: 'error', durationMs, error: evaluationError(evaluation) }
    case 'timedOut':
      return { status: 'timeout', durationMs, error: evaluationError(evaluation) }
  }
}

function measured(evaluation: Evaluation): Pick<Judgement, 'metrics' | 'metricNotes'> {
  if (evaluation.state !== 'scored' && evaluation.state !== 'ruined')
    return { metrics: null, metricNotes: undefined }
  const { train, validation } = evaluation.ranges
  return {
    metrics: { train: { ...train.metrics }, validation: { ...validation.metrics } },
    metricNotes: { train: { ...train.notes }, validation: { ...validation.notes } } as MetricNotes,
  }
}

/**
 * Why a strategy cannot be champion under the user's constraints, or undefined where it keeps all of them. The sentence
 * goes into the feedback, so it gives train's figure, but of validation only that the limit is broken.
 */
export function constraintBreach(
  ranges: Readonly<Record<(typeof RANGE_NAMES)[number], Pick<RangeResult, 'metrics'>>>,
  constraints: Config['constraints'],
): string | undefined {
  const { maxTurnover, minHoldingBars, maxDrawdown } = constraints
  const isOver = (value: number | null, limit: number | undefined): value is number =>
    value !== null && limit !== undefined && value > limit
  for (const name of RANGE_NAMES) {
    const { turnover, avgHoldingBars: held, maxDrawdown: drawdown } = ranges[name].metrics
    const breach = (what: string, value: string, limit: string) =>
      `Not champion (constraint): ${what}${name === 'train' ? ` is ${value}` : ' breaks its limit'} on ${name}, ${limit}.`
    if (isOver(turnover, maxTurnover))
      return breach('turnover a year', figure(turnover), `at most ${figure(maxTurnover!)} is allowed`)
    if (held !== null && minHoldingBars !== undefined && held < minHoldingBars)
      return breach(
        'the mean holding period in bars',
        figure(held),
        `at least ${figure(minHoldingBars)} is wanted`,
      )
    if (drawdown !== null && isOver(-drawdown, maxDrawdown))
      return breach('max drawdown', percent(-drawdown), `at most ${percent(maxDrawdown!)} is allowed`)
  }
  return undefined
}
