import { describe, expect, test } from 'vitest'
import { backtest } from '../../src/backtest/backtest-strategy.js'
import { compileStrategyCode } from '../../src/compose.js'
import { createPanel, type Panel, panelPrefix } from '../../src/data/panel.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { kernelContext } from '../../src/graph/evaluate/context.js'
import { evaluatePlainly } from '../../src/graph/evaluate/reference.js'
import { createStrategy, type Strategy } from '../../src/graph/strategy.js'
import { benchmark, field, strategy } from '../../src/strategy/api.js'
import { strategyToCode } from '../../src/strategy/to-code.js'
import { days } from '../backtest/make.js'
import { field as fieldNode, scoredBy } from './make.js'
import { makePanel, PANEL_LOOKS } from './panels.js'

const NaN_ = Number.NaN

/** Three symbols over five bars; B begins late, C has a hole and an infinity. */
const PANEL = createPanel({
  dates: days(5),
  symbols: ['A', 'B', 'C'],
  fields: new Map([
    [
      'close',
      Float64Array.of(
        ...[10, NaN_, 50],
        ...[11, 20, 40],
        ...[11, 22, NaN_],
        ...[NaN_, NaN_, 30],
        ...[22, 11, Number.POSITIVE_INFINITY],
      ),
    ],
    ['volume', Float64Array.from({ length: 15 }, (_, i) => i)],
  ]),
})

const reads = (...names: string[]) =>
  createStrategy(
    scoredBy([
      fieldNode('close'),
      ...names.map((name, i) => ({ id: `b${i}`, op: 'benchmark', params: { field: name } })),
      ...names.map((_, i) => ({
        id: `s${i}`,
        op: 'add',
        inputs: [i === 0 ? 'close' : `s${i - 1}`, `b${i}`],
        params: {},
      })),
    ]),
  )

function valuesOf(name: string, panel: Panel, symbol?: string): number[] {
  const strategy = reads(name)
  const id = strategy.graph.nodes.find(({ op }) => op === 'benchmark')!.id
  const [column] = createEvaluator(panel, { benchmark: symbol }).evaluate(strategy, [id])
  expect(column!.type).toBe('vector')
  expect(evaluatePlainly(strategy, [id], panel, symbol)[0]).toEqual([...column!.values])
  return [...column!.values]
}

describe('without a benchmark symbol it is the equal weight of all symbols', () => {
  test('returns are the mean over the symbols that have a close now and one bar before', () => {
    const [first, second, third, fourth, fifth] = valuesOf('returns', PANEL)
    expect(first).toBeNaN()
    expect(second).toBeCloseTo((0.1 - 0.2) / 2, 15)
    expect(third).toBeCloseTo((0 + 0.1) / 2, 15)
    expect(fourth).toBeNaN()
    expect(fifth).toBeNaN()
  })

  test('close begins at 1, grows with the returns, and stays where no symbol has one', () => {
    const level = valuesOf('close', PANEL)
    expect(level[0]).toBe(1)
    expect(level[1]).toBeCloseTo(0.95, 15)
    expect(level[2]).toBeCloseTo(0.95 * 1.05, 15)
    expect(level.slice(3)).toEqual([level[2], level[2]])
  })

  test('a level that no number can hold is missing from there on', () => {
    // A grows by 1e300 at bar 1, B at bar 2.
    const close = Float64Array.of(...[1e-150, NaN_], ...[1e150, 1e-150], ...[NaN_, 1e150], ...[NaN_, 1e150])
    const panel = createPanel({ dates: days(4), symbols: ['A', 'B'], fields: new Map([['close', close]]) })
    const level = valuesOf('close', panel)
    expect(level[1]! / 1e300).toBeCloseTo(1, 9)
    expect(level.slice(2)).toEqual([NaN_, NaN_])
    expect(valuesOf('returns', panel)[3]).toBe(0)
  })

  test('another field is refused with what there is, and with how to name a symbol', () => {
    const refused = () => createEvaluator(PANEL).evaluate(reads('volume'), [])
    expect(() => kernelContext(PANEL).benchmark('volume')).toThrow(/has close and returns/)
    expect(refused).toThrow(/equal weight of all symbols, which has close and returns, but no "volume"/)
    expect(refused).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FIELD', hint: expect.stringContaining('--benchmark SPY') }),
    )
  })
})

