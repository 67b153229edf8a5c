/** Something that may be dropped. */
export interface Droppable {
  readonly bytes: number
  /** What it would cost to have it again, in any unit. */
  readonly cost: number
}

interface Place<Value> {
  readonly value: Value
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

interface Grouped<Value> {
  readonly places: Place<Value>[]
  /** In all. */
  worth: number
  bytes: number
  /** The last use of any. */
  used: number
  mayGo: boolean
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
  /** A heap, the least worth first. What was used since it was put in is put in anew when its turn comes. */
  private readonly heap: Waiting<Value>[] = []
  private level = 0
  private uses = 0
  private readonly room: number

  /** `room`: bytes that all values have, about. */
  constructor(room: number) {
    this.room = room
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
    const place = { value, worth, used, times, dropped: false }
    this.places.set(value, place)
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
        this.places.delete(found)
      }
    }
    for (const waiting of kept) this.push(waiting)
    return found
  }

  /**
   * Takes out together all values of the group that is worth least for its bytes, of the groups all of whose values
   * may go. Groups without a name are left alone.
   */
  dropGroup<Group>(groupOf: (value: Value) => Group | undefined, mayGo: (value: Value) => boolean): Value[] {
    const groups = new Map<Group, Grouped<Value>>()
    for (const place of this.places.values()) {
      const { value, worth } = place
      const name = groupOf(value)
      if (name === undefined) continue
      let group = groups.get(name)
      if (group === undefined) {
        group = { places: [], worth: 0, bytes: 0, used: 0, mayGo: true }
        groups.set(name, group)
      }
      group.places.push(place)
      group.worth += Math.max(0, worth - this.level) * value.bytes
      group.bytes += value.bytes
      group.used = Math.max(group.used, place.used)
      group.mayGo &&= mayGo(value)
    }
    let least: Grouped<Value> | undefined
    for (const group of groups.values())
      if (group.mayGo && (least === undefined || before(group, least))) least = group
    if (least === undefined) return []
    this.rise(least.worth, least.bytes)
    for (const place of least.places) {
      place.dropped = true
      this.places.delete(place.value)
    }
    // What was taken out of the middle leaves the heap in its turn, or all at once before it outnumbers the rest.
    if (this.heap.length > 2 * this.places.size + SPARE)
      for (const waiting of this.heap.splice(0)) if (!waiting.place.dropped) this.push(waiting)
    return least.places.map(({ value }) => value)
  }

  /** How many places the order keeps, those of values that are gone among them. */
  get waiting(): number {
    return this.heap.length
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
