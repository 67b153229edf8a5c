import { describe, expect, test } from 'vitest'
import { equityAfterFill, ordersOf, targetScale } from '../../src/backtest/fill.js'

const terms = { equity: 1, stuck: 0, grossExposure: 1, buyRate: 0, sellRate: 0 }

describe('the equity after a fill', () => {
  test('without costs is the equity before', () => {
    expect(equityAfterFill(ordersOf([0.3, 0.7], [0.9, 0]), 1, terms)).toBe(1)
  })

  test('where only purchases cost: E⁺ = 1 − 0.1·E⁺', () => {
    expect(equityAfterFill(ordersOf([1], [0]), 1, { ...terms, buyRate: 0.1 })).toBeCloseTo(1 / 1.1, 13)
    expect(equityAfterFill(ordersOf([0.5], [1]), 0.5, { ...terms, buyRate: 0.1 })).toBe(1)
  })

  test('where only sales cost: E⁺ = 1 − 0.1·(1 − E⁺/2)', () => {
    expect(equityAfterFill(ordersOf([0.5], [1]), 0.5, { ...terms, sellRate: 0.1 })).toBeCloseTo(
      0.9 / 0.95,
      13,
    )
    expect(equityAfterFill(ordersOf([1], [0]), 1, { ...terms, sellRate: 0.1 })).toBe(1)
  })

  test('where both cost, the purchase of one and the sale of another', () => {
    // E⁺ = 1 − 0.02·E⁺/2 − 0.05·(1 − E⁺/2)
    const after = equityAfterFill(ordersOf([0.5, 0.5], [1, 0]), 1, {
      ...terms,
      buyRate: 0.02,
      sellRate: 0.05,
    })
    expect(after).toBeCloseTo(0.95 / (1 + 0.01 - 0.025), 13)
  })

  test('of an account that costs eat up may be nothing or less, and buys nothing', () => {
    expect(equityAfterFill(ordersOf([1], [0]), 1, { ...terms, equity: 0, buyRate: 0.1 })).toBe(0)
    expect(equityAfterFill(ordersOf([0], [3]), 0, { ...terms, equity: 0.1, sellRate: 0.1 })).toBeCloseTo(
      -0.2,
      13,
    )
  })

  test('is solved to the last digits, also where costs are high', () => {
    const after = equityAfterFill(ordersOf([1], [0]), 1, { ...terms, buyRate: 0.9 })
    expect(after * 1.9).toBeCloseTo(1, 12)
  })
})

describe('the share of the targets that fits', () => {
  test('is all of them, or what is left beside positions that cannot be traded', () => {
    expect(targetScale(2, 1, 0, 1)).toBe(1)
    expect(targetScale(2, 1, 0.5, 1)).toBe(0.75)
    expect(targetScale(2, 0.5, 1.5, 1)).toBe(0.5)
    expect(targetScale(2, 1, 2.5, 1)).toBe(0)
    expect(targetScale(2, 1, 1, 1.5)).toBe(1)
  })

  test('is none where there is no equity, or no more than rounding would fit', () => {
    expect(targetScale(0, 1, 0, 1)).toBe(0)
    expect(targetScale(-1, 1, 0, 1)).toBe(0)
    expect(targetScale(1, 1, 1 - 1e-13, 1)).toBe(0)
    expect(targetScale(1, 1, 1 - 1e-11, 1)).toBeGreaterThan(0)
  })
})
