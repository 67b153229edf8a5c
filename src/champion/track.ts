import type { ChampionFacts, HistoryEntry } from './entry.js'

/** The time of one champion. */
export interface Reign {
  /** Id and number of the iteration record whose strategy reigns. */
  readonly id: string
  readonly iteration: number
  /** Null only where the record names no strategy (a damaged or foreign one). */
  readonly hash: string | null
  readonly name: string | null
  /** `crowned` by its own record's decision, or `succeeded` a demoted champion. */
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
  /** Highest number among them; −1 before the first. */
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
    case 'iteration':
      return seeIteration(track, record.iteration, record)
    case 'newer':
      return record.recordKind === 'iteration' && record.iteration !== undefined
        ? seeIteration(track, record.iteration, { ...record.known, id: record.id })
        : track
    case 'demotion': {
      const { id, iteration, hash, name } = record.successor
      const { because, after } = record
      return enthrone(track, {
        id,
        iteration,
        hash,
        name: name ?? null,
        how: 'succeeded',
        because,
        from: after,
      })
    }
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

function seeIteration(
  track: ChampionTrack,
  iteration: number,
  record: {
    readonly id: string
    readonly strategy?: { readonly hash: string; readonly name: string } | null | undefined
    readonly champion?: ChampionFacts | null | undefined
  },
): ChampionTrack {
  const seen: ChampionTrack = {
    ...track,
    recorded: track.recorded + 1,
    lastIteration: Math.max(track.lastIteration, iteration),
  }
  if (record.champion?.updated !== true) return seen
  return enthrone(seen, {
    id: record.id,
    iteration,
    hash: record.strategy?.hash ?? null,
    name: record.strategy?.name ?? null,
    how: 'crowned',
    because: record.champion.because,
    from: iteration,
  })
}

function enthrone(track: ChampionTrack, who: Omit<Reign, 'to'>): ChampionTrack {
  const reign: Reign = { ...who, to: null }
  const ended = track.current === null ? [] : [{ ...track.current, to: who.from }]
  return { ...track, current: reign, reigns: [...track.reigns.slice(0, -1), ...ended, reign] }
}
