/** Something that may be dropped. */
export interface Droppable {
  readonly bytes: number
  /** What it would cost to have it again, in any unit. */
  readonly cost: number
}

/** Where a value lies: bytes `from` … `to` − 1 of a memory of `size` bytes. */
export interface Range {
  readonly memory: object
  readonly size: number
  readonly from: number
  readonly to: number
}

interface Place<Value> {
  readonly value: Value
  readonly range: Range
  worth: number
  /** When it was last used, by count. */
  used: number
  /** How often it was used. */
  times: number
  dropped: boolean
}

interface Waiting<Value> {
  readonly place: Place<Value>
  readonly worth: number
  readonly used: number
}

const SPARE = 64

/**
 * The order in which values give way to others, after GreedyDual-Size with frequencies (Cao & Irani, Cost-aware WWW proxy
 * caching algorithms, 1997; Cherkasova 1998): a value is worth (times used) · cost/bytes more than the level at its last
 * use; of equal ones the least recently used goes first. There the level is the worth of what was dropped last, and a
 * burst of cheap values, each dropped soon, ages dear ones as fast as a whole cache of them would. Here what is dropped
 * raises the level by its share of all the room.
 */
export class EvictionOrder<Value extends Droppable> {
  private readonly places = new Map<Value, Place<Value>>()
  /** By memory, in the order of addresses. */
  private readonly memories = new Map<object, Place<Value>[]>()
  /** A heap, the least worth first. What was used since it was put in is put in anew when its turn comes. */
  private readonly heap: Waiting<Value>[] = []
  private level = 0
  private uses = 0
  private readonly room: number
  private readonly rangeOf: (value: Value) => Range

  /** `room`: bytes that all values have, about. */
  constructor(room: number, rangeOf: (value: Value) => Range) {
    this.room = room
    this.rangeOf = rangeOf
  }

  /** Says that a value is new, or used again. */
  use(value: Value): void {
    const known = this.places.get(value)
    const times = 1 + (known?.times ?? 0)
    const worth = this.level + (times * value.cost) / Math.max(1, value.bytes)
    const used = this.uses++
    if (known !== undefined) {
      known.times = times
      known.worth = worth
      known.used = used
      return
    }
    const place = { value, range: this.rangeOf(value), worth, used, times, dropped: false }
    this.places.set(value, place)
    this.settle(place)
    this.push({ place, worth, used })
  }

  /** Takes out the value that is worth least of those that may go. */
  drop(mayGo: (value: Value) => boolean): Value | undefined {
    const kept: Waiting<Value>[] = []
    let found: Value | undefined
    while (found === undefined && this.heap.length > 0) {
      const { place, used } = this.pop()
      if (place.dropped) continue
      if (place.used !== used) this.push({ place, worth: place.worth, used: place.used })
      else if (!mayGo(place.value)) kept.push({ place, worth: place.worth, used })
      else {
        found = place.value
        this.rise(Math.max(0, place.worth - this.level) * found.bytes, found.bytes)
        this.remove(place)
      }
    }
    for (const waiting of kept) this.push(waiting)
    return found
  }

  /**
   * Takes out those neighbours, with what is free between and beside them, that make room for so many bytes in a row and
   * are worth least together; of equal ones those used longest ago. None where that much room cannot be made.
   */
  dropRange(bytes: number, mayGo: (value: Value) => boolean): Value[] {
    let best: readonly Place<Value>[] = []
    let least = Number.POSITIVE_INFINITY
    let oldest = Number.POSITIVE_INFINITY
    for (const places of this.memories.values()) {
      /** Loss of the run from `first` to `last`. */
      let loss = 0
      // The shortest run that ends with each value: what is longer loses more.
      for (let first = 0, last = 0; last < places.length; last++) {
        const { range } = places[last]!
        loss += this.lossOf(places[last]!)
        const end = last + 1 < places.length ? places[last + 1]!.range.from : range.size
        while (first < last && end - places[first]!.range.to >= bytes) {
          loss -= this.lossOf(places[first]!)
          first++
        }
        const from = first > 0 ? places[first - 1]!.range.to : 0
        if (end - from < bytes || loss > least) continue
        let used = 0
        for (let i = first; i <= last; i++) used = Math.max(used, places[i]!.used)
        if (loss === least && used >= oldest) continue
        const run = places.slice(first, last + 1)
        // Whether a value may go is asked of few: to ask of all takes longer than the rest of the search.
        if (!run.every(({ value }) => mayGo(value))) continue
        best = run
        least = loss
        oldest = used
      }
    }
    if (best.length === 0) return []
    this.rise(
      least,
      best.reduce((sum, { value }) => sum + value.bytes, 0),
    )
    for (const place of best) {
      place.dropped = true
      this.remove(place)
    }
    // What was taken out of the middle leaves the heap in its turn, or all at once before it outnumbers the rest.
    if (this.heap.length > 2 * this.places.size + SPARE)
      for (const waiting of this.heap.splice(0)) if (!waiting.place.dropped) this.push(waiting)
    return best.map(({ value }) => value)
  }

  /** How many places the order keeps, those of values that are gone among them. */
  get waiting(): number {
    return this.heap.length
  }

  /** What would be lost with a value: whole units, so that sums of them stay exact as values come and go. */
  private lossOf({ worth, value }: Place<Value>): number {
    return worth > this.level ? Math.round((worth - this.level) * value.bytes) : 0
  }

  private settle(place: Place<Value>): void {
    const { memory, from } = place.range
    const places = this.memories.get(memory)
    if (places === undefined) {
      this.memories.set(memory, [place])
      return
    }
    places.splice(placeBefore(places, from), 0, place)
  }

  private remove({ value, range: { memory, from } }: Place<Value>): void {
    this.places.delete(value)
    const places = this.memories.get(memory)!
    if (places.length === 1) this.memories.delete(memory)
    else places.splice(placeBefore(places, from), 1)
  }

  /** By what was dropped, worth · bytes, as a share of all there is room for. */
  private rise(worth: number, bytes: number): void {
    this.level += worth / Math.max(1, bytes, this.room)
  }

  private push(waiting: Waiting<Value>): void {
    const { heap } = this
    let at = heap.length
    heap.push(waiting)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!before(waiting, heap[above]!)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = waiting
  }

  private pop(): Waiting<Value> {
    const { heap } = this
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++
      if (!before(heap[below]!, last)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
    return first
  }
}

type Ranked = Pick<Waiting<unknown>, 'worth' | 'used'>

const before = (a: Ranked, b: Ranked) => a.worth < b.worth || (a.worth === b.worth && a.used < b.used)

/** The first of places in the order of addresses that does not lie before an address. */
function placeBefore(places: readonly Place<unknown>[], from: number): number {
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (places[middle]!.range.from < from) low = middle + 1
    else high = middle
  }
  return low
}
