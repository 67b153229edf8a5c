import { LEVELS, type Level } from '../champion/levels.js'
import { OBJECTIVES } from '../champion/objective.js'
import { type ChampionTrack, NO_CHAMPION, trackRecord } from '../champion/track.js'
import type { Config } from '../config/schema.js'
import type {
  ChangeRecord,
  DemotionRecord,
  HistoryRecord,
  IterationRecord,
  Method,
  RecordedAblation,
  RunSettings,
} from '../history/record.js'
import { METHODS } from '../history/record.js'
import { NOTHING_SPENT, type Spent } from '../llm/budget.js'
import { type Earned, estimatedCalls, learnFrom, spendingOf } from '../llm/earnings.js'
import { alikeAmong } from '../search/likeness.js'
import { fallbackCauses } from './fallback-warnings.js'

/** An evaluated strategy that proposals may be made from, best first by its objective on train. */
export interface ParentRef {
  readonly id: string
  readonly iteration: number
  readonly score: number
  readonly record: IterationRecord
}

export interface RunCounts {
  readonly levels: Record<Level, number>
  readonly methods: Record<Method, number>
  readonly proposers: Record<string, number>
  readonly statuses: Record<string, number>
  /** Iterations whose method was not the one first chosen. */
  fallbacks: number
  /** How often which failure of a model was the reason. */
  readonly fallbackCauses: Record<string, number>
  /** Evaluations that the records stand for. */
  trials: number
}

/**
 * Everything that the loop remembers, as a fold over the history. Nothing of it is decided here: what was decided
 * stands in the records.
 */
export interface LoopState {
  /** Number that the next iteration will get. */
  next: number
  readonly counts: RunCounts
  /** First iteration that evaluated a strategy, by hash. */
  readonly evaluated: Map<string, number>
  /** The last records, oldest first, for feedback and failure patterns. */
  recent: IterationRecord[]
  /** The last scored records, oldest first, for the staleness rule. */
  scored: IterationRecord[]
  parents: ParentRef[]
  /** The best of each kind of strategy, unlike each other, best first: what is shown beside the champion. */
  archive: ParentRef[]
  champion: ChampionTrack
  /** The record whose strategy is champion. */
  championRecord: IterationRecord | null
  /** What makes it work; null for champions of versions that did not ask. */
  championAblation: RecordedAblation | null
  /** Number of iterations at the last demotion, so that a resume does not decide it again. */
  demotedAt: number | null
  /** What each model that was asked has earned, by its name. */
  models: Readonly<Record<string, Earned>>
  /** What models have cost, as the budget counts it. */
  spent: Spent
  /** Calls of models that the spending holds at the most they may have come to. */
  estimatedCalls: number
  /** Calls of models that a replay answered from its recordings. */
  replayedCalls: number
  /** What the run is made of, from its newest change record. */
  settings: RunSettings | null
  /** Hash of that configuration. */
  configHash: string | null
  /** Where its first iterations come from, where they are not its own; absent in snapshots of older versions. */
  replay?: ChangeRecord['replay'] | null
}

/** What the fold depends on besides the records. */
export interface FoldRules {
  /** Metric by which parents are ranked, on train. */
  readonly objective: string
  /** Scored records that the staleness rule looks at. */
  readonly scoredWindow: number
}

/** The rules of a configuration. */
export const foldRules = ({ objective, champion }: Config): FoldRules => ({
  objective: OBJECTIVES[objective].metric,
  scoredWindow: champion.stalenessWindow,
})

/** Records kept for feedback and failure patterns; a batch is never larger. */
export const RECENT_RECORDS = 64
const PARENTS = 40
const KINDS = 12

export function initialState(): LoopState {
  return {
    next: 0,
    counts: {
      levels: Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>,
      methods: Object.fromEntries(METHODS.map((method) => [method, 0])) as Record<Method, number>,
      proposers: {},
      statuses: {},
      fallbacks: 0,
      fallbackCauses: {},
      trials: 0,
    },
    evaluated: new Map(),
    recent: [],
    scored: [],
    parents: [],
    archive: [],
    champion: NO_CHAMPION,
    championRecord: null,
    championAblation: null,
    demotedAt: null,
    models: {},
    spent: NOTHING_SPENT,
    estimatedCalls: 0,
    replayedCalls: 0,
    settings: null,
    configHash: null,
  }
}

/** One step of the fold. Changes the state in place: a history of 100 000 records is folded in one pass. */
export function applyRecord(state: LoopState, record: HistoryRecord, rules: FoldRules): LoopState {
  switch (record.kind) {
    case 'iteration':
      applyIteration(state, record, rules)
      break
    case 'demotion':
      applyDemotion(state, record)
      break
    case 'change':
      if (record.replay !== undefined) state.replay = record.replay
      if (record.settings !== undefined) {
        state.settings = record.settings
        state.configHash = record.run?.config ?? null
      }
      break
    case 'look':
    case 'note':
      break
    case 'newer':
      // A newer version's iteration still has its number: the next one must not take it.
      if (record.iteration !== undefined) state.next = Math.max(state.next, record.iteration + 1)
      break
  }
  return state
}

