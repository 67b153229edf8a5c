import { borrow, giveBack } from '../scratch.js'
import { type CompiledKernels, type Machine, machineWith } from './machine.js'
import { isSource, readBars, type Series, wholeSeries, workBytesFor } from './series.js'

/**
 * Where one block stands: addresses of its rows per input and output; `prev` is 0 for the first block. The same object
 * from one block to the next: objects made for each block take longer than the kernels of narrow panels.
 */
export interface Block {
  readonly prev: number[]
  readonly cur: number[]
  readonly out: number[]
  /** Room for (n + 1) × 10 numbers, or for what was asked; what is put there stays from block to block. */
  readonly ends: number
  readonly n: number
  /** The first row whose result is wanted. */
  first: number
  rows: number
  readonly width: number
  /** Where a byte for each row says whether its result is wanted; 0: all are. */
  readonly asked: number
}

export type RunBlock = (kernels: CompiledKernels, block: Block) => void

/**
 * Takes `count` neighbouring results per output. `at` is the flat index of the first among the results, `from` that of
 * its cell in the inputs; they are the same where all bars are asked for.
 */
export type TakeResults = (at: number, results: readonly Float64Array[], count: number, from: number) => void

/** Some bars of a panel instead of all. */
export interface RowsAsked {
  /** The bars whose values are asked for, ascending. */
  readonly bars: Int32Array
  /** Where the inputs hold a bar: its row, by bar. Absent: they hold all bars. */
  readonly places?: Int32Array | undefined
}

/** How many bars there are, all of them asked for; or the bars that are. */
export type BarsAsked = number | RowsAsked

/** Working memory of a call, in bytes; wider panels with longer windows are done in strips of symbols. */
const MOST_BYTES = 4 * 1024 * 1024
/** Numbers copied at once, about, where a block has fewer. */
const CHUNK = 8192
/** Kernels take at least so many columns. */
export const NARROWEST = 4

/**
 * Runs a kernel that joins windows of n bars from two neighbouring blocks (see rolling-sum.ts) over bars × width
 * panels, and hands its results to `take`, bar by bar or many at once, in whatever order of strips. Symbols are
 * independent of each other, so strips never change a value. `workPerColumn`: bytes that the kernel needs for every
 * column besides.
 */
export function inBlocks(
  inputs: readonly Series[],
  outputs: number,
  bars: BarsAsked,
  width: number,
  n: number,
  run: RunBlock,
  take: TakeResults,
  workPerColumn = 0,
): void {
  const blockCells = n * Math.max(NARROWEST, width)
  const blocks = typeof bars === 'number' ? Math.max(1, Math.floor(CHUNK / blockCells)) : 1
  const perColumn = (2 * inputs.length + outputs) * blocks * n * 8 + workPerColumn
  const most = Math.max(2 * NARROWEST, Math.floor(MOST_BYTES / perColumn))
  const strip = Math.ceil(width / Math.ceil(width / most))
  withWholes(inputs, rowsRead(bars), width, strip < width || width < NARROWEST, (series) => {
    for (let from = 0; from < width; from += strip) {
      const count = Math.min(strip, width - from)
      if (typeof bars === 'number')
        runStrip(series, outputs, bars, width, n, blocks, from, count, run, take, workPerColumn)
      else runRows(series, outputs, bars, width, n, from, count, run, take)
    }
  })
}

/** How many rows of the inputs are read, from the first on. */
export const rowsRead = (bars: BarsAsked): number => {
  if (typeof bars === 'number') return bars
  const last = bars.bars.at(-1)
  return last === undefined ? 0 : 1 + (bars.places === undefined ? last : bars.places[last]!)
}

/** Hands on the inputs; with `areWhole` those computed as they are read are computed first, as each is read often. */
export function withWholes(
  inputs: readonly Series[],
  rows: number,
  width: number,
  areWhole: boolean,
  body: (inputs: readonly Series[]) => void,
): void {
  if (!areWhole || !inputs.some(isSource)) {
    body(inputs)
    return
  }
  const lent: Float64Array[] = []
  const wholes = inputs.map((input) => {
    if (!isSource(input)) return input
    const room = borrow(rows * width)
    lent.push(room)
    return wholeSeries(input, rows, width, machineWith, room)
  })
  body(wholes)
  giveBack(...lent)
}

