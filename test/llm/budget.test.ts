import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Charge, createBudget, type Reservation } from '../../src/llm/budget.js'

const live = new AbortController().signal
const charge = (costUsd: number | null, tokens = 0, calls = 1): Charge => ({ calls, tokens, costUsd })
type Reserved = Extract<Reservation, { state: 'reserved' }>

/** What a promise has come to once everything that can go on has gone on. */
const stateOf = (reservation: Promise<Reservation>): Promise<Reservation['state'] | 'waiting'> =>
  Promise.race([
    reservation.then(({ state }) => state),
    new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting'))),
  ])

describe('a budget in dollars', () => {
  test('lets calls begin while their worst cases fit, and keeps the others waiting', async () => {
    const budget = createBudget({ maxCostUsd: 1 })
    const [first, second, third] = [0.4, 0.4, 0.4].map((worst) => budget.reserve(charge(worst), live))
    expect([await stateOf(first!), await stateOf(second!), await stateOf(third!)]).toEqual([
      'reserved',
      'reserved',
      'waiting',
    ])
    // Calls cost less than their worst case: what is left over is for the next.
    ;((await first) as Reserved).settle(charge(0.1))
    expect(await stateOf(third!)).toBe('reserved')
  })

  test('is spent where nothing is left, and says so in words', async () => {
    const budget = createBudget({ maxCostUsd: 1 }, { calls: 3, tokens: 9, costUsd: 0.999 })
    ;((await budget.reserve(charge(0.4), live)) as Reserved).settle(charge(0.3))
    expect(await budget.reserve(charge(0.4), live)).toEqual({
      state: 'spent',
      because: 'The budget of $1 for models is spent ($1.299).',
    })
    expect(budget.spentFor(true)).toContain('$1')
  })

  test('does not hold models without a price, which tokens and calls still hold', async () => {
    const budget = createBudget({ maxCostUsd: 0, maxCalls: 1 })
    expect(budget.spentFor(true)).toContain('$0')
    expect(budget.spentFor(false)).toBeUndefined()
    ;((await budget.reserve(charge(null), live)) as Reserved).settle(charge(null))
    expect(await budget.reserve(charge(null), live)).toMatchObject({
      because: 'The budget of 1 calls to models is spent (1).',
    })
  })

  test('tells a wait from a spent purse when the calls under way settle', async () => {
    const budget = createBudget({ maxTokens: 100 })
    const first = budget.reserve(charge(null, 90), live)
    const second = budget.reserve(charge(null, 90), live)
    expect(await stateOf(second)).toBe('waiting')
    ;((await first) as Reserved).settle(charge(null, 100))
    expect(await second).toMatchObject({
      state: 'spent',
      because: 'The budget of 100 tokens for models is spent (100).',
    })
  })

  test('settles a reservation once, whatever its holder does', async () => {
    const budget = createBudget({ maxCalls: 3 })
    const one = (await budget.reserve(charge(null), live)) as Reserved
    for (let i = 0; i < 5; i++) one.settle(charge(null))
    expect(await stateOf(budget.reserve(charge(null), live))).toBe('reserved')
  })

  test('a wait that is stopped makes way for those behind it', async () => {
    const budget = createBudget({ maxCostUsd: 1 })
    const stop = new AbortController()
    const first = (await budget.reserve(charge(0.5), live)) as Reserved
    const dear = budget.reserve(charge(0.9), stop.signal)
    const cheap = budget.reserve(charge(0.5), live)
    // First come, first served: else a dear call would wait for ever.
    expect(await stateOf(cheap)).toBe('waiting')
    stop.abort()
    expect(await dear).toEqual({ state: 'aborted' })
    expect(await stateOf(cheap)).toBe('reserved')
    first.settle(charge(0.5))
    expect(await budget.reserve(charge(0.1), stop.signal)).toEqual({ state: 'aborted' })
  })
})

test('however many calls are under way, the sum ends at most one call above a limit, and every call is answered', async () => {
  const calls = fc.record({
    worst: fc.integer({ min: 1, max: 100 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    steps: fc.nat(4),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(calls, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 8 }),
      async (asked, limit, lanes) => {
        const budget = createBudget({ maxTokens: limit, maxCalls: 30 })
        let [spent, made, refused, next] = [0, 0, 0, 0]
        const lane = async () => {
          while (next < asked.length) {
            const { worst, share, steps } = asked[next++]!
            const reservation = await budget.reserve(charge(null, worst), live)
            if (reservation.state === 'spent') {
              refused++
              continue
            }
            for (let i = 0; i < steps; i++) await new Promise((resolve) => setImmediate(resolve))
            const actual = Math.ceil(worst * share)
            spent += actual
            made++
            ;(reservation as Reserved).settle(charge(null, actual))
          }
        }
        await Promise.all(Array.from({ length: lanes }, lane))
        expect(made + refused).toBe(asked.length)
        expect(made).toBeLessThanOrEqual(30)
        expect(spent).toBeLessThan(limit + Math.max(...asked.map(({ worst }) => worst)))
        // Nothing is refused that was still affordable.
        if (refused > 0) expect(spent >= limit || made === 30).toBe(true)
      },
    ),
    { seed: 4, numRuns: 60 },
  )
})