describe('with a benchmark symbol', () => {
  test('it is that symbol’s field, derived ones too, infinities missing', () => {
    expect(valuesOf('close', PANEL, 'C')).toEqual([50, 40, NaN_, 30, NaN_])
    expect(valuesOf('volume', PANEL, 'B')).toEqual([1, 4, 7, 10, 13])
    expect(valuesOf('dollarVolume', PANEL, 'A')).toEqual([0, 33, 66, NaN_, 264])
    expect(valuesOf('returns', PANEL, 'A')[1]).toBe(11 / 10 - 1)
  })

  test('a field that the data lack is refused, and so is a symbol that they lack', () => {
    expect(() => valuesOf('volum', PANEL, 'A')).toThrow(/no field "volum"; did you mean volume/)
    expect(() => createEvaluator(PANEL, { benchmark: 'D' })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SYMBOL', hint: 'it has 3: A, B, C' }),
    )
  })

  test('a symbol that was written otherwise is told the nearest, and of many only some are named', () => {
    const symbols = Array.from({ length: 12 }, (_, i) => `SYM${String.fromCharCode(65 + i)}`)
    const panel = createPanel({
      dates: days(1),
      symbols,
      fields: new Map([['close', new Float64Array(12).fill(1)]]),
    })
    expect(() => createEvaluator(panel, { benchmark: 'SIMA' })).toThrow(
      expect.objectContaining({
        message: 'the data has no symbol "SIMA"; did you mean SYMA?',
        hint: 'it has 12: SYMA, SYMB, SYMC, SYMD, SYME, SYMF, SYMG, SYMH …',
      }),
    )
  })

  test('its fields count among those that a strategy reads', () => {
    expect(reads('volume', 'returns').fields).toEqual(['close', 'returns', 'volume'])
  })
})

test('a value is the same bits wherever the panel ends', () => {
  for (const [i, look] of PANEL_LOOKS.entries()) {
    const panel = makePanel(look, i)
    for (const symbol of [undefined, panel.symbols.at(-1)!])
      for (const name of ['close', 'returns']) {
        const whole = valuesOf(name, panel, symbol)
        for (let bars = 1; bars < panel.dates.length; bars += 7)
          expect(valuesOf(name, panelPrefix(panel, bars), symbol)).toEqual(whole.slice(0, bars))
      }
  }
})

describe('in a strategy', () => {
  const relative = (): Strategy =>
    strategy({
      universe: benchmark('close').gt(benchmark('close').sma(5)).and(field('close').gt(0)),
      score: field('returns').beta(benchmark('returns'), 10),
      select: { top: 2 },
      rebalance: 'weekly',
      fill: 'nextClose',
    })

  test('it is written as code that compiles to the same strategy', async () => {
    const code = strategyToCode(relative())
    expect(code).toContain("benchmark('close')")
    expect((await compileStrategyCode(code)).hash).toBe(relative().hash)
  })

  test('a backtest reads, and is measured against, the symbol that is named', () => {
    const panel = makePanel({ ...PANEL_LOOKS[0]!, bars: 120 }, 3)
    const equal = backtest(relative(), panel)
    const named = backtest(relative(), panel, { benchmark: 'S1' })
    expect(named.simulation.equity).not.toEqual(equal.simulation.equity)
    // One symbol held, filled at the next close: its own returns from the second bar after the first decision on.
    const close = panel.fields.get('close')!
    const width = panel.symbols.length
    const last = panel.dates.length - 1
    expect(named.benchmarkReturns[last]).toBeCloseTo(
      close[last * width + 1]! / close[(last - 1) * width + 1]! - 1,
      12,
    )
    const evaluator = createEvaluator(panel, { benchmark: 'S1' })
    expect(backtest(relative(), panel, { benchmark: 'S1', evaluator }).metrics).toEqual(named.metrics)
    expect(() => backtest(relative(), panel, { evaluator })).toThrow(
      expect.objectContaining({ code: 'WRONG_EVALUATOR' }),
    )
    expect(() => backtest(relative(), makePanel(PANEL_LOOKS[0]!, 4), { evaluator, benchmark: 'S1' })).toThrow(
      /another panel/,
    )
  })
})
