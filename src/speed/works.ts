import type { Panel } from '../data/panel.js'
import { createEvaluator } from '../graph/evaluate/columnar.js'
import { kernelContext } from '../graph/evaluate/context.js'
import type { NumberColumn, Params } from '../graph/operator.js'
import { operatorNamed } from '../graph/registry.js'
import { createStrategy } from '../graph/strategy.js'
import { createWindowFunctions } from '../sandbox/window-functions.js'
import { crossing, formula, LOOKBACKS, momentum, narrowed, SIZES, scorer } from './workloads.js'

/** A piece of work whose time is told by the piece: an element of a panel, or a strategy. */
export interface Work {
  readonly name: string
  /** Pieces that one run does. */
  readonly pieces: number
  /** Most that a piece may take on 500 × 2 500, in the unit of its kind: ns an element, ms a strategy. */
  readonly most: number
  run(): unknown
}

const WINDOW = 20

const MEAN = '(x) => {\n  let sum = 0\n  for (const v of x) sum += v\n  return sum / x.length\n}'

const OPERATORS: readonly { name: string; params: Params; inputs: readonly string[]; most: number }[] = [
  { name: 'sma', params: { n: WINDOW }, inputs: ['close'], most: 1.2 },
  { name: 'std', params: { n: WINDOW }, inputs: ['close'], most: 3 },
  { name: 'tsRank', params: { n: WINDOW }, inputs: ['close'], most: 6 },
  { name: 'corr', params: { n: WINDOW }, inputs: ['close', 'volume'], most: 3.5 },
  { name: 'rank', params: {}, inputs: ['close'], most: 12 },
  { name: 'ema', params: { span: WINDOW }, inputs: ['close'], most: 0.6 },
  // An interpreter of its own calls it for each window.
  { name: 'custom', params: { name: 'mean', n: WINDOW, fn: MEAN }, inputs: ['close'], most: 2000 },
]

/** The operators that the others are made of, over a whole panel; those whose fields it has. */
export function operatorWorks(panel: Panel): Work[] {
  const context = kernelContext(panel, undefined, createWindowFunctions({ seconds: 600 }))
  const width = panel.symbols.length
  const cells = panel.dates.length * width
  const out = new Float64Array(cells)
  return OPERATORS.filter(({ inputs }) => inputs.every((field) => panel.fields.has(field))).map(
    ({ name, params, inputs, most }) => {
      const operator = operatorNamed(name)
      const columns = inputs.map(
        (field): NumberColumn => ({ type: 'panel', width, values: panel.fields.get(field)! }),
      )
      const extra = { output: undefined, mask: undefined }
      return {
        name,
        pieces: cells,
        most,
        run: () => operator.kernel(out, columns, params, context, extra),
      }
    },
  )
}

/** Strategies alone and in sweeps, every metric included; each is made when its turn comes. */
export function* strategyWorks(panel: Panel): Generator<Work> {
  const symbols = panel.symbols.length
  const score = scorer(panel)
  const fresh = () => createEvaluator(panel)

  // Room for two strategies: of thirty in turn, none is remembered when its turn comes again.
  const forgetful = createEvaluator(panel, { cacheBytes: 4 * 2 ** 20 })
  const inTurn = Array.from({ length: 30 }, (_, i) => momentum(5 + i, 20))
  yield {
    name: 'MOM single, nothing remembered',
    pieces: inTurn.length,
    most: 0.25,
    run() {
      for (const strategy of inTurn) score(strategy, forgetful)
    },
  }
  const remembering = fresh()
  yield {
    name: 'MOM single, its score remembered',
    pieces: 1,
    most: 0.25,
    run: () => score(inTurn[15]!, remembering),
  }
  const sizes = SIZES.filter((size) => size <= symbols)
  const sweep = LOOKBACKS.flatMap((n) => sizes.map((size) => momentum(n, size)))
  yield {
    name: 'MOM sweep, 10 lookbacks × 10 sizes',
    pieces: sweep.length,
    most: 0.2,
    run() {
      const evaluator = fresh()
      for (const strategy of sweep) score(strategy, evaluator)
    },
  }
  const formulas = Array.from({ length: 100 }, (_, k) => formula(Math.floor(k / 10), k % 10))
  yield {
    name: 'FORMULA sweep, 100 pairs of 10 factors',
    pieces: formulas.length,
    most: 0.5,
    run() {
      const evaluator = fresh()
      for (const strategy of formulas) score(strategy, evaluator)
    },
  }
  const factors = fresh()
  for (const strategy of formulas) score(strategy, factors)
  yield {
    name: 'FORMULA sweep, factors remembered',
    pieces: formulas.length,
    most: 0.5,
    run() {
      for (const strategy of formulas) score(strategy, factors)
    },
  }

  const hundred = narrowed(panel, 0, 100)
  const fasts = [5, 8, 10, 12, 15, 20, 25, 30, 35, 40]
  const slows = [50, 60, 70, 80, 90, 100, 120, 150, 180, 200]
  const crossings = fasts.flatMap((fast) => slows.map((slow) => crossing(fast, slow)))
  const scoreHundred = scorer(hundred)
  yield {
    name: 'dual SMA, 100 combinations, one account over 100 symbols',
    pieces: crossings.length,
    most: 0.5,
    run() {
      const evaluator = createEvaluator(hundred)
      for (const strategy of crossings) scoreHundred(strategy, evaluator)
    },
  }
  const alone = Array.from({ length: Math.min(100, symbols) }, (_, i) => narrowed(panel, i, i + 1))
  const accounts = alone.map((one) => scorer(one))
  const few = crossings.filter((_, i) => i % 10 === 0)
  yield {
    name: 'dual SMA, 100 symbols, each all in, one account each',
    pieces: few.length,
    most: 0.5,
    run() {
      for (const [i, one] of alone.entries()) {
        const evaluator = createEvaluator(one)
        for (const strategy of few) accounts[i]!(strategy, evaluator)
      }
    },
  }
  yield {
    name: 'checks, canonical form and hash of one (FORMULA)',
    pieces: 1,
    most: 0.05,
    run: () => createStrategy(formulas[27]!.graph),
  }
}
