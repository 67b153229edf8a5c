import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { EvictionOrder } from '../../src/graph/evaluate/eviction.js'

interface Value {
  readonly name: string
  readonly bytes: number
  readonly cost: number
}

const value = (name: string, bytes: number, cost: number): Value => ({ name, bytes, cost })
const any = () => true

const dropped = (order: EvictionOrder<Value>, count: number) =>
  Array.from({ length: count }, () => order.drop(any)?.name)

describe('what gives way', () => {
  test('is what costs least for its bytes', () => {
    const order = new EvictionOrder<Value>(1000)
    order.use(value('dear', 10, 100))
    order.use(value('cheap', 10, 5))
    order.use(value('large', 100, 100))
    order.use(value('nothing', 0, 0))
    expect(dropped(order, 5)).toEqual(['nothing', 'cheap', 'large', 'dear', undefined])
  })

  test('is, of equal ones, what was used longest ago', () => {
    const order = new EvictionOrder<Value>(1000)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => value(name, 10, 0)) as [Value, Value, Value]
    for (const one of [a, b, c, a]) order.use(one)
    expect(dropped(order, 3)).toEqual(['b', 'c', 'a'])
  })

  test('is rather what was used once than what was used often', () => {
    const order = new EvictionOrder<Value>(1000)
    const often = value('often', 10, 10)
    for (let i = 0; i < 3; i++) order.use(often)
    order.use(value('once', 10, 20))
    expect(dropped(order, 2)).toEqual(['once', 'often'])
  })

  test('is in the end also what is dear, if nobody uses it while others come and go', () => {
    const order = new EvictionOrder<Value>(100)
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
    const order = new EvictionOrder<Value>(100)
    for (const name of ['a', 'b', 'c']) order.use(value(name, 10, 0))
    expect(order.drop(({ name }) => name !== 'a')?.name).toBe('b')
    expect(order.drop(() => false)).toBeUndefined()
    expect(dropped(order, 3)).toEqual(['a', 'c', undefined])
  })

  test('goes in the order of worth, whatever the order of uses', () => {
    const rng = createRng(3, 'eviction')
    for (let round = 0; round < 50; round++) {
      const order = new EvictionOrder<Value>(Number.MAX_VALUE)
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

describe('a group gives way together', () => {
  const groupOf = ({ name }: Value) => name[0]

  test('the one that is worth least in all, of equal ones that used longest ago', () => {
    const order = new EvictionOrder<Value>(1000)
    for (const [name, cost] of [
      ['a1', 10],
      ['b1', 3],
      ['b2', 3],
      ['c1', 6],
    ] as const)
      order.use(value(name, 10, cost))
    const names = () => order.dropGroup(groupOf, any).map(({ name }) => name)
    expect(names()).toEqual(['b1', 'b2'])
    expect(names()).toEqual(['c1'])
    expect(dropped(order, 2)).toEqual(['a1', undefined])
    expect(names()).toEqual([])
  })

  test('only where all of it may go', () => {
    const order = new EvictionOrder<Value>(1000)
    for (const name of ['a1', 'a2', 'b1']) order.use(value(name, 10, name === 'b1' ? 50 : 1))
    const group = order.dropGroup(groupOf, ({ name }) => name !== 'a2')
    expect(group.map(({ name }) => name)).toEqual(['b1'])
  })

  test('many times over without leaving anything behind', () => {
    const order = new EvictionOrder<Value>(1000)
    order.use(value('kept', 10, 0))
    for (let i = 0; i < 1000; i++) {
      order.use(value(`x${i}`, 10, 1))
      expect(order.dropGroup(groupOf, ({ name }) => name !== 'kept')).toHaveLength(1)
    }
    expect(order.waiting).toBeLessThan(100)
    expect(dropped(order, 2)).toEqual(['kept', undefined])
  })
})
