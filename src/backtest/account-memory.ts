import { type CompiledMemory, startCompiled } from '../base/compiled.js'
import { KERNEL_BYTES } from './compiled/bytes.js'
import { type BacktestKernels, FIRST, PAGE } from './compiled/machine.js'
import type { Orders } from './fill.js'
import { RECORD } from './ledger.js'

/** What the compiled kernels work on: an account and the closes that it is followed over. Views are of their memory. */
export interface AccountMemory {
  readonly kernels: BacktestKernels
  /** Address (bytes) of the header that tells the kernels where everything stands. */
  readonly at: number
  /** Whether small panels use it in turn. */
  readonly isShared: boolean
  readonly symbols: number
  readonly bars: number
  /** Records of positions, by symbol. */
  readonly records: Float64Array
  /** Symbols with a position, and by symbol its place among them. */
  readonly held: Int32Array
  readonly slots: Int32Array
  /** By symbol: 1 where the whole position is to be closed. */
  readonly closing: Uint8Array
  readonly bestCloses: Float64Array
  /** Totals of the trades (ledger.ts). */
  readonly totals: Float64Array
  readonly orders: PlacedOrders
  /** By symbol: prices of a fill, and target weights, all 0 between fills. */
  readonly fillPrices: Float64Array
  readonly targets: Float64Array
  /** A decision: symbols and their weights. */
  readonly wantedSymbols: Int32Array
  readonly wantedWeights: Float64Array
  /** By bar of a stretch: value of all positions. */
  readonly net: Float64Array
  /** Closes symbol by symbol, as CloseColumns has them. */
  readonly closes: Float64Array
}

/** Orders and what becomes of them; there is room for one more than can be. */
export interface PlacedOrders extends Orders {
  readonly symbols: Int32Array
  readonly prices: Float64Array
  /** Shares afterwards, and what each order costs. */
  readonly next: Float64Array
  readonly costs: Float64Array
  /** What a kernel sums up; each says what. */
  readonly sums: Float64Array
  /** The orders that end a position and those that begin one. */
  readonly ending: Int32Array
  readonly opening: Int32Array
}

/** What is written without a branch and not kept may stand behind the last order; there are six sums. */
const roomOf = (symbols: number): number => 8 * Math.max(6, symbols + 1)

/** Arrays of orders (kernels/backtest/account.ts). */
const ORDER_ARRAYS = 10

/** Bytes for the header, and for the totals of trades. */
const HEADER = 64
const TOTALS = 64

/** A kernel goes two numbers at a time, over the end of an odd row. */
const SPARE = 2

/** Where the parts of an account stand, and where they end. Numbers come first, so that all are aligned. */
function layout(symbols: number, bars: number) {
  let end = FIRST + HEADER
  const take = (bytes: number): number => {
    end += bytes
    return end - bytes
  }
  return {
    records: take(8 * RECORD * symbols),
    orders: take(ORDER_ARRAYS * roomOf(symbols)),
    totals: take(TOTALS),
    bestCloses: take(8 * symbols),
    fillPrices: take(8 * symbols),
    targets: take(8 * symbols),
    wantedWeights: take(8 * symbols),
    net: take(8 * (bars + SPARE)),
    closes: take(8 * (symbols * bars + SPARE)),
    held: take(4 * symbols),
    slots: take(4 * symbols),
    wantedSymbols: take(4 * symbols),
    closing: take(symbols),
    end,
  }
}

function viewsOf(
  memory: CompiledMemory,
  exports: unknown,
  symbols: number,
  bars: number,
  places: ReturnType<typeof layout>,
  isShared: boolean,
): AccountMemory {
  const { buffer } = memory
  const room = roomOf(symbols)
  const { records, orders, held, slots, closing, bestCloses, totals, fillPrices, targets } = places
  const { wantedSymbols, wantedWeights, closes, net } = places
  // As kernels/backtest/account.ts reads it.
  new Int32Array(buffer, FIRST, HEADER / 4).set([
    ...[records, orders, room, held, slots, closing, bestCloses, totals],
    ...[fillPrices, targets, wantedSymbols, wantedWeights, closes, bars, net],
  ])
  const numbers = (place: number) => new Float64Array(buffer, orders + place * room, room / 8)
  const integers = (place: number) => new Int32Array(buffer, orders + place * room, room / 4)
  return {
    kernels: exports as BacktestKernels,
    at: FIRST,
    isShared,
    symbols,
    bars,
    records: new Float64Array(buffer, records, RECORD * symbols),
    held: new Int32Array(buffer, held, symbols),
    slots: new Int32Array(buffer, slots, symbols),
    closing: new Uint8Array(buffer, closing, symbols),
    bestCloses: new Float64Array(buffer, bestCloses, symbols),
    totals: new Float64Array(buffer, totals, TOTALS / 8),
    orders: {
      count: 0,
      kernels: exports as BacktestKernels,
      weightsAt: orders,
      valuesAt: orders + room,
      weights: numbers(0),
      values: numbers(1),
      prices: numbers(2),
      next: numbers(3),
      costs: numbers(4),
      sums: numbers(5),
      symbols: integers(6),
      ending: integers(8),
      opening: integers(9),
    },
    fillPrices: new Float64Array(buffer, fillPrices, symbols),
    targets: new Float64Array(buffer, targets, symbols),
    wantedSymbols: new Int32Array(buffer, wantedSymbols, symbols),
    wantedWeights: new Float64Array(buffer, wantedWeights, symbols),
    net: new Float64Array(buffer, net, bars),
    closes: new Float64Array(buffer, closes, symbols * bars),
  }
}

const pagesFor = (bytes: number): number => Math.ceil(bytes / PAGE)

/** A memory of its own for one panel. */
export function ownMemory(symbols: number, bars: number): AccountMemory {
  const places = layout(symbols, bars)
  const { memory, exports } = startCompiled(KERNEL_BYTES, pagesFor(places.end))
  return viewsOf(memory, exports, symbols, bars, places, false)
}

let shared: ReturnType<typeof startCompiled> | undefined

/** Room in the one memory that small panels use in turn; what was had of it before must not be used any more. */
export function sharedMemory(symbols: number, bars: number): AccountMemory {
  shared ??= startCompiled(KERNEL_BYTES)
  const { memory, exports } = shared
  const places = layout(symbols, bars)
  const missing = pagesFor(places.end - memory.buffer.byteLength)
  if (missing > 0) memory.grow(missing)
  return viewsOf(memory, exports, symbols, bars, places, true)
}
