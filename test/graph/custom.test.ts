import { afterAll, describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { panelPrefix } from '../../src/data/panel.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { evaluatePlainly } from '../../src/graph/evaluate/reference.js'
import { RowSet } from '../../src/graph/evaluate/rows.js'
import type { Expression } from '../../src/graph/expression.js'
import { expressionOf } from '../../src/research/factor-values.js'
import { createWindowFunctions, endWindowThread } from '../../src/sandbox/window-functions.js'
import { benchmark, custom, type Expr, field } from '../../src/strategy/api.js'
import { hostWindowFunctions } from '../support/window-functions.js'
import { makePanel } from './panels.js'

afterAll(endWindowThread)

const windowFunctions = createWindowFunctions()
const panel = makePanel({ name: '5% missing', bars: 130, symbols: 7, missing: 0.05, price: 'walk' }, 3)
const close = field('close')
const volume = field('volume')

const valuesOf = (factor: Expr | Expression, on = panel): Float64Array => {
  const expression = 'graph' in factor ? factor : expressionOf(factor)
  const [column] = createEvaluator(on, { windowFunctions }).evaluate(expression, [expression.root])
  return column!.values.slice() as Float64Array
}

function expectNear(found: Float64Array, wanted: Float64Array) {
  expect(found.length).toBe(wanted.length)
  let finite = 0
  for (const [i, v] of found.entries()) {
    if (Number.isNaN(v) || Number.isNaN(wanted[i])) {
      expect(v, `cell ${i}`).toEqual(wanted[i])
      continue
    }
    finite++
    expect(Math.abs(v - wanted[i]!), `cell ${i}`).toBeLessThanOrEqual(
      1e-9 * Math.max(1, Math.abs(wanted[i]!)),
    )
  }
  expect(finite).toBeGreaterThan(100)
}

describe('functions that say what an operator says', () => {
  test.each<[string, Expr, Expr]>([
    ['mean', close.custom('mean', 12, (x) => x.reduce((sum, v) => sum + v, 0) / x.length), close.sma(12)],
    [
      'std',
      close.custom('std', 12, (x) => {
        const mean = x.reduce((sum, v) => sum + v, 0) / x.length
        return Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (x.length - 1))
      }),
      close.std(12),
    ],
    [
      'slope',
      close.custom('slope', 9, (x) => {
        const middle = (x.length - 1) / 2
        let xy = 0
        let xx = 0
        for (const [i, v] of x.entries()) {
          xy += (i - middle) * v
          xx += (i - middle) ** 2
        }
        return xy / xx
      }),
      close.slope(9),
    ],
    ['max', close.custom('max', 5, (x) => Math.max(...x)), close.tsMax(5)],
    ['median', close.custom('median', 7, (x) => x.sort()[3]), close.median(7)],
    [
      'bars since the lowest',
      close.custom('argMin', 6, (x) => x.length - 1 - x.lastIndexOf(Math.min(...x))),
      close.argMin(6),
    ],
    [
      'correlation',
      custom('corr', 10, [close, volume], (x, y) => {
        const mean = (w: Float64Array) => w.reduce((sum, v) => sum + v, 0) / w.length
        const [mx, my] = [mean(x), mean(y)]
        let [xy, xx, yy] = [0, 0, 0]
        for (let i = 0; i < x.length; i++) {
          xy += (x[i]! - mx!) * (y[i]! - my!)
          xx += (x[i]! - mx!) ** 2
          yy += (y[i]! - my!) ** 2
        }
        return xy / Math.sqrt(xx * yy)
      }),
      close.corr(volume, 10),
    ],
    [
      'beta on the benchmark',
      close.custom('gap', 4, [benchmark('close')], (x, y) => x[3]! - y[0]!),
      close.sub(benchmark('close').lag(3)).add(close.sma(4).mul(0)).add(benchmark('close').sma(4).mul(0)),
    ],
    ['last', close.custom('last', 1, (x) => x[0]), close],
    ['product', volume.custom('change', 2, (x) => x[1]! / x[0]! - 1), volume.pctChange(1)],
    [
      'a vector',
      benchmark('close').custom('mean', 3, (x) => (x[0]! + x[1]! + x[2]!) / 3),
      benchmark('close').sma(3),
    ],
  ])('%s', (_name, mine, builtIn) => {
    expectNear(valuesOf(mine), valuesOf(builtIn))
  })
})

test('it is not called where a value is missing or infinite, nor where the window is not full', () => {
  const once = close.custom('once', 5, (_x) => 1)
  // Every function has a window: the one that it never looks at still has to be there.
  const looked = valuesOf(once.add(0))
  const sum = valuesOf(close.sma(5))
  expect([...looked].map(Number.isNaN)).toEqual([...sum].map(Number.isNaN))
})

