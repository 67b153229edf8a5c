import { z } from 'zod'
import type { ChampionPolicy } from '../champion/policy.js'
import { toldDecision } from '../feedback/summarize.js'
import { UNLIMITED } from '../graph/limits.js'
import { createStrategy } from '../graph/strategy.js'
import type { IterationRecord, MetricValues } from '../history/record.js'
import type { LoopState } from '../loop/state.js'
import { strategyToCode } from '../strategy/to-code.js'

/*
 * What an agent is told of a record. It learns from what it is told, so the rule of the feedback holds for every tool:
 * train metrics in numbers, of validation only the decision, its reason and the figures of champions.
 */

export const metricsShape = z.record(z.string(), z.number().nullable())

export const errorShape = z.object({
  category: z.string(),
  code: z.string(),
  message: z.string(),
  line: z.number().optional(),
  column: z.number().optional(),
  hint: z.string().optional(),
})

export const toldShape = z.object({
  iteration: z.number(),
  timestamp: z.string(),
  method: z.string(),
  proposer: z.string(),
  name: z.string().nullable(),
  hash: z.string().nullable(),
  status: z.string(),
  level: z.string(),
  error: errorShape.nullable(),
  train: metricsShape.nullable(),
  trainNotes: z.record(z.string(), z.string()),
  /** Of those that are or were champion only. */
  validation: metricsShape.nullable(),
  becameChampion: z.boolean(),
  decision: z.string(),
})
export type Told = z.infer<typeof toldShape>

export interface Telling {
  readonly state: Pick<LoopState, 'champion'>
  readonly policy: ChampionPolicy
  /** Takes paths of the machine out of a text. */
  readonly hide: (text: string) => string
}

export function toldRecord(record: IterationRecord, { state, policy, hide }: Telling): Told {
  const { execution, strategy, metrics, champion } = record
  const reigned = state.champion.reigns.some(({ id }) => id === record.id)
  const error = 'error' in execution ? execution.error : undefined
  return {
    iteration: record.iteration,
    timestamp: record.timestamp,
    method: record.method,
    proposer: record.proposer,
    name: strategy?.name ?? null,
    hash: strategy?.hash ?? null,
    status: execution.status,
    level: record.level,
    error: error === undefined ? null : toldError(error, hide),
    train: rounded(metrics?.train),
    trainNotes: record.metricNotes?.train ?? {},
    validation: reigned ? rounded(metrics?.validation) : null,
    becameChampion: champion.updated,
    decision: champion.updated ? champion.because : decisionOf(record, policy, hide),
  }
}

/** The recorded reason has the challenger's validation figures in it where it was measured there. */
function decisionOf(record: IterationRecord, policy: ChampionPolicy, hide: (text: string) => string): string {
  const told = toldDecision(record, policy)
  return told === '' ? hide(`It is ${record.level}: ${reasonOf(record)}`) : told
}

function reasonOf({ execution }: IterationRecord): string {
  if ('error' in execution && execution.error !== undefined) return execution.error.message
  return `it ended as ${execution.status}`
}

function toldError(error: z.infer<typeof errorShape>, hide: (text: string) => string) {
  const { category, code, message, line, column, hint } = error
  return {
    category,
    code,
    message: hide(message),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(hint === undefined ? {} : { hint: hide(hint) }),
  }
}

export const championShape = z.object({
  iteration: z.number(),
  name: z.string(),
  hash: z.string(),
  train: metricsShape.nullable(),
  validation: metricsShape.nullable(),
})
export type ToldChampion = z.infer<typeof championShape>

/** The champion in a few figures; null where there is none. */
export function toldChampion({
  championRecord: record,
}: Pick<LoopState, 'championRecord'>): ToldChampion | null {
  if (record === null) return null
  return {
    iteration: record.iteration,
    name: record.strategy!.name,
    hash: record.strategy!.hash,
    train: rounded(record.metrics?.train),
    validation: rounded(record.metrics?.validation),
  }
}

const DIGITS = 6

/** As many digits as a reader can use; the records have all of them. */
export const rounded = (metrics: MetricValues | null | undefined): MetricValues | null =>
  metrics
    ? Object.fromEntries(
        Object.entries(metrics).map(([name, value]) => [
          name,
          value === null ? null : Number(value.toPrecision(DIGITS)),
        ]),
      )
    : null

/** The canonical code of a record's strategy; null where it has none that can be read. */
export const codeOf = ({ strategy }: IterationRecord): string | null =>
  strategy?.graph ? strategyToCode(createStrategy(strategy.graph, UNLIMITED)) : (strategy?.code ?? null)
