import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesSource, compileKernels } from '../../scripts/generate-kernels.js'
import { levelsOf } from '../../src/backtest/metrics/of-returns.js'
import { sumsOf } from '../../src/backtest/metrics/sums.js'
import { quantile } from '../../src/base/stats/quantile.js'

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** As sumsOf says, one sum after the other. */
function plainly(r: readonly number[], exposure: readonly number[], b: readonly number[], floor: number) {
  const centre = sum(r) / r.length
  const other = sum(b) / b.length
  const d = r.map((value) => value - centre)
  const e = b.map((value) => value - other)
  const worst = quantile(r, 0.05)
  const tail = r.filter((value) => value <= worst + 1e-12)
  const equity = [...levelsOf(Float64Array.from(r))]
  const falls = equity.map((value, t) => value / Math.max(1, ...equity.slice(0, t + 1)) - 1)
  const where = (values: readonly number[], is: (move: number) => boolean) =>
    sum(values.filter((_, t) => is(b[t]!)))
  const rose = (move: number) => move > 1e-12
  const fell = (move: number) => move < -1e-12
  return {
    bars: r.length,
    centre,
    drift: sum(d),
    second: sum(d.map((x) => x ** 2)),
    third: sum(d.map((x) => x ** 3)),
    fourth: sum(d.map((x) => x ** 4)),
    below: sum(r.map((value) => Math.min(value - floor, 0) ** 2)),
    worst,
    lost: sum(tail),
    losers: tail.length,
    deepest: Math.min(0, ...falls),
    squaredFalls: sum(falls.map((x) => x ** 2)),
    exposed: sum(exposure),
    ownUp: where(r, rose),
    ownDown: where(r, fell),
    covariance: sum(d.map((x, t) => x * e[t]!)),
    active: sum(d.map((x, t) => (x - e[t]!) ** 2)),
    up: where(b, rose),
    down: where(b, fell),
    otherCentre: other,
    variance: sum(e.map((x) => x ** 2)),
  }
}

const series = (bars: number) => {
  const move = fc.oneof(fc.double({ min: -0.2, max: 0.2, noNaN: true }), fc.constant(0))
  const many = fc.array(move, { minLength: bars, maxLength: bars })
  return fc.record({ returns: many, benchmark: many, exposure: many, isRuined: fc.boolean() })
}

test('the checked-in bytes are what the kernels compile to', async () => {
  const file = new URL('../../src/backtest/metrics/compiled/bytes.ts', import.meta.url)
  expect(readFileSync(file, 'utf8')).toBe(bytesSource(await compileKernels('kernels/metrics/index.ts')))
}, 60_000)

describe('the sums that metrics are made of', () => {
  const run = (
    r: readonly number[],
    exposure: readonly number[],
    b: readonly number[] | undefined,
    floor = 0,
  ) =>
    sumsOf({
      returns: Float64Array.from(r),
      equity: levelsOf(Float64Array.from(r)),
      exposure: Float64Array.from(exposure),
      benchmark: b && Float64Array.from(b),
      floor,
    })

  test('are those of one bar after the other, for any number of bars, whatever was there before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 41 }).chain(series),
        fc.constantFrom(0, 0.001, -0.01),
        ({ returns, benchmark, exposure, isRuined }, floor) => {
          // Longer, and made to spoil what reads over the end.
          const spoilt = Array.from({ length: 47 }, (_, t) => (t % 3 === 0 ? Number.NaN : 1e300))
          run(spoilt, spoilt, spoilt)
          const exposed = isRuined ? exposure.slice(0, -1) : exposure
          const { beside, ...found } = run(returns, exposed, [...benchmark, Number.NaN], floor)
          const expected = plainly(returns, exposed, benchmark, floor)
          const all: Record<string, number> = {
            ...found,
            ownUp: beside!.up,
            ownDown: beside!.down,
            covariance: beside!.covariance,
            active: beside!.active,
            up: beside!.benchmark.up,
            down: beside!.benchmark.down,
            otherCentre: beside!.benchmark.centre,
            variance: beside!.benchmark.variance,
          }
          for (const [name, value] of Object.entries(expected)) {
            const off = Math.abs(all[name]! - value)
            if (!(off <= 1e-13)) expect.fail(`${name}: ${all[name]} for ${value}, ${returns.length} bars`)
          }
        },
      ),
      { seed: 3, numRuns: 300 },
    )
  })

  test('a series does not differ from itself by a single bit', () => {
    const moves = [0.01, -0.02, 0.005, 0.0301, -0.011]
    const { second, beside } = run(moves, [1, 1, 1, 1, 1], moves)
    const { benchmark, ...own } = beside!
    expect(own).toEqual({ up: benchmark.up, down: benchmark.down, covariance: second, active: 0 })
    expect(benchmark.variance).toBe(second)
  })

  test('a benchmark is measured over as many bars as there are returns, fewer or more than before', () => {
    const benchmark = Float64Array.from({ length: 300 }, (_, t) => Math.sin(t) / 50)
    const of = (bars: number, against: Float64Array) => {
      const returns = Float64Array.from({ length: bars }, (_, t) => Math.cos(t) / 40)
      const equity = levelsOf(returns)
      return sumsOf({ returns, equity, exposure: returns, benchmark: against, floor: 0 }).beside
    }
    for (const bars of [200, 20, 300, 200])
      expect(of(bars, benchmark)).toEqual(of(bars, benchmark.slice(0, bars)))
  })

  test('nothing is said of a benchmark that is not there', () => {
    expect(run([0.01, -0.01], [1, 1], undefined).beside).toBeUndefined()
  })
})
