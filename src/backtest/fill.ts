import { type BacktestKernels, backtestMachine } from './compiled/machine.js'

/** Orders of one rebalance over the tradable symbols: their values now and the weights they shall have. */
export interface Orders {
  count: number
  readonly weights: Float64Array
  readonly values: Float64Array
  /** The kernels in whose memory they stand, and the addresses (bytes); there is room for one more order. */
  readonly kernels: BacktestKernels
  readonly weightsAt: number
  readonly valuesAt: number
}

/** What the account is before a rebalance, at the fill's prices. */
export interface FillTerms {
  /** Cash plus the value of every position. */
  readonly equity: number
  /** Gross value of held symbols that cannot trade. */
  readonly stuck: number
  readonly grossExposure: number
  /** Cost of a purchase and of a sale, as fractions of the traded value. */
  readonly buyRate: number
  readonly sellRate: number
}

/** Orders that are no simulation's; they last until the next ones. */
export function ordersOf(weights: ArrayLike<number>, values: ArrayLike<number>): Orders {
  const count = weights.length
  const room = 8 * (count + 1)
  const { machine, from } = backtestMachine(2 * room)
  const { kernels, numbers } = machine
  const orders = {
    count,
    weights: numbers.subarray(from / 8, from / 8 + count),
    values: numbers.subarray((from + room) / 8, (from + room) / 8 + count),
    kernels,
    weightsAt: from,
    valuesAt: from + room,
  }
  orders.weights.set(weights)
  orders.values.set(values)
  return orders
}

/**
 * The share f of the target weights that fits beside what is stuck, when the trade leaves `equity`. `gross` is the
 * gross of the tradable targets.
 */
export function targetScale(equity: number, gross: number, stuck: number, grossExposure: number): number {
  return backtestMachine(0).machine.kernels.targetScale(equity, gross, stuck, grossExposure)
}

/**
 * The equity E⁺ that is left when every order takes its symbol to f·w·E⁺ and costs are paid from the account: the
 * solution of E⁺ = E − Σ costs(E⁺), to 1e-14 relative.
 */
export function equityAfterFill(orders: Orders, gross: number, terms: FillTerms): number {
  const { count, kernels, weightsAt, valuesAt } = orders
  const { equity, stuck, grossExposure, buyRate, sellRate } = terms
  return kernels.equityAfterFill(
    weightsAt,
    valuesAt,
    count,
    gross,
    equity,
    stuck,
    grossExposure,
    buyRate,
    sellRate,
  )
}
