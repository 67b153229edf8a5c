import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccountMemory, sharedMemory } from '../../src/backtest/account-memory.js'
import { Book } from '../../src/backtest/book.js'
import { OPENED_VALUE, REASON, RECORD } from '../../src/backtest/ledger.js'
import { createRng, type Rng } from '../../src/base/rng.js'

/*
 * The compiled kernels that an account is kept with, against the same in plain words, to the bit.
 */

const SYMBOLS = 9
const BARS = 6

/** An account that holds some symbols, long and short, with closes and fill prices of which some are missing. */
function randomAccount(rng: Rng): { memory: AccountMemory; book: Book } {
  const memory = sharedMemory(SYMBOLS, BARS)
  const book = new Book(memory)
  book.averagesEntries = rng.next() < 0.5
  const { symbols, next, prices, costs, opening } = memory.orders
  const chosen = rng.shuffle(Array.from({ length: SYMBOLS }, (_, i) => i)).slice(0, rng.int(0, SYMBOLS))
  for (const [j, i] of chosen.entries()) {
    symbols[j] = i
    next[j] = rng.normal()
    prices[j] = 1 + rng.next()
    costs[j] = 0.01 * rng.next()
    opening[j] = j
  }
  book.open(0, chosen.length, 2)
  for (let at = 0; at < SYMBOLS * BARS; at++) memory.closes[at] = 1 + rng.next()
  for (let i = 0; i < SYMBOLS; i++) memory.fillPrices[i] = rng.next() < 0.2 ? Number.NaN : 1 + rng.next()
  return { memory, book }
}

const heldOf = (book: Book) => [...book.held.subarray(0, book.heldCount)]

const forAnyAccount = (check: (rng: Rng, account: ReturnType<typeof randomAccount>) => void) =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => {
      const rng = createRng(seed, 'account')
      check(rng, randomAccount(rng))
    }),
    { seed: 11, numRuns: 400 },
  )

describe('positions that begin', () => {
  test('stand in the order of their orders, with what was bought and paid', () => {
    forAnyAccount((_, { memory, book }) => {
      const { symbols, next, prices, costs } = memory.orders
      expect(heldOf(book)).toEqual([...symbols.subarray(0, book.heldCount)])
      expect(book.shortCount).toBe([...next.subarray(0, book.heldCount)].filter((n) => n < 0).length)
      for (const [j, i] of heldOf(book).entries()) {
        const size = Math.abs(next[j]!)
        expect([...memory.records.subarray(RECORD * i, RECORD * i + 8)]).toEqual([
          ...[next[j], size, size * prices[j]!, 0, 0, costs[j]],
          ...[2, prices[j]],
        ])
        if (book.averagesEntries) expect(book.bestClose[i]).toBe(next[j]! > 0 ? -Infinity : Infinity)
      }
    })
  })
})

describe('positions that end', () => {
  test('are flat, the others stay, and their trades are counted one after the other', () => {
    forAnyAccount((rng, { memory, book }) => {
      const { symbols, prices, costs, ending } = memory.orders
      const before = heldOf(book)
      const leaving = rng.shuffle([...before]).slice(0, rng.int(0, before.length))
      const expected = { closed: 0, open: 0, winners: 0, won: 0, lost: 0, returns: 0, bars: 0 }
      for (const [e, i] of leaving.entries()) {
        // Orders in another order than the list of those that end.
        const j = leaving.length - 1 - e
        symbols[j] = i
        prices[j] = 1 + rng.next()
        costs[j] = 0.01 * rng.next()
        ending[e] = j
        const shares = book.shares(i)
        const opened = memory.records[RECORD * i + OPENED_VALUE]!
        const closed = Math.abs(shares) * prices[j]!
        const cost = memory.records[RECORD * i + 5]! + costs[j]!
        const pnl = (shares > 0 ? closed - opened : opened - closed) - cost
        expected.closed++
        if (pnl > 1e-12) expected.winners++
        if (pnl > 1e-12) expected.won += pnl
        if (pnl < -1e-12) expected.lost -= pnl
        expected.returns += pnl / opened
        expected.bars += 3
      }
      const shorts = before.filter((i) => !leaving.includes(i) && book.shares(i) < 0).length
      book.end(0, leaving.length, 5)
      expect(heldOf(book).sort()).toEqual(before.filter((i) => !leaving.includes(i)).sort())
      for (const [slot, i] of heldOf(book).entries()) expect(memory.slots[i]).toBe(slot)
      for (const i of leaving) expect(book.shares(i)).toBe(0)
      expect(book.shortCount).toBe(shorts)
      expect(book.ledger.take().totals).toEqual(expected)
    })
  })

  test('at the end of a backtest count as open', () => {
    forAnyAccount((_, { memory, book }) => {
      const count = book.heldCount
      for (const [j, i] of heldOf(book).entries()) {
        memory.orders.symbols[j] = i
        memory.orders.ending[j] = j
      }
      book.end(0, count, 5, REASON.end)
      const none = { closed: 0, winners: 0, won: 0, lost: 0, returns: 0, bars: 0 }
      expect(book.ledger.take().totals).toEqual({ ...none, open: count })
    })
  })
})

