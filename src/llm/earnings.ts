import type { IterationRecord } from '../history/record.js'
import type { Charge, Spent } from './budget.js'
import { addCharges, NO_CHARGE } from './usage.js'

/** What one model has earned in a run, and what it has cost: a fold over the records. */
export interface Earned {
  /** Iterations whose first question went to it. */
  readonly asked: number
  /** Iterations whose last reply was its. */
  readonly answered: number
  /** Rewards that it was given: one for each iteration that it answered, or failed in. */
  readonly rewards: number
  /** Sum of the rewards, each from 0 to 1. */
  readonly gain: number
  readonly calls: number
  readonly tokens: number
  /** Null where its price is not known. */
  readonly costUsd: number | null
}

const NOTHING_EARNED: Earned = {
  asked: 0,
  answered: 0,
  rewards: 0,
  gain: 0,
  calls: 0,
  tokens: 0,
  costUsd: 0,
}

/** Reward of any strategy that could be measured: the search can build on it. */
const MEASURED = 0.2
/** Scale of the curve, in units of the objective: a lead of so much earns 0.78, none 0.6. */
const LEAD = 0.25

/**
 * The reward of an answer, 0 to 1: a logistic curve, from 0.2 up, of what its strategy is ahead of the best before it,
 * both by the objective on train. Whatever could not be measured (no reply, nothing that compiles, a duplicate, no
 * trades) is a failure and gets the worst, 0. The first strategy of a run is compared with 0.
 */
export function rewardOf(score: number | null, best: number | null): number {
  if (score === null || Number.isNaN(score)) return 0
  return MEASURED + (1 - MEASURED) / (1 + Math.exp(-(score - (best ?? 0)) / LEAD))
}

/** What models have earned after one more record. Pure; the same object where no model was asked. */
export function learnFrom(
  models: Readonly<Record<string, Earned>>,
  record: Pick<IterationRecord, 'rounds'>,
  score: number | null,
  best: number | null,
): Readonly<Record<string, Earned>> {
  const { rounds = [] } = record
  const [first] = rounds
  if (first === undefined) return models
  const learnt = new Map(Object.entries(models))
  const change = (name: string, by: (earned: Earned) => Partial<Earned>) => {
    const earned = learnt.get(name) ?? NOTHING_EARNED
    learnt.set(name, { ...earned, ...by(earned) })
  }
  change(first.asked, ({ asked }) => ({ asked: asked + 1 }))
  for (const { calls } of rounds)
    for (const { model, charged } of calls)
      change(model, (earned) => {
        const { calls, tokens, costUsd } = addCharges(earned, charged)
        return { calls, tokens, costUsd }
      })
  const last = rounds.at(-1)!
  if (last.answered !== null)
    change(last.answered, ({ answered, rewards, gain }) => ({
      answered: answered + 1,
      rewards: rewards + 1,
      gain: gain + rewardOf(score, best),
    }))
  // Once an iteration, however often it failed in it; that the purse is empty or the run was stopped is not its fault.
  const failed = new Set(
    rounds.flatMap(({ calls }) => calls.filter(({ ended }) => FAULTS.has(ended)).map(({ model }) => model)),
  )
  if (last.answered !== null) failed.delete(last.answered)
  for (const name of failed) change(name, ({ rewards }) => ({ rewards: rewards + 1 }))
  return Object.fromEntries(learnt)
}

/** How a call may end that counts against the model. */
const FAULTS: ReadonlySet<string> = new Set([
  'timeout',
  'rateLimit',
  'quota',
  'server',
  'network',
  'auth',
  'badRequest',
  'notFound',
  'malformedReply',
  'emptyReply',
  'disabled',
])

/**
 * Calls of a record whose usage the provider did not tell, at least not whole: what is counted for them is the most that
 * they may have come to.
 */
export const estimatedCalls = ({ rounds = [] }: Pick<IterationRecord, 'rounds'>): number =>
  rounds
    .flatMap(({ calls }) => calls)
    .filter(
      ({ charged, inputTokens, outputTokens }) => charged.tokens > (inputTokens ?? 0) + (outputTokens ?? 0),
    )
    .reduce((sum, { charged }) => sum + charged.calls, 0)

/** What was spent after one more record. Records of earlier versions tell their usage only. */
export function spendingOf(spent: Spent, record: Pick<IterationRecord, 'rounds' | 'usage'>): Spent {
  const charge = record.rounds === undefined ? fromUsage(record) : chargeOf(record.rounds)
  if (charge.calls === 0 && charge.tokens === 0) return spent
  return {
    calls: spent.calls + charge.calls,
    tokens: spent.tokens + charge.tokens,
    costUsd: spent.costUsd + (charge.costUsd ?? 0),
  }
}

const chargeOf = (rounds: NonNullable<IterationRecord['rounds']>): Charge =>
  rounds
    .flatMap(({ calls }) => calls.map(({ charged }) => charged))
    // What has no price adds nothing to the dollars of what has one.
    .map((charged) => ({ ...charged, costUsd: charged.costUsd ?? 0 }))
    .reduce(addCharges, NO_CHARGE)

function fromUsage({ usage }: Pick<IterationRecord, 'usage'>): Charge {
  if (usage === undefined) return NO_CHARGE
  const { attempts, inputTokens, outputTokens, costUsd } = usage
  return { calls: attempts, tokens: (inputTokens ?? 0) + (outputTokens ?? 0), costUsd }
}
