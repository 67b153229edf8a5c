/** What calls came to, or may come to. */
export interface Charge {
  /** Attempts: each counts as a call. */
  readonly calls: number
  /** Of requests and replies together. */
  readonly tokens: number
  /** US dollars; null for a model without a known price, which no limit in dollars can hold. */
  readonly costUsd: number | null
}

export interface BudgetLimits {
  readonly maxCostUsd?: number | undefined
  readonly maxTokens?: number | undefined
  readonly maxCalls?: number | undefined
}

/** What was spent so far: a sum of charges; models without a price add nothing to the dollars. */
export interface Spent {
  readonly calls: number
  readonly tokens: number
  readonly costUsd: number
}

export const NOTHING_SPENT: Spent = Object.freeze({ calls: 0, tokens: 0, costUsd: 0 })

export type Reservation =
  | {
      readonly state: 'reserved'
      /** To be called once, with what the attempt came to in the end. */
      settle(actual: Charge): void
    }
  | { readonly state: 'spent'; readonly because: string }
  | { readonly state: 'aborted' }

export interface Budget {
  /** Takes the worst case of an attempt out of the purse; waits where only attempts under way stand in its way. */
  reserve(worst: Charge, signal: AbortSignal): Promise<Reservation>
  /** Counts what was spent elsewhere: by calls that are replayed. */
  count(charge: Charge): void
  /** Why no attempt of such a model could be made any more; undefined while one can. */
  spentFor(hasPrice: boolean): string | undefined
}

type Dimension = 'calls' | 'tokens' | 'costUsd'

const DIMENSIONS: readonly { readonly of: Dimension; readonly limit: keyof BudgetLimits }[] = [
  { of: 'costUsd', limit: 'maxCostUsd' },
  { of: 'tokens', limit: 'maxTokens' },
  { of: 'calls', limit: 'maxCalls' },
]

interface Waiting {
  readonly worst: Charge
  readonly proceed: (reservation: Reservation) => void
}

/**
 * A run's budget. An attempt may begin while its worst case and those of the attempts under way fit into what is left;
 * one that does not fit waits until it is alone, and then takes the rest. So the sum ends at most one attempt above a
 * limit, however many are under way at once.
 */
export function createBudget(limits: BudgetLimits, before: Spent = NOTHING_SPENT): Budget {
  const spent: Record<Dimension, number> = { ...before }
  const reserved: Record<Dimension, number> = { calls: 0, tokens: 0, costUsd: 0 }
  let waiting: Waiting[] = []

  const limited = (priced: boolean) =>
    DIMENSIONS.flatMap(({ of, limit }) => {
      const most = limits[limit]
      return most === undefined || (of === 'costUsd' && !priced) ? [] : [{ of, limit, most }]
    })

  function spentFor(priced: boolean): string | undefined {
    const over = limited(priced).find(({ of, most }) => spent[of] >= most)
    return over === undefined ? undefined : spentMessage(over.limit, over.most, spent[over.of])
  }

  function tryNow(worst: Charge): Reservation | undefined {
    const priced = worst.costUsd !== null
    const because = spentFor(priced)
    if (because !== undefined) return { state: 'spent', because }
    const fits = limited(priced).every(
      ({ of, most }) => reserved[of] === 0 || spent[of] + reserved[of] + (worst[of] ?? 0) <= most,
    )
    if (!fits) return undefined
    for (const { of } of DIMENSIONS) reserved[of] += worst[of] ?? 0
    let isSettled = false
    return {
      state: 'reserved',
      settle(actual) {
        if (isSettled) return
        isSettled = true
        for (const { of } of DIMENSIONS) {
          reserved[of] -= worst[of] ?? 0
          spent[of] += actual[of] ?? 0
        }
        // A sum of fractions that were taken away again leaves crumbs, and crumbs would keep everyone waiting.
        if (--underWay === 0) for (const { of } of DIMENSIONS) reserved[of] = 0
        admit()
      },
    }
  }
  let underWay = 0

  /** First come, first served: a cheap call does not overtake a dear one, or that would wait for ever. */
  function admit(): void {
    while (waiting.length > 0) {
      const [first, ...rest] = waiting
      const reservation = tryNow(first!.worst)
      if (reservation === undefined) return
      waiting = rest
      if (reservation.state === 'reserved') underWay++
      first!.proceed(reservation)
    }
  }

  return {
    spentFor,
    count(charge) {
      for (const { of } of DIMENSIONS) spent[of] += charge[of] ?? 0
    },
    reserve(worst, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) {
          resolve({ state: 'aborted' })
          return
        }
        const entry: Waiting = {
          worst,
          proceed(reservation) {
            signal.removeEventListener('abort', leave)
            resolve(reservation)
          },
        }
        const leave = () => {
          waiting = waiting.filter((other) => other !== entry)
          resolve({ state: 'aborted' })
          admit()
        }
        signal.addEventListener('abort', leave, { once: true })
        waiting.push(entry)
        admit()
      })
    },
  }
}

function spentMessage(limit: keyof BudgetLimits, most: number, spent: number): string {
  switch (limit) {
    case 'maxCostUsd':
      return `The budget of $${most} for models is spent ($${Number(spent.toFixed(4))}).`
    case 'maxTokens':
      return `The budget of ${most} tokens for models is spent (${spent}).`
    case 'maxCalls':
      return `The budget of ${most} calls to models is spent (${spent}).`
  }
}
