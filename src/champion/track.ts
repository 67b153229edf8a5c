import type { DemotionEntry, HistoryEntry, IterationEntry, StrategyFacts } from './entry.js'

/** The time of one champion. */
export interface Reign {
  /** Id and number of the iteration record whose strategy reigns. */
  readonly id: string
  readonly iteration: number
  readonly strategy: StrategyFacts | null
  readonly metrics: IterationEntry['metrics']
  readonly metricNotes: IterationEntry['metricNotes']
  /** `crowned` by its own record's decision, `succeeded` a demoted champion. */
  readonly how: 'crowned' | 'succeeded'
  readonly because: string
  /** Iteration at which it became champion: its own, or the last one before the demotion. */
  readonly from: number
  /** Iteration at which the next one took over; null while it reigns. */
  readonly to: number | null
}

export interface ChampionTrack {
  readonly current: Reign | null
  /** All champions so far, in order. */
  readonly reigns: readonly Reign[]
  /** Iteration records seen. */
  readonly recorded: number
  /** Number of the last of them; −1 before the first. */
  readonly lastIteration: number
}

export const NO_CHAMPION: ChampionTrack = Object.freeze({
  current: null,
  reigns: Object.freeze([]),
  recorded: 0,
  lastIteration: -1,
})

/** One step of the fold: the recorded decision is taken as it stands, never made again. */
export function trackRecord(track: ChampionTrack, record: HistoryEntry): ChampionTrack {
  switch (record.kind) {
    case 'iteration': {
      const seen = { ...track, recorded: track.recorded + 1, lastIteration: record.iteration }
      return record.champion?.updated === true
        ? enthrone(seen, record, { id: record.id, iteration: record.iteration, how: 'crowned' })
        : seen
    }
    case 'demotion':
      return record.champion.updated
        ? enthrone(track, record, { ...record.successor, how: 'succeeded' })
        : track
    case 'look':
    case 'change':
    case 'note':
      return track
  }
}

/** Champion, reigns and counts of a whole history, in its order. */
export function trackChampion(records: Iterable<HistoryEntry>): ChampionTrack {
  let track = NO_CHAMPION
  for (const record of records) track = trackRecord(track, record)
  return track
}

/** Iterations recorded since the crowning; null without a champion. */
export const iterationsSinceCrowning = ({ current, lastIteration }: ChampionTrack): number | null =>
  current === null ? null : lastIteration - current.from

function enthrone(
  track: ChampionTrack,
  { strategy, metrics, metricNotes, champion }: IterationEntry | DemotionEntry,
  who: Pick<Reign, 'id' | 'iteration' | 'how'>,
): ChampionTrack {
  const from = track.lastIteration
  const reign: Reign = {
    ...who,
    strategy: strategy ?? null,
    metrics,
    metricNotes,
    because: champion?.because ?? '',
    from,
    to: null,
  }
  const ended = track.current === null ? [] : [{ ...track.current, to: from }]
  return { ...track, current: reign, reigns: [...track.reigns.slice(0, -1), ...ended, reign] }
}