function runStrip(
  inputs: readonly Series[],
  outputs: number,
  bars: number,
  width: number,
  n: number,
  blocks: number,
  from: number,
  count: number,
  run: RunBlock,
  take: TakeResults,
  workPerColumn: number,
): void {
  const columns = Math.max(NARROWEST, count)
  const chunk = blocks * n
  const bytes = Math.ceil((chunk * columns) / 2) * 16
  const endBytes = Math.ceil(Math.max((n + 1) * 80, workPerColumn * columns) / 16) * 16
  const areas = 2 * inputs.length + outputs
  const { machine, from: base } = machineWith(endBytes + areas * bytes + workBytesFor(inputs, width))
  const area = (i: number) => base + endBytes + i * bytes
  const halves = [inputs.map((_, i) => area(i)), inputs.map((_, i) => area(inputs.length + i))] as const
  const out = Array.from({ length: outputs }, (_, i) => area(2 * inputs.length + i))
  const work = area(areas)
  const blockBytes = n * columns * 8
  const block: Block = {
    prev: inputs.map(() => 0),
    cur: [...halves[0]],
    out: [...out],
    ends: base,
    n,
    first: 0,
    rows: 0,
    width: columns,
    asked: 0,
  }
  const results: Float64Array[] = []
  for (let first = 0, turn = 0; first < bars; first += chunk, turn ^= 1) {
    const here = halves[turn as 0 | 1]
    const there = halves[(turn ^ 1) as 0 | 1]
    const rows = Math.min(chunk, bars - first)
    for (let i = 0; i < inputs.length; i++)
      copyIn(machine, here[i]!, columns, inputs[i]!, first, rows, width, from, count, work)
    for (let row = 0; row < rows; row += n) {
      const offset = row * columns * 8
      for (let i = 0; i < inputs.length; i++) {
        block.cur[i] = here[i]! + offset
        if (row > 0) block.prev[i] = here[i]! + offset - blockBytes
        else block.prev[i] = first === 0 ? 0 : there[i]! + (blocks - 1) * blockBytes
      }
      for (let i = 0; i < outputs; i++) block.out[i] = out[i]! + offset
      block.rows = Math.min(n, rows - row)
      run(machine.kernels, block)
    }
    if (width < NARROWEST) for (const address of out) narrow(machine, address, columns, rows, width)
    if (count === width) {
      viewInto(results, machine, out, 0, rows * width)
      take(first * width, results, rows * width, first * width)
    } else
      for (let row = 0; row < rows; row++) {
        const at = (first + row) * width + from
        viewInto(results, machine, out, row * columns, count)
        take(at, results, count, at)
      }
  }
}

/** Puts the first columns of every row together. */
function narrow({ numbers }: Machine, address: number, columns: number, rows: number, width: number): void {
  const at = address / 8
  for (let row = 1; row < rows; row++)
    for (let s = 0; s < width; s++) numbers[at + row * width + s] = numbers[at + row * columns + s]!
}

/** Views of `count` results of every output, from a place in its area on. */
function viewInto(
  views: Float64Array[],
  { numbers }: Machine,
  out: readonly number[],
  from: number,
  count: number,
): void {
  for (let i = 0; i < out.length; i++) {
    const at = out[i]! / 8 + from
    views[i] = numbers.subarray(at, at + count)
  }
}

/**
 * The blocks that hold rows which are asked for, and of these and the blocks before what their windows reach over. Other
 * rows of the working memory hold anything: what is computed from them is not handed out, and what is handed out is
 * computed in the order in which it is among all bars.
 */