function applyIteration(state: LoopState, record: IterationRecord, rules: FoldRules): void {
  const { counts } = state
  state.next = Math.max(state.next, record.iteration + 1)
  counts.levels[record.level]++
  counts.methods[record.method]++
  counts.proposers[record.proposer] = (counts.proposers[record.proposer] ?? 0) + 1
  counts.statuses[record.execution.status] = (counts.statuses[record.execution.status] ?? 0) + 1
  counts.trials += record.trials
  if (record.requested !== undefined && record.requested !== record.method) {
    counts.fallbacks++
    for (const cause of fallbackCauses(record))
      counts.fallbackCauses[cause] = (counts.fallbackCauses[cause] ?? 0) + 1
  }

  const { hash, graph } = record.strategy ?? {}
  const ran = record.execution.status !== 'rejected'
  if (hash !== undefined && ran && !state.evaluated.has(hash)) state.evaluated.set(hash, record.iteration)

  state.recent.push(record)
  if (state.recent.length > RECENT_RECORDS) state.recent.shift()
  const scored = record.execution.status === 'success' && record.level !== 'LEVEL_1'
  if (scored) {
    state.scored.push(record)
    if (state.scored.length > rules.scoredWindow) state.scored.shift()
  }
  const score = record.metrics?.train?.[rules.objective]
  const measured = scored && typeof score === 'number' ? score : null
  state.models = learnFrom(state.models, record, measured, state.parents[0]?.score ?? null)
  const { calls } = state.spent
  state.spent = spendingOf(state.spent, record)
  state.estimatedCalls += estimatedCalls(record)
  if (record.iteration < (state.replay?.until ?? 0)) state.replayedCalls += state.spent.calls - calls
  if (scored && graph && typeof score === 'number') {
    const ref = { id: record.id, iteration: record.iteration, score, record }
    insertParent(state, ref)
    archiveKind(state, ref)
  }

  state.champion = trackRecord(state.champion, record)
  if (!record.champion.updated) return
  state.championRecord = record
  state.championAblation = record.ablation ?? null
}

function applyDemotion(state: LoopState, record: DemotionRecord): void {
  state.champion = trackRecord(state.champion, record)
  state.counts.trials += record.trials ?? 0
  const successor = state.scored.find(({ id }) => id === record.successor.id)
  if (successor !== undefined) {
    state.championRecord = successor
    state.championAblation = record.ablation ?? successor.ablation ?? null
  }
  state.demotedAt = record.after
}

/** Keeps the best distinct strategies, best first; of equal scores the earlier stands first. */
function insertParent({ parents }: LoopState, ref: ParentRef): void {
  if (parents.some(({ record }) => record.strategy!.hash === ref.record.strategy!.hash)) return
  insertByScore(parents, ref, PARENTS)
}

/**
 * Keeps the best of each kind. The best parents of a long search are children of one family, so what differs from the
 * champion has to be remembered apart.
 */
function archiveKind(state: LoopState, ref: ParentRef): void {
  const { archive } = state
  if (ref.score <= 0 || (archive.length >= KINDS && ref.score <= archive.at(-1)!.score)) return
  const alike = alikeAmong(archive, recorded, recorded(ref))
  if (alike.some(({ score }) => score >= ref.score)) return
  state.archive = archive.filter((one) => !alike.includes(one))
  insertByScore(state.archive, ref, KINDS)
}

const recorded = ({ record }: ParentRef) => ({ graph: record.strategy!.graph! })

function insertByScore(list: ParentRef[], ref: ParentRef, most: number): void {
  const at = list.findIndex(({ score }) => score < ref.score)
  list.splice(at < 0 ? list.length : at, 0, ref)
  if (list.length > most) list.pop()
}

/** What proposals of a batch are drawn from: the state before it, untouched by what the batch brings. */
export interface ProposalView {
  readonly next: number
  readonly recent: readonly IterationRecord[]
  readonly parents: readonly ParentRef[]
  readonly archive: readonly ParentRef[]
  readonly champion: ChampionTrack
  readonly championRecord: IterationRecord | null
  readonly championAblation: RecordedAblation | null
  readonly models: LoopState['models']
  readonly wasEvaluated: (hash: string) => boolean
}

/** A view that later records do not change. */
export function proposalView(state: LoopState): ProposalView {
  const { next, evaluated } = state
  return {
    next,
    recent: [...state.recent],
    parents: [...state.parents],
    archive: [...state.archive],
    champion: state.champion,
    championRecord: state.championRecord,
    championAblation: state.championAblation,
    models: state.models,
    // The map goes on growing while the batch runs; what came later does not count.
    wasEvaluated: (hash) => (evaluated.get(hash) ?? Number.POSITIVE_INFINITY) < next,
  }
}
