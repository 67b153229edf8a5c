import { usageError } from '../../../base/errors.js'
import type { KernelContext, OperatorDefinition, Params } from '../../operator.js'
import { readWindowFunction } from '../../window-function/read.js'
import type { WindowFunction, WindowFunctions } from '../../window-function/window-functions.js'
import { num, numbers, period, widest } from '../define.js'

/** Most inputs of one function. */
const MOST_INPUTS = 8

/** Nanoseconds a call, about: an interpreter of its own goes through the window. */
const CALL_COST = 1500

function enginesOf({ windowFunctions }: KernelContext): WindowFunctions {
  if (windowFunctions !== undefined) return windowFunctions
  throw usageError(
    'NO_WINDOW_FUNCTIONS',
    'this evaluator has nowhere to run custom functions',
    'give it a place: createEvaluator(panel, { windowFunctions: createWindowFunctions() })',
  )
}

const workOf = (params: Params, inputs: number): WindowFunction => ({
  name: String(params.name),
  text: String(params.fn),
  n: num(params, 'n'),
  inputs,
})

export const custom: OperatorDefinition = {
  name: 'custom',
  category: 'timeSeries',
  inputs: [{ name: 'inputs', type: 'numeric', variadic: true }],
  params: [
    { name: 'name', kind: 'text', isLabel: true },
    period(),
    { name: 'fn', kind: 'function', read: readWindowFunction },
  ],
  type: widest,
  lookback: (params) => num(params, 'n') - 1,
  window: (params) => num(params, 'n'),
  cost: () => CALL_COST,
  checkParams(params, inputs) {
    if (inputs > MOST_INPUTS) return `it takes at most ${MOST_INPUTS} inputs, not ${inputs}`
    const read = readWindowFunction(String(params.fn))
    if (read.state !== 'read' || read.windows === inputs) return undefined
    const takes = read.windows === 1 ? '1 window' : `${read.windows} windows`
    return `the function takes ${takes}, but there ${inputs === 1 ? 'is 1 input' : `are ${inputs} inputs`}`
  },
  kernel(out, inputs, params, context) {
    const { asked, bars: rows, symbols } = context
    const columns = inputs.map((column) => ({ values: numbers(column), width: column.width }))
    const width = columns.every((column) => column.width === 1) ? 1 : symbols
    const work = workOf(params, columns.length)
    const { n } = work
    const bars = asked === undefined ? rows : asked.bars.length
    const values = out as Float64Array
    values.fill(Number.NaN)

    /** Copies the windows of a cell; false where one of them lacks a value. */
    const copy = (to: Float64Array, at: number, bar: number, symbol: number): boolean => {
      let end = at
      for (let c = 0; c < columns.length; c++) {
        const column = columns[c]!
        const offset = column.width === 1 ? 0 : symbol
        end += n
        // The newest first: what lacks a value mostly lacks that one.
        for (let back = 0; back < n; back++) {
          const row = asked?.places === undefined ? bar - back : asked.places[bar - back]!
          const v = column.values[row * column.width + offset]!
          if (!Number.isFinite(v)) return false
          to[end - 1 - back] = v
        }
      }
      return true
    }

    let row = 0
    let symbol = 0
    let cells = new Int32Array(0)
    let filled = 0
    enginesOf(context).apply(work, {
      most: bars * width,
      fill(to, room) {
        if (cells.length < room) cells = new Int32Array(room)
        filled = 0
        for (; row < bars && filled < room; row++, symbol = 0) {
          const bar = asked === undefined ? row : asked.bars[row]!
          if (bar < n - 1) continue
          for (; symbol < width && filled < room; symbol++)
            if (copy(to, filled * n * columns.length, bar, symbol)) cells[filled++] = row * width + symbol
          if (symbol < width) break
        }
        return filled
      },
      take(results) {
        for (let k = 0; k < filled; k++) values[cells[k]!] = results[k]!
      },
    })
  },
  reference: {
    kind: 'series',
    at(histories, params, _output, context) {
      const work = workOf(params, histories.length)
      const windows = histories.map((history) => history.slice(-work.n))
      if (!windows.every((window) => window.length === work.n && window.every(Number.isFinite)))
        return Number.NaN
      let result = Number.NaN
      let left = 1
      enginesOf(context).apply(work, {
        most: 1,
        fill(to) {
          to.set(windows.flat())
          return left--
        },
        take(results) {
          result = results[0]!
        },
      })
      return result
    },
  },
  doc: 'what a function gives for the last n values of each input, oldest first: it sees these and nothing else, and is not called where one is missing',
  example: "custom('recovery', 60, [close], (x) => x.at(-1) / Math.min(...x) - 1)",
}
