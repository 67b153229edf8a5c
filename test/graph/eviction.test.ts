import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { EvictionOrder } from '../../src/graph/evaluate/eviction.js'

interface Value {
  readonly name: string
  readonly bytes: number
  readonly cost: number
}

const value = (name: string, bytes: number, cost: number): Value => ({ name, bytes, cost })
/** Where it lies does not matter: each in a memory of its own. */
const apart = (memory: Value) => ({ memory, size: memory.bytes, from: 0, to: memory.bytes })
const orderOf = (room: number) => new EvictionOrder<Value>(room, apart)
const any = () => true

const dropped = (order: EvictionOrder<Value>, count: number) =>
  Array.from({ length: count }, () => order.drop(any)?.name)

describe('what gives way', () => {
  test('is what costs least for its bytes', () => {
    const order = orderOf(1000)
    order.use(value('dear', 10, 100))
    order.use(value('cheap', 10, 5))
    order.use(value('large', 100, 100))
    order.use(value('nothing', 0, 0))
    expect(dropped(order, 5)).toEqual(['nothing', 'cheap', 'large', 'dear', undefined])
  })

  test('is, of equal ones, what was used longest ago', () => {
    const order = orderOf(1000)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => value(name, 10, 0)) as [Value, Value, Value]
    for (const one of [a, b, c, a]) order.use(one)
    expect(dropped(order, 3)).toEqual(['b', 'c', 'a'])
  })

  test('is rather what was used once than what was used often', () => {
    const order = orderOf(1000)
    const often = value('often', 10, 10)
    for (let i = 0; i < 3; i++) order.use(often)
    order.use(value('once', 10, 20))
    expect(dropped(order, 2)).toEqual(['once', 'often'])
  })

  test('is in the end also what is dear, if nobody uses it while others come and go', () => {
    const order = orderOf(100)
    order.use(value('dear', 10, 100))
    let rounds = 0
    for (; rounds < 1000; rounds++) {
      order.use(value('cheap', 10, 10))
      if (order.drop(any)!.name === 'dear') break
    }
    // Worth nine more, each cheap one lifts all others by a tenth of its own.
    expect(rounds).toBeGreaterThan(50)
    expect(rounds).toBeLessThan(150)
  })

  test('is nothing that may not go, which keeps its place', () => {
    const order = orderOf(100)
    for (const name of ['a', 'b', 'c']) order.use(value(name, 10, 0))
    expect(order.drop(({ name }) => name !== 'a')?.name).toBe('b')
    expect(order.drop(() => false)).toBeUndefined()
    expect(dropped(order, 3)).toEqual(['a', 'c', undefined])
  })

  test('goes in the order of worth, whatever the order of uses', () => {
    const rng = createRng(3, 'eviction')
    for (let round = 0; round < 50; round++) {
      const order = orderOf(Number.MAX_VALUE)
      const values = Array.from({ length: 40 }, (_, i) => value(String(i), 1, rng.int(0, 8)))
      const last = new Map<string, number>()
      const times = new Map<string, number>()
      for (let use = 0; use < 100; use++) {
        const one = rng.pick(values)
        order.use(one)
        last.set(one.name, use)
        times.set(one.name, (times.get(one.name) ?? 0) + 1)
      }
      const worth = ({ name, cost }: Value) => cost * times.get(name)!
      const wanted = values
        .filter(({ name }) => last.has(name))
        .sort((a, b) => worth(a) - worth(b) || last.get(a.name)! - last.get(b.name)!)
        .map(({ name }) => name)
      expect(dropped(order, wanted.length)).toEqual(wanted)
    }
  })
})

