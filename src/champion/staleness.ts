import { median } from '../base/stats/median.js'
import { clauses, type GateResult, isFailed, successionGates } from './gates.js'
import { figure, OBJECTIVES, objectiveOf } from './objective.js'
import type { ChampionPolicy, Contender, DecisionContext } from './policy.js'

/** Numbers of the staleness rule; every one is a setting. */
export interface StalenessPolicy {
  /** Iterations between two looks; 0: none. */
  readonly stalenessEvery: number
  /** Scored records that a look takes in. */
  readonly stalenessWindow: number
  /** Share of those that forms the cohort. */
  readonly stalenessShare: number
  /** Fewest members of a cohort. */
  readonly stalenessMinimum: number
}

export const DEFAULT_STALENESS_POLICY: StalenessPolicy = Object.freeze({
  stalenessEvery: 50,
  stalenessWindow: 50,
  stalenessShare: 0.1,
  stalenessMinimum: 5,
})

/** A scored record of the history. */
export interface ScoredContender extends Contender {
  readonly id: string
  readonly iteration: number
}

export interface Demotion {
  readonly demote: true
  readonly successor: ScoredContender
  readonly because: string
  readonly cohortMedian: number
  readonly gates: readonly GateResult[]
}

export type StalenessDecision =
  | Demotion
  | { readonly demote: false; readonly because: string; readonly cohortMedian: number | null }

/** Whether a look is due when `recorded` iterations are in the history. */
export const stalenessDue = (recorded: number, policy: StalenessPolicy = DEFAULT_STALENESS_POLICY): boolean =>
  policy.stalenessEvery > 0 && recorded > 0 && recorded % policy.stalenessEvery === 0

/**
 * Looks whether the champion has gone stale. Of the last `stalenessWindow` scored records (given in order of iteration; those
 * whose objective is undefined on validation take no part) the top `stalenessShare`, at least `stalenessMinimum`, form a cohort. A
 * champion below its median is demoted if a member passes every gate but the margin: the best such member takes over,
 * on a tie the earlier. Where none does, or there are too few records for a cohort, the champion stays.
 */
export function checkStaleness(
  champion: Contender,
  scored: readonly ScoredContender[],
  policy: ChampionPolicy,
  context: Omit<DecisionContext, 'iteration' | 'crownedAt'>,
  staleness: StalenessPolicy = DEFAULT_STALENESS_POLICY,
): StalenessDecision {
  const { label } = OBJECTIVES[policy.objective]
  const keep = (because: string, cohortMedian: number | null = null): StalenessDecision => ({
    demote: false,
    because: `The champion stays: ${because}.`,
    cohortMedian,
  })
  const held = objectiveOf(champion.validation, policy.objective)
  const ranked = scored
    .slice(-staleness.stalenessWindow)
    .flatMap((entry) => {
      const value = objectiveOf(entry.validation, policy.objective)
      return value.defined ? [{ entry, value: value.value }] : []
    })
    .sort((a, b) =>
      a.value === b.value ? a.entry.iteration - b.entry.iteration : b.value > a.value ? 1 : -1,
    )
  if (ranked.length < staleness.stalenessMinimum)
    return keep(`${ranked.length} scored records are too few for a cohort of ${staleness.stalenessMinimum}`)

  // 1e-9: 0.1 · 50 must not round up to 6.
  const size = Math.max(
    staleness.stalenessMinimum,
    Math.ceil(staleness.stalenessShare * ranked.length - 1e-9),
  )
  const cohort = ranked.slice(0, size)
  const middle = median(cohort.map(({ value }) => value))
  const standing =
    `validation ${label} ${held.defined ? figure(held.value) : 'undefined'} against a median of ${figure(middle)} ` +
    `of the best ${cohort.length} among the last ${ranked.length} scored`
  if (held.defined && held.value >= middle) return keep(`${standing}, so it is not below`, middle)

  for (const { entry, value } of cohort) {
    if (entry.hash === champion.hash) continue
    const gates = successionGates(champion, entry, policy, {
      ...context,
      rng: context.rng.fork('successor', entry.iteration),
    })
    if (!gates.some(isFailed))
      return {
        demote: true,
        successor: entry,
        because:
          `The champion is demoted: ${standing}. Iteration ${entry.iteration} takes over with ${figure(value)}: ` +
          `${clauses(gates)}.`,
        cohortMedian: middle,
        gates,
      }
  }
  return keep(`${standing}, but no other member of the cohort passes the gates`, middle)
}
