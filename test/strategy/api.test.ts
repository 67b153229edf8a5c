import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiSource } from '../../scripts/generate-api.js'
import { operatorsPage } from '../../scripts/operators-page.js'
import { AlphaloopError } from '../../src/base/errors.js'
import * as api from '../../src/strategy/api.js'
import { builderTable } from '../../src/strategy/signatures.js'

test('the typed API is what the registry says: run `npx tsx scripts/generate-api.ts` after changing an operator', () => {
  const written = readFileSync(join(import.meta.dirname, '../../src/strategy/api.ts'), 'utf8')
  expect(written === apiSource()).toBe(true)
})

test("the guide's page of operators is what the registry says: run `npx tsx scripts/generate-api.ts`", () => {
  const written = readFileSync(join(import.meta.dirname, '../../docs/guide/operators.md'), 'utf8')
  expect(written).toBe(operatorsPage())
})

test('every operator is exported as a function', () => {
  const names = builderTable().operators.map(({ call }) => call)
  expect(Object.keys(api).sort()).toEqual([...names, 'strategy'].sort())
})

test('every function hands its call on to the builder', () => {
  const functions = api as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const { call, inputs, params } of builderTable().operators) {
    const text = params.length > 0 && params[0]!.kind !== 'integer' && params[0]!.kind !== 'number'
    if (inputs.length > 0)
      expect(() => functions[call]!('nonsense', 'nonsense'), call).toThrow(AlphaloopError)
    else expect(typeof functions[call]!(text ? (params[0]!.choices?.[0] ?? 'close') : 1), call).toBe('object')
  }
})

test('types follow the values', () => {
  const close: api.PanelExpr = api.field('close')
  const month: api.VectorExpr = api.calendar('month')
  const shifted: api.VectorExpr = month.add(1)
  const panel: api.PanelExpr = month.add(close)
  const late: api.BooleanExpr = shifted.gt(11).and(panel.gt(0))
  const histogram: api.PanelExpr = api.macd(close, 12, 26, 9).histogram
  const ranked: api.PanelExpr = api.rank(close, { mask: late })
  // @ts-expect-error a boolean is no number
  expect(() => late.add(1)).toThrow(AlphaloopError)
  // @ts-expect-error a vector has no cross-section
  expect(() => month.rank()).toThrow(AlphaloopError)
  // @ts-expect-error windows are numbers
  expect(() => close.sma('20')).toThrow(AlphaloopError)
  // @ts-expect-error there is no such setting
  expect(() => api.strategy({ weights: close, rebalanse: 'daily' })).toThrow(/did you mean rebalance/)
  const strategy = api.strategy({
    universe: late,
    score: api
      .where(late, ranked, 0)
      .add(histogram)
      .add(api.atr({ high: close }, 14))
      .add(api.rsi(14)),
    select: { top: 5 },
  })
  expect(strategy.fields).toEqual(['close', 'low'])
})