describe('neighbours give way together', () => {
  interface Lying extends Value {
    readonly memory: 'x' | 'y'
    readonly from: number
  }
  const SIZE = 100
  const MEMORIES = { x: {}, y: {} }
  const lying = (name: string, memory: 'x' | 'y', from: number, bytes: number, cost: number): Lying => ({
    ...{ name, memory, from, bytes, cost },
  })
  const holding = (...values: Lying[]) => {
    const order = new EvictionOrder<Lying>(1000, ({ memory, from, bytes }) => ({
      ...{ memory: MEMORIES[memory], size: SIZE, from },
      to: from + bytes,
    }))
    for (const one of values) order.use(one)
    return order
  }
  const names = (values: readonly Lying[]) => values.map(({ name }) => name)

  test('those that are worth least together, of equal ones those used longest ago', () => {
    const order = holding(
      lying('a', 'x', 0, 40, 1),
      lying('b', 'x', 40, 60, 50),
      lying('c', 'y', 0, 50, 2),
      lying('d', 'y', 50, 50, 2),
    )
    expect(names(order.dropRange(50, any))).toEqual(['c'])
    expect(names(order.dropRange(90, any))).toEqual(['d'])
    expect(names(order.dropRange(40, any))).toEqual(['a'])
    expect(order.dropRange(101, any)).toEqual([])
    expect(names(order.dropRange(100, any))).toEqual(['b'])
    expect(order.dropRange(1, any)).toEqual([])
  })

  test('what is free between and beside them counts, so that few have to go', () => {
    const order = holding(
      lying('dear', 'x', 0, 10, 100),
      lying('a', 'x', 30, 10, 1),
      lying('b', 'x', 60, 10, 1),
      lying('last', 'x', 95, 5, 100),
    )
    expect(names(order.dropRange(60, any))).toEqual(['a', 'b'])
    expect(order.drop(any)?.name).toBe('dear')
  })

  test('none of those that may not go, and none across them', () => {
    const order = holding(
      lying('a', 'x', 0, 30, 1),
      lying('held', 'x', 30, 10, 1),
      lying('b', 'x', 40, 30, 5),
      lying('c', 'x', 70, 30, 5),
    )
    const mayGo = ({ name }: Value) => name !== 'held'
    expect(order.dropRange(61, mayGo)).toEqual([])
    expect(names(order.dropRange(60, mayGo))).toEqual(['b', 'c'])
    expect(names(order.dropRange(30, () => false))).toEqual([])
  })

  test('as many as any search of all runs finds, and the least of them', () => {
    const rng = createRng(5, 'ranges')
    for (let round = 0; round < 200; round++) {
      const values: Lying[] = []
      for (const memory of ['x', 'y'] as const)
        for (let at = rng.int(0, 20); at < SIZE; at += rng.int(0, 15)) {
          const bytes = Math.min(rng.int(1, 30), SIZE - at)
          values.push(lying(`${memory}${at}`, memory, at, bytes, rng.int(0, 9)))
          at += bytes
        }
      const held = new Set(values.filter(() => rng.int(0, 5) === 0))
      const bytes = rng.int(1, 70)
      let least = Number.POSITIVE_INFINITY
      for (const memory of ['x', 'y'] as const) {
        const own = values.filter((one) => one.memory === memory)
        for (let first = 0; first < own.length; first++)
          for (let last = first; last < own.length && !held.has(own[last]!); last++) {
            const from = first === 0 ? 0 : own[first - 1]!.from + own[first - 1]!.bytes
            const to = own[last + 1]?.from ?? SIZE
            const loss = own.slice(first, last + 1).reduce((sum, { cost }) => sum + cost, 0)
            if (to - from >= bytes) least = Math.min(least, loss)
          }
      }
      const gone = holding(...values).dropRange(bytes, (one) => !held.has(one))
      const loss = gone.reduce((sum, { cost }) => sum + cost, 0)
      expect(gone.length === 0 ? Number.POSITIVE_INFINITY : loss).toBeCloseTo(least)
      expect(gone.some((one) => held.has(one))).toBe(false)
    }
  })

  test('many times over without leaving anything behind', () => {
    const order = holding(lying('kept', 'x', 0, 10, 0))
    for (let i = 0; i < 1000; i++) {
      order.use(lying(`x${i}`, 'x', 10, 10, 1))
      expect(order.dropRange(20, ({ name }) => name !== 'kept')).toHaveLength(1)
    }
    expect(order.waiting).toBeLessThan(100)
    expect(order.drop(any)?.name).toBe('kept')
    expect(order.drop(any)).toBeUndefined()
  })
})
