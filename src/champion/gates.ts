import { AlphaloopError } from '../base/errors.js'
import { type ComparedRatio, chanceBetter } from '../validation/stationary-bootstrap.js'
import { LEVELS } from './levels.js'
import {
  figure,
  metricOf,
  OBJECTIVES,
  type Objective,
  objectiveOf,
  percent,
  type Quantity,
} from './objective.js'
import { type ChampionPolicy, type Contender, type DecisionContext, requiredMargin } from './policy.js'

export type Gate = 'level' | 'undefined' | 'first' | 'margin' | 'calmar' | 'drawdown' | 'chance'

/** What a gate saw. `value` and `limit` are null where infinite, undefined, or not computed. */
export interface GateResult {
  readonly gate: Gate
  readonly verdict: 'passed' | 'failed' | 'notJudged' | 'notReached'
  readonly value: number | null
  readonly limit: number | null
  /** A clause with the numbers. */
  readonly because: string
}

export const isFailed = (gate: GateResult): boolean => gate.verdict === 'failed'

/** What the gates saw, as one text. */
export const clauses = (gates: readonly GateResult[]): string => gates.map((gate) => gate.because).join('; ')

/** Room for rounding in comparisons, as in the accounting. */
const ROUNDING = 1e-12

export function levelGate({ level }: Contender): GateResult {
  const passed = level === 'LEVEL_3'
  return {
    gate: 'level',
    verdict: passed ? 'passed' : 'failed',
    value: LEVELS.indexOf(level),
    limit: 3,
    because: passed ? 'it is LEVEL_3' : `it is ${level}, and only LEVEL_3 can be champion`,
  }
}

export function marginGate(
  value: number,
  held: number,
  policy: ChampionPolicy,
  context: DecisionContext,
  label: string,
): GateResult {
  const { share, lead, target } = requiredMargin(held, policy, context)
  const recent = share === policy.marginRecent && share !== policy.marginSettled
  const why =
    lead > policy.marginAbsolute
      ? `${percent(share)}${recent ? ` within ${policy.recentIterations} iterations of a crowning` : ''}`
      : 'the least lead'
  return atLeast(
    'margin',
    value,
    target,
    `validation ${label} ${figure(value)} against the champion's ${figure(held)}, ` +
      `${figure(target)} needed (a lead of ${figure(lead)}: ${why})`,
  )
}

export const riskGates = (
  champion: Contender,
  challenger: Contender,
  policy: ChampionPolicy,
): GateResult[] => [calmarGate(champion, challenger, policy), drawdownGate(champion, challenger, policy)]

export function calmarGate(champion: Contender, challenger: Contender, policy: ChampionPolicy): GateResult {
  const own = metricOf(challenger.validation, 'calmar')
  const held = metricOf(champion.validation, 'calmar')
  if (!own.defined || !held.defined) return notJudged('calmar', 'Calmar', own, held)
  // Infinite stays infinite: ∞ − 0.1·∞ would be NaN, and refuse everyone.
  const limit = Number.isFinite(held.value)
    ? held.value - policy.calmarTolerance * Math.abs(held.value)
    : held.value
  return atLeast(
    'calmar',
    own.value,
    limit,
    `Calmar ${figure(own.value)} against ${figure(held.value)}, ${figure(limit)} needed`,
  )
}

function drawdownGate(champion: Contender, challenger: Contender, policy: ChampionPolicy): GateResult {
  const own = metricOf(challenger.validation, 'maxDrawdown')
  const held = metricOf(champion.validation, 'maxDrawdown')
  if (!own.defined || !held.defined) return notJudged('drawdown', 'max drawdown', own, held)
  const depth = Math.abs(own.value)
  const limit = policy.drawdownFactor * Math.abs(held.value)
  return {
    gate: 'drawdown',
    verdict: depth <= limit + ROUNDING ? 'passed' : 'failed',
    value: depth,
    limit,
    because: `max drawdown ${percent(depth)} against ${percent(Math.abs(held.value))}, at most ${percent(limit)} allowed`,
  }
}

