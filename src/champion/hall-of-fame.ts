import { correlation } from '../base/stats/correlation.js'
import type { Level } from './levels.js'

/** Numbers of the hall; every one is a setting. */
export interface HallPolicy {
  /** Objective on validation for a place among the champions, and among the contenders. */
  readonly champions: number
  readonly contenders: number
  /** Return correlation from which on two strategies are the same idea. */
  readonly nearDuplicate: number
  /** Most entries kept in the archive, the best first. */
  readonly archiveSize: number
}

export const DEFAULT_HALL_POLICY: HallPolicy = Object.freeze({
  champions: 2,
  contenders: 1.5,
  nearDuplicate: 0.95,
  archiveSize: 100,
})

/** An evaluated strategy. */
export interface HallEntry {
  readonly id: string
  readonly iteration: number
  readonly hash: string
  readonly name: string
  readonly level: Level
  /** The objective on validation. */
  readonly value: number
  /** Its returns on the bars that all entries share; null where the cache does not have them. */
  readonly returns: Float64Array | null
}

export type Refusal =
  | { readonly reason: 'equalGraph'; readonly entry: HallEntry; readonly of: HallEntry }
  | {
      readonly reason: 'nearDuplicate'
      readonly entry: HallEntry
      readonly of: HallEntry
      readonly correlation: number
    }
  | { readonly reason: 'unusable'; readonly entry: HallEntry }
  | { readonly reason: 'full'; readonly entry: HallEntry }

export interface HallOfFame {
  readonly champions: readonly HallEntry[]
  readonly contenders: readonly HallEntry[]
  readonly archived: readonly HallEntry[]
  readonly refused: readonly Refusal[]
}

/**
 * The hall of fame of a history: LEVEL_3 strategies from 2.0 on are champions, from 1.5 on contenders, and the rest of
 * the usable ones (LEVEL_2 too) archived. The best are placed first (on a tie the earlier), and one that has the graph
 * of a placed one, or whose returns correlate with it by 0.95 or more, is refused: of near-duplicates the best stays,
 * whatever the order in which they were found. Where a series of returns is missing, does not vary, or covers other
 * bars, only the graph is compared.
 */
export function hallOfFame(
  entries: readonly HallEntry[],
  policy: HallPolicy = DEFAULT_HALL_POLICY,
): HallOfFame {
  const hall = {
    champions: [] as HallEntry[],
    contenders: [] as HallEntry[],
    archived: [] as HallEntry[],
    refused: [] as Refusal[],
  }
  const placed = new Map<string, HallEntry>()
  const ranked = [...entries].sort((a, b) => b.value - a.value || a.iteration - b.iteration)
  for (const entry of ranked) {
    if ((entry.level !== 'LEVEL_2' && entry.level !== 'LEVEL_3') || !Number.isFinite(entry.value)) {
      hall.refused.push({ reason: 'unusable', entry })
      continue
    }
    const tier = tierOf(entry, policy)
    if (tier === 'archived' && hall.archived.length >= policy.archiveSize) {
      hall.refused.push({ reason: 'full', entry })
      continue
    }
    const refusal = duplicateOf(entry, placed, policy)
    if (refusal) {
      hall.refused.push(refusal)
      continue
    }
    hall[tier].push(entry)
    placed.set(entry.hash, entry)
  }
  return hall
}

function tierOf({ level, value }: HallEntry, policy: HallPolicy): 'champions' | 'contenders' | 'archived' {
  if (level !== 'LEVEL_3') return 'archived'
  if (value >= policy.champions) return 'champions'
  return value >= policy.contenders ? 'contenders' : 'archived'
}

function duplicateOf(
  entry: HallEntry,
  placed: ReadonlyMap<string, HallEntry>,
  { nearDuplicate }: HallPolicy,
): Refusal | undefined {
  const equal = placed.get(entry.hash)
  if (equal) return { reason: 'equalGraph', entry, of: equal }
  if (entry.returns === null) return undefined
  for (const other of placed.values()) {
    if (other.returns?.length !== entry.returns.length) continue
    const closeness = correlation(entry.returns, other.returns)
    if (closeness >= nearDuplicate)
      return { reason: 'nearDuplicate', entry, of: other, correlation: closeness }
  }
  return undefined
}
