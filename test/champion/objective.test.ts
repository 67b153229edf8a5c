import { describe, expect, test } from 'vitest'
import { calmarOf, figure, metricOf, objectiveOf, percent } from '../../src/champion/objective.js'

describe('objectives', () => {
  test('each objective reads its own metric', () => {
    const metrics = { sharpe: 1, sortino: 2, calmar: 3, informationRatio: 4 }
    const read = (['sharpe', 'sortino', 'calmar', 'activeSharpe'] as const).map((objective) =>
      objectiveOf({ metrics }, objective),
    )
    expect(read).toEqual([1, 2, 3, 4].map((value) => ({ defined: true, value })))
  })

  test('a metric without a value says why', () => {
    expect(metricOf({ metrics: { sharpe: null }, notes: { sharpe: 'no variance' } }, 'sharpe')).toEqual({
      defined: false,
      because: 'no variance',
    })
    expect(metricOf({ metrics: { sharpe: null } }, 'sharpe')).toMatchObject({
      because: 'no reason was recorded',
    })
    expect(metricOf({ metrics: {} }, 'sharpe')).toMatchObject({ because: 'it was not recorded' })
    expect(metricOf({ metrics: { sharpe: Number.NaN } }, 'sharpe')).toMatchObject({
      because: 'it is not finite',
    })
  })

  test('no drawdown at all makes Calmar infinite', () => {
    expect(calmarOf({ metrics: { calmar: null, maxDrawdown: 0, cagr: 0.1 } })).toEqual({
      defined: true,
      value: Number.POSITIVE_INFINITY,
    })
  })

  test('no drawdown makes it infinite even where growth was not recorded', () => {
    expect(calmarOf({ metrics: { calmar: null, maxDrawdown: 0 } })).toMatchObject({
      value: Number.POSITIVE_INFINITY,
    })
  })

  test('a Calmar that was not stored is computed', () => {
    expect(calmarOf({ metrics: { maxDrawdown: -0.2, cagr: 0.1 } })).toEqual({ defined: true, value: 0.5 })
    expect(calmarOf({ metrics: { calmar: null, maxDrawdown: -0.2, cagr: null } })).toMatchObject({
      defined: false,
    })
    expect(calmarOf({ metrics: { calmar: null, maxDrawdown: null } })).toMatchObject({ defined: false })
  })

  test('figures for sentences keep what matters', () => {
    expect(
      [1.5, 1.204, 0.0123, -0.00001, 0, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(figure),
    ).toEqual(['1.50', '1.204', '0.0123', '0', '0', '2.00', 'infinite', 'minus infinite'])
    expect([0.123, -0.00001].map(percent)).toEqual(['12.3%', '0.0%'])
  })
})