/** Ratio behind each objective, and whether it is of the returns over the benchmark. */
const COMPARED = {
  sharpe: { ratio: 'sharpe', active: false },
  sortino: { ratio: 'sortino', active: false },
  calmar: { ratio: 'calmar', active: false },
  activeSharpe: { ratio: 'sharpe', active: true },
} as const satisfies Record<Objective, { ratio: ComparedRatio; active: boolean }>

export function chanceGate(
  champion: Contender,
  challenger: Contender,
  policy: ChampionPolicy,
  context: Omit<DecisionContext, 'iteration' | 'crownedAt'>,
  lost: boolean,
): GateResult {
  const limit = policy.minChance
  if (lost)
    return {
      gate: 'chance',
      verdict: 'notReached',
      value: null,
      limit,
      because: 'the chance of being better was not drawn',
    }
  const { ratio, active } = COMPARED[policy.objective]
  const series = ({ returns }: Contender) =>
    active ? overBenchmark(returns, context.benchmarkReturns) : returns
  const chance = chanceBetter(series(challenger), series(champion), {
    rng: context.rng,
    draws: policy.bootstrapDraws,
    ratio,
    riskFree: active ? 0 : (context.riskFree ?? 0) / context.periodsPerYear,
    periodsPerYear: context.periodsPerYear,
  })
  return atLeast(
    'chance',
    chance,
    limit,
    `chance of being better ${figure(chance)}, ${figure(limit)} needed (${policy.bootstrapDraws} draws)`,
  )
}

function overBenchmark(returns: Float64Array, benchmark: Float64Array | undefined): Float64Array {
  if (benchmark?.length !== returns.length)
    throw new AlphaloopError(
      'failure',
      'BENCHMARK_RETURNS_MISSING',
      `activeSharpe compares returns over the benchmark, and there are ${benchmark?.length ?? 'no'} benchmark returns ` +
        `for ${returns.length} bars`,
      { hint: 'Hand the validation returns of the benchmark to decideChampion as context.benchmarkReturns.' },
    )
  return returns.map((value, bar) => value - benchmark[bar]!)
}

export function atLeast(gate: Gate, value: number, limit: number, because: string): GateResult {
  return {
    gate,
    verdict: value >= limit - ROUNDING ? 'passed' : 'failed',
    value: Number.isFinite(value) ? value : null,
    limit: Number.isFinite(limit) ? limit : null,
    because,
  }
}

export const failed = (gate: Gate, because: string): GateResult => ({
  gate,
  verdict: 'failed',
  value: null,
  limit: null,
  because,
})

function notJudged(gate: Gate, name: string, own: Quantity, held: Quantity): GateResult {
  const reasons = [
    ...(own.defined ? [] : [`its ${name} is undefined (${clause(own.because)})`]),
    ...(held.defined ? [] : [`the champion's ${name} is undefined (${clause(held.because)})`]),
  ]
  return {
    gate,
    verdict: 'notJudged',
    value: null,
    limit: null,
    because: `${reasons.join(' and ')}, so it is not judged`,
  }
}

/**
 * The gates a successor of a demoted champion has to pass: all but the margin, in the order of `decideChampion`. The
 * chance is drawn only when the others pass.
 */
export function successionGates(
  champion: Contender,
  successor: Contender,
  policy: ChampionPolicy,
  context: Omit<DecisionContext, 'iteration' | 'crownedAt'>,
): readonly GateResult[] {
  const { label } = OBJECTIVES[policy.objective]
  const gates: GateResult[] = [levelGate(successor)]
  const value = objectiveOf(successor.validation, policy.objective)
  if (!value.defined)
    gates.push(failed('undefined', `its validation ${label} is undefined (${clause(value.because)})`))
  gates.push(...riskGates(champion, successor, policy))
  gates.push(chanceGate(champion, successor, policy, context, gates.some(isFailed)))
  return gates
}

/** A reason from elsewhere as part of a sentence. */
export const clause = (text: string): string => text.trim().replace(/[.!?]+$/, '')