describe('orders', () => {
  const closeAt = (memory: AccountMemory, i: number, bar: number) => memory.closes[i * BARS + bar]!
  const ordersOf = ({ orders }: AccountMemory, count: number) =>
    Array.from({ length: count }, (_, j) => ({
      symbol: orders.symbols[j],
      price: orders.prices[j],
      value: orders.values[j],
    }))

  test('of a decision are what is held and has a price, then what is wanted, has one and is not held', () => {
    forAnyAccount((rng, { memory, book }) => {
      const wanted = rng.shuffle(Array.from({ length: SYMBOLS }, (_, i) => i)).slice(0, rng.int(0, SYMBOLS))
      const weights = wanted.map(() => (rng.next() < 0.2 ? 0 : rng.normal()))
      memory.wantedSymbols.set(wanted)
      memory.wantedWeights.set(weights)
      const weightOf = (i: number) => (wanted.includes(i) ? weights[wanted.indexOf(i)]! : 0)
      const price = (i: number) => memory.fillPrices[i]!
      const isTradable = (i: number) => Number.isFinite(price(i))
      let [equity, stuck, stuckNet, gross] = [0.5, 0, 0, 0]
      const expected = []
      const [unwanted, kept]: number[][] = [[], []]
      for (const i of heldOf(book)) {
        const value = book.shares(i) * (isTradable(i) ? price(i) : closeAt(memory, i, 3))
        equity += value
        if (isTradable(i)) {
          expected.push({ symbol: i, price: price(i), value, weight: weightOf(i) })
          gross += Math.abs(weightOf(i))
        } else {
          stuck += Math.abs(value)
          stuckNet += value
          const isKept = weightOf(i) !== 0 && weightOf(i) > 0 === book.shares(i) > 0
          ;(isKept ? kept : unwanted)!.push(i)
        }
      }
      for (const i of wanted) {
        if (book.shares(i) !== 0 || !isTradable(i) || weightOf(i) === 0) continue
        expected.push({ symbol: i, price: price(i), value: 0, weight: weightOf(i) })
        gross += Math.abs(weightOf(i))
      }
      const count = memory.kernels.collect(memory.at, book.heldCount, wanted.length, 0.5, 4)
      const { sums, ending, opening } = memory.orders
      expect([...sums.subarray(0, 6)]).toEqual([
        ...[equity, stuck, stuckNet, gross],
        ...[unwanted!.length, kept!.length],
      ])
      expect([...ending.subarray(0, unwanted!.length)]).toEqual(unwanted)
      expect([...opening.subarray(0, kept!.length)]).toEqual(kept)
      const got = ordersOf(memory, count).map((order, j) => ({ ...order, weight: memory.orders.weights[j] }))
      expect(got).toEqual(expected)
      expect(memory.targets.every((weight) => weight === 0)).toBe(true)
    })
  })

  test('of closings are what is to be closed and has a price', () => {
    forAnyAccount((rng, { memory, book }) => {
      let equity = 0.5
      const expected = []
      for (const i of heldOf(book)) {
        if (rng.next() < 0.5) book.wantClosed(i, REASON.stopLoss)
        const price = memory.fillPrices[i]!
        const value = book.shares(i) * (Number.isFinite(price) ? price : closeAt(memory, i, 3))
        equity += value
        if (Number.isFinite(price) && book.closing[i] === 1) expected.push({ symbol: i, price, value })
      }
      const count = memory.kernels.collectClosings(memory.at, book.heldCount, 0.5, 4)
      expect(memory.orders.sums[0]).toBe(equity)
      expect(ordersOf(memory, count)).toEqual(expected)
    })
  })
})
