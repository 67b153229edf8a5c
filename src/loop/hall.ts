import { type HallEntry, type HallOfFame, hallOfFame } from '../champion/hall-of-fame.js'
import { OBJECTIVES, type Objective } from '../champion/objective.js'
import type { HistoryRecord } from '../history/record.js'
import type { ReturnsCache } from './ports.js'

/**
 * The hall of fame of a history, by the objective of its newest settings. Near-duplicates are told by their returns
 * where the cache has them, else by their graphs alone.
 * @param returnsOf the cache that belongs to a record's data and settings
 */
export async function hallOfHistory(
  records: AsyncIterable<HistoryRecord>,
  returnsOf: (run: { readonly data: string; readonly config: string }) => ReturnsCache,
): Promise<HallOfFame> {
  const entries: HallEntry[] = []
  let objective: Objective = 'sharpe'
  for await (const record of records) {
    if (record.kind === 'change' && record.settings !== undefined)
      objective = (record.settings.config.objective as Objective | undefined) ?? objective
    if (record.kind !== 'iteration' || record.strategy === null) continue
    if (record.level !== 'LEVEL_2' && record.level !== 'LEVEL_3') continue
    const value = record.metrics?.validation?.[OBJECTIVES[objective].metric]
    if (typeof value !== 'number') continue
    const { id, iteration, level, run } = record
    const { hash, name } = record.strategy
    const returns = run === null ? undefined : await returnsOf(run).get(hash)
    entries.push({ id, iteration, hash, name, level, value, returns: returns ?? null })
  }
  return hallOfFame(entries)
}