function runRows(
  inputs: readonly Series[],
  outputs: number,
  { bars, places }: RowsAsked,
  width: number,
  n: number,
  from: number,
  count: number,
  run: RunBlock,
  take: TakeResults,
): void {
  const columns = Math.max(NARROWEST, count)
  const bytes = Math.ceil((n * columns) / 2) * 16
  const endBytes = (n + 1) * 80
  const askedBytes = Math.ceil(n / 16) * 16
  const areas = 2 * inputs.length + outputs
  const { machine, from: base } = machineWith(
    endBytes + askedBytes + areas * bytes + workBytesFor(inputs, width),
  )
  const asked = base + endBytes
  const area = (i: number) => asked + askedBytes + i * bytes
  const halves = [inputs.map((_, i) => area(i)), inputs.map((_, i) => area(inputs.length + i))] as const
  const out = Array.from({ length: outputs }, (_, i) => area(2 * inputs.length + i))
  const work = area(areas)
  const placeOf = (bar: number) => (places === undefined ? bar : places[bar]!)
  const copy = (to: readonly number[], bar: number, first: number, last: number) => {
    for (let row = first; row <= last; ) {
      const at = placeOf(bar + row)
      // Bars that are asked for together stand together.
      let rows = places === undefined ? last + 1 - row : 1
      while (row + rows <= last && placeOf(bar + row + rows) === at + rows) rows++
      for (let i = 0; i < inputs.length; i++)
        copyIn(machine, to[i]! + row * columns * 8, columns, inputs[i]!, at, rows, width, from, count, work)
      row += rows
    }
  }
  const none = inputs.map(() => 0)
  const block = { prev: none, cur: halves[0], out, ends: base, n, first: 0, rows: 0, width: columns, asked }
  const results: Float64Array[] = []
  /** The last block that was copied, and how many of its rows. */
  let known = -1
  let rowsKnown = 0
  let turn = 0
  for (let k = 0; k < bars.length; ) {
    const index = Math.floor(bars[k]! / n)
    const start = index * n
    const first = bars[k]! - start
    machine.bytes.fill(0, asked, asked + n)
    let end = k
    for (; end < bars.length && bars[end]! < start + n; end++) machine.bytes[asked + bars[end]! - start] = 1
    const last = bars[end - 1]! - start
    const before = halves[turn as 0 | 1]
    turn ^= 1
    const here = halves[turn as 0 | 1]
    if (index > 0)
      copy(before, start - n, known === index - 1 ? Math.max(rowsKnown, first + 1) : first + 1, n - 1)
    copy(here, start, 0, last)
    known = index
    rowsKnown = last + 1
    block.prev = index === 0 ? none : before
    block.cur = here
    block.first = first
    block.rows = last + 1
    run(machine.kernels, block)
    for (; k < end; k++) {
      viewInto(results, machine, out, (bars[k]! - start) * columns, count)
      take(k * width + from, results, count, placeOf(bars[k]!) * width + from)
    }
  }
}

/**
 * Copies columns `from` … `from + count − 1` of some rows into the kernels' memory; all of them, where they are computed
 * as they are read, which takes the memory from `work` on.
 */
export function copyIn(
  machine: Machine,
  address: number,
  columns: number,
  values: Series,
  first: number,
  rows: number,
  width: number,
  from: number,
  count: number,
  work: number,
): void {
  if (columns === width || isSource(values)) {
    readBars(machine, values, address, first, rows, width, work)
    return
  }
  const { numbers } = machine
  const to = address / 8
  for (let row = 0; row < rows; row++) {
    const at = (first + row) * width + from
    if (count > NARROWEST) numbers.set(values.subarray(at, at + count), to + row * columns)
    // Columns that are not there are 0.
    else for (let s = 0; s < columns; s++) numbers[to + row * columns + s] = s < count ? values[at + s]! : 0
  }
}

/** Hands on the results of some bars out of all of them. */
export function onlyAt(bars: Int32Array, all: number, width: number, take: TakeResults): TakeResults {
  const rowOf = new Int32Array(all).fill(-1)
  for (let k = 0; k < bars.length; k++) rowOf[bars[k]!] = k
  return (at, results, count) => {
    for (let done = 0; done < count; ) {
      const bar = Math.floor((at + done) / width)
      const rest = Math.min(count - done, (bar + 1) * width - at - done)
      const row = rowOf[bar]!
      if (row >= 0) {
        const some = results.map((values) => values.subarray(done, done + rest))
        take(row * width + at + done - bar * width, some, rest, at + done)
      }
      done += rest
    }
  }
}

/** Puts the only result where it belongs. */
export const into =
  (out: Float64Array): TakeResults =>
  (at, [values]) => {
    out.set(values!, at)
  }