test('values at rows are the bits of those at all bars, whatever rows and whichever way the inputs are had', () => {
  const factor = custom('range', 9, [close.add(volume), close.pctChange(2)], (x, y) => {
    x.sort()
    return x[8]! - x[0]! * y[0]!
  })
  const expression = expressionOf(factor)
  const whole = valuesOf(expression)
  for (let draw = 0; draw < 12; draw++) {
    const rng = createRng('custom rows', draw)
    const share = [0.01, 0.05, 0.2, 0.45][draw % 4]!
    const bars = Int32Array.from([...panel.dates.keys()].filter(() => rng.next() < share))
    const rows = new RowSet(bars, panel.dates.length)
    const evaluator = createEvaluator(panel, { windowFunctions })
    if (draw % 3 === 0) evaluator.evaluate(expressionOf(close.add(volume)), ['n1'])
    const [column] = evaluator.evaluate(expression, [expression.root], [rows])
    const wanted = [...bars].flatMap((bar) => [...whole.subarray(bar * 7, bar * 7 + 7)])
    expect(column!.values.length).toBe(wanted.length)
    for (const [i, v] of wanted.entries()) expect(column!.values[i]).toBe(v)
  }
})

test('a panel that ends earlier has the same values up to there', () => {
  const hostile = close.custom('hostile', 6, (x) => {
    const sorted = [...x].sort((a, b) => a - b)
    x.fill(0)
    return sorted[1]! - x[0]! + new Set(sorted).size
  })
  const whole = valuesOf(hostile)
  for (const bars of [5, 6, 7, 40, 129]) {
    const part = valuesOf(hostile, panelPrefix(panel, bars))
    expect(part).toEqual(whole.slice(0, part.length))
  }
})

test('the plain form says the same, with functions in the engine of the tests', () => {
  const factor = custom(
    'mix',
    4,
    [close, benchmark('returns'), volume.lag(1)],
    (x, y, z) => x[0]! * 2 + y[3]! - z[1]!,
  )
  const expression = expressionOf(factor)
  const small = panelPrefix(panel, 30)
  const [plain] = evaluatePlainly(expression, [expression.root], small, undefined, hostWindowFunctions)
  expect([...valuesOf(expression, small)]).toEqual(plain)
})

test('a function that was computed is not computed again: not by another strategy, under another name or layout', () => {
  let calls = 0
  const counting = {
    apply: (...given: Parameters<typeof windowFunctions.apply>) => {
      calls++
      windowFunctions.apply(...given)
    },
  }
  const evaluator = createEvaluator(panel, { windowFunctions: counting })
  const first = expressionOf(close.custom('a', 8, (x) => x[7]! - x[0]!))
  const second = expressionOf(
    close
      .custom('b', 8, (x) => {
        // The same.
        return x[7]! - x[0]!
      })
      .mul(2),
  )
  const [one] = evaluator.evaluate(first, [first.root])
  const copy = one!.values.slice()
  const [two] = evaluator.evaluate(second, [second.root])
  expect(calls).toBe(1)
  expect([...two!.values]).toEqual([...copy].map((v) => v * 2))
  const third = expressionOf(close.custom('a', 9, (x) => x[7]! - x[0]!))
  evaluator.evaluate(third, [third.root])
  expect(calls).toBe(2)
})

test('an evaluator without a place for functions says how to give it one', () => {
  const expression = expressionOf(close.custom('a', 8, (x) => x[0]))
  expect(() => createEvaluator(panel).evaluate(expression, [expression.root])).toThrow(
    expect.objectContaining({
      code: 'NO_WINDOW_FUNCTIONS',
      hint: 'give it a place: createEvaluator(panel, { windowFunctions: createWindowFunctions() })',
    }),
  )
})

test('what fails in the middle of an evaluation leaves the evaluator as it was', () => {
  const evaluator = createEvaluator(panel, { windowFunctions })
  const good = expressionOf(close.custom('good', 3, (x) => x[0]))
  const bad = expressionOf(
    close.custom('bad', 3, (x) => (x[0]! > 0 ? (undefined as unknown as Float64Array)[0] : 1)),
  )
  for (let k = 0; k < 3; k++) {
    expect(() => evaluator.evaluate(bad, [bad.root])).toThrow(/custom "bad" failed in line 1/)
    expect([...evaluator.evaluate(good, [good.root])[0]!.values]).toEqual([...valuesOf(good)])
  }
})
