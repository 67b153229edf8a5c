import { type CompiledMemory, startCompiled } from '../base/compiled.js'
import { KERNEL_BYTES } from './compiled/bytes.js'
import { type BacktestKernels, FIRST, PAGE } from './compiled/machine.js'
import type { Orders } from './fill.js'
import { RECORD } from './ledger.js'

/**
 * Where the compiled kernels find an account and the closes that it is followed over. Views are of that memory, the
 * addresses (bytes) are where they begin.
 */
export interface AccountMemory {
  readonly kernels: BacktestKernels
  /** Whether small panels use it in turn. */
  readonly isShared: boolean
  readonly symbols: number
  readonly bars: number
  /** Records of positions, by symbol. */
  readonly records: Float64Array
  readonly recordsAt: number
  /** Symbols with a position. */
  readonly held: Int32Array
  readonly heldAt: number
  readonly orders: PlacedOrders
  readonly ordersAt: number
  /** Bytes from one array of the orders to the next. */
  readonly ordersRoom: number
  /** By bar of a stretch: value of all positions. */
  readonly net: Float64Array
  readonly netAt: number
  /** Closes symbol by symbol, as CloseColumns has them. */
  readonly closes: Float64Array
  readonly closesAt: number
}

/** Orders and what becomes of them; there is room for one more than can be. */
export interface PlacedOrders extends Orders {
  readonly prices: Float64Array
  /** Shares afterwards, and what each order costs. */
  readonly next: Float64Array
  readonly costs: Float64Array
  /** Values held, traded and paid in costs; how many orders end a position, open one, and do both. */
  readonly sums: Float64Array
  /** The orders that end a position and those that open one. */
  readonly ending: Int32Array
  readonly opening: Int32Array
}

/** What is written without a branch and not kept may stand behind the last order; there are six sums. */
const roomOf = (symbols: number): number => 8 * Math.max(6, symbols + 1)

/** Arrays of orders (kernels/backtest/place.ts). */
const ORDER_ARRAYS = 10

/** A kernel goes two numbers at a time, over the end of an odd row. */
const SPARE = 2

/** Where the parts of an account stand, and where they end. */
function layout(symbols: number, bars: number) {
  const recordsAt = FIRST
  const ordersAt = recordsAt + 8 * RECORD * symbols
  const netAt = ordersAt + ORDER_ARRAYS * roomOf(symbols)
  const closesAt = netAt + 8 * (bars + SPARE)
  const heldAt = closesAt + 8 * (symbols * bars + SPARE)
  return { recordsAt, ordersAt, netAt, closesAt, heldAt, end: heldAt + 4 * symbols }
}

function viewsOf(
  memory: CompiledMemory,
  exports: unknown,
  symbols: number,
  bars: number,
  places: ReturnType<typeof layout>,
  isShared: boolean,
): AccountMemory {
  const { recordsAt, ordersAt, netAt, closesAt, heldAt } = places
  const { buffer } = memory
  const room = roomOf(symbols)
  const numbers = (place: number) => new Float64Array(buffer, ordersAt + place * room, room / 8)
  const integers = (place: number) => new Int32Array(buffer, ordersAt + place * room, room / 4)
  return {
    kernels: exports as BacktestKernels,
    isShared,
    symbols,
    bars,
    records: new Float64Array(buffer, recordsAt, RECORD * symbols),
    recordsAt,
    held: new Int32Array(buffer, heldAt, symbols),
    heldAt,
    orders: {
      count: 0,
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
    ordersAt,
    ordersRoom: room,
    net: new Float64Array(buffer, netAt, bars),
    netAt,
    closes: new Float64Array(buffer, closesAt, symbols * bars),
    closesAt,
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
