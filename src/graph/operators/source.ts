import { derivedFormula } from '../derived-fields.js'
import type { OperatorDefinition, Params } from '../operator.js'
import { finite, num, overBars, toPanel, toVector } from './define.js'

/** Whether a field's array is free of infinities, found out once. */
const known = new WeakMap<Float64Array, boolean>()

function hasNoInfinities(values: Float64Array): boolean {
  let clean = known.get(values)
  if (clean === undefined) {
    clean = values.every((v) => Number.isFinite(v) || Number.isNaN(v))
    known.set(values, clean)
  }
  return clean
}

const field: OperatorDefinition = {
  name: 'field',
  category: 'source',
  inputs: [],
  params: [{ name: 'name', kind: 'text' }],
  type: toPanel,
  lookback: () => 0,
  view: (params, context) => {
    const name = String(params.name)
    const values = context.stored === undefined ? context.field(name) : context.stored(name)
    if (values === undefined) return undefined
    return hasNoInfinities(values) ? { type: 'panel', width: context.symbols, values } : undefined
  },
  formula: (params, { stored }) => stored && derivedFormula(String(params.name), stored),
  ...overBars((out, _inputs, params, context, _extra, from, to) => {
    const whole = from === 0 && to === context.bars
    const values = context.field(String(params.name), whole ? (out as Float64Array) : undefined)
    if (values === out) return
    for (let i = from * context.symbols; i < to * context.symbols; i++) {
      const v = values[i]!
      out[i] = v + (v - v)
    }
  }),
  reference: {
    kind: 'source',
    row: (bar, params, context) =>
      Array.from(
        context.field(String(params.name)).subarray(bar * context.symbols, (bar + 1) * context.symbols),
        finite,
      ),
  },
  doc: 'a field of the market data: close, open, high, low, volume, returns, vwap, dollarVolume or any other name',
}

const constant: OperatorDefinition = {
  name: 'constant',
  category: 'source',
  inputs: [],
  params: [
    {
      name: 'value',
      kind: 'number',
      min: -Number.MAX_VALUE,
      max: Number.MAX_VALUE,
      search: [0.01, 100],
    },
  ],
  type: toVector,
  lookback: () => 0,
  ...overBars((out, _inputs, params, _context, _extra, from, to) => {
    out.fill(num(params, 'value'), from, to)
  }),
  reference: { kind: 'source', row: (_bar, params) => [num(params, 'value')] },
  doc: 'the same number at every bar',
}

const group: OperatorDefinition = {
  name: 'group',
  category: 'source',
  inputs: [],
  params: [{ name: 'name', kind: 'text' }],
  type: toPanel,
  lookback: () => 0,
  ...overBars((out, _inputs, params, context, _extra, from, to) => {
    const codes = context.group(String(params.name))
    for (let i = from * context.symbols; i < to * context.symbols; i++)
      out[i] = codes[i]! < 0 ? Number.NaN : codes[i]!
  }),
  reference: {
    kind: 'source',
    row: (bar, params, context) =>
      Array.from(
        context.group(String(params.name)).subarray(bar * context.symbols, (bar + 1) * context.symbols),
        (code) => (code < 0 ? Number.NaN : code),
      ),
  },
  doc: 'code of the group (sector, industry, …) that each symbol belongs to; missing where unknown',
}

const DAY_MS = 86_400_000

const CALENDAR_PARTS = {
  /** Monday = 1 … Sunday = 7. Day 0 of the epoch was a Thursday. */
  dayOfWeek: (date: string) => ((((Math.floor(Date.parse(date.slice(0, 10)) / DAY_MS) + 3) % 7) + 7) % 7) + 1,
  month: (date: string) => Number(date.slice(5, 7)),
  dayOfMonth: (date: string) => Number(date.slice(8, 10)),
}

function calendarPart(date: string, params: Params): number {
  return CALENDAR_PARTS[params.part as keyof typeof CALENDAR_PARTS](date)
}

const calendar: OperatorDefinition = {
  name: 'calendar',
  category: 'source',
  inputs: [],
  params: [{ name: 'part', kind: 'choice', choices: Object.keys(CALENDAR_PARTS), default: 'dayOfWeek' }],
  type: toVector,
  lookback: () => 0,
  ...overBars((out, _inputs, params, context, _extra, from, to) => {
    for (let t = from; t < to; t++) out[t] = calendarPart(context.dates[t]!, params)
  }),
  reference: {
    kind: 'source',
    row: (bar, params, { dates }) => {
      const day = new Date(`${dates[bar]!.slice(0, 10)}T00:00:00Z`)
      if (params.part === 'month') return [day.getUTCMonth() + 1]
      return [params.part === 'dayOfMonth' ? day.getUTCDate() : day.getUTCDay() || 7]
    },
  },
  doc: 'day of the week (Monday = 1), month (1 … 12) or day of the month of each bar',
}

const benchmark: OperatorDefinition = {
  name: 'benchmark',
  category: 'source',
  inputs: [],
  params: [{ name: 'field', kind: 'text' }],
  type: toVector,
  lookback: () => 0,
  ...overBars((out, _inputs, params, context, _extra, from, to) => {
    const values = context.benchmark(String(params.field))
    for (let t = from; t < to; t++) {
      const v = values[t]!
      out[t] = v + (v - v)
    }
  }),
  reference: {
    kind: 'source',
    row: (bar, params, context) => [finite(context.benchmark(String(params.field))[bar]!)],
  },
  doc: 'a field of the benchmark symbol; without one, close and returns of the equal weight of all symbols',
}

export const SOURCES: readonly OperatorDefinition[] = [field, constant, group, calendar, benchmark]
