import { expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { RowSet } from '../../src/graph/evaluate/rows.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { createWindowFunctions } from '../../src/sandbox/window-functions.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'
import { expectPlainValues } from './compare-plainly.js'
import { rounds } from './make.js'
import { makePanel, PANEL_GRAPHS, type PanelLook } from './panels.js'

const SMALL = { bars: 18, symbols: 4, missing: 0, price: 'walk' } as const satisfies Omit<PanelLook, 'name'>

const LOOKS: readonly PanelLook[] = [
  { ...SMALL, name: 'whole' },
  { ...SMALL, name: '5% missing', missing: 0.05 },
  { ...SMALL, name: '60% missing', missing: 0.6 },
  { ...SMALL, name: 'constant', symbols: 3, price: 'constant' },
  { ...SMALL, name: 'one symbol', symbols: 1, missing: 0.05 },
  { ...SMALL, name: 'one symbol, 60% missing', symbols: 1, missing: 0.6 },
  { ...SMALL, name: 'ties', symbols: 6, missing: 0.05, price: 'ties' },
  { ...SMALL, name: 'infinities', infinite: 0.1 },
  { ...SMALL, name: 'infinities and 60% missing', missing: 0.6, infinite: 0.1 },
  { ...SMALL, name: 'an odd number of symbols', bars: 12, symbols: 7, missing: 0.05 },
]

/** Panels of every look; a graph takes one of them. */
const PANELS = LOOKS.flatMap((look, l) =>
  [0, 1, 2].map((seed) => ({ name: look.name, panel: makePanel(look, 10 * l + seed) })),
)

const GRAPHS = { ...PANEL_GRAPHS, longest: 5, functions: true }
const windowFunctions = createWindowFunctions()

/** Rows that a decision might look at: none, one, every so many, or chance's. */
function someRows(bars: number, draw: number, next: () => number): Int32Array {
  const all = Array.from({ length: bars }, (_, bar) => bar)
  if (draw === 0) return new Int32Array()
  if (draw === 1) return Int32Array.of(Math.floor(next() * bars))
  if (draw === 2) return Int32Array.from(all.filter((bar) => bar % 5 === 3))
  return Int32Array.from(all.filter(() => next() < 0.3))
}

test('fast values are the plain ones, and rows alone are the bits of the whole, on thousands of random graphs', () => {
  let nodes = 0
  for (let i = 0; i < rounds(10_000, 40_000); i++) {
    const rng = createRng(i, 'random graphs')
    const { name, panel } = rng.pick(PANELS)
    const benchmark = rng.next() < 0.3 ? panel.symbols[0] : undefined
    const strategy = createStrategy(
      randomGraph(
        rng,
        rng.int(1, 9),
        benchmark === undefined ? GRAPHS : { ...GRAPHS, benchmark: GRAPHS.fields },
      ),
      ROOMY,
    )
    const ids = strategy.graph.nodes.map(({ id }) => id)
    nodes += ids.length
    const whole = createEvaluator(panel, { benchmark, windowFunctions }).evaluate(strategy, ids)
    expectPlainValues(strategy, whole, panel, `graph ${i} on ${name}`, benchmark)

    const bars = someRows(panel.dates.length, rng.int(0, 4), () => rng.next())
    const rows = new RowSet(bars, panel.dates.length)
    // Some nodes at rows and some whole, as a strategy asks for them.
    const asked = ids.map(() => (rng.next() < 0.7 ? rows : undefined))
    const lazy = createEvaluator(panel, { benchmark, windowFunctions }).evaluate(strategy, ids, asked)
    for (const [n, column] of lazy.entries()) {
      const { values, width } = whole[n]!
      const wanted =
        asked[n] === undefined
          ? values
          : Array.from(bars, (bar) => [...values.subarray(bar * width, (bar + 1) * width)]).flat()
      if (column.values.length !== wanted.length || column.values.some((v, c) => !Object.is(v, wanted[c])))
        expect.fail(`graph ${i} on ${name}, ${ids[n]}: rows ${bars.join(' ')} are not those of the whole`)
    }
  }
  expect(nodes).toBeGreaterThan(rounds(40_000, 160_000))
})
