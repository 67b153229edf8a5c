import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { createPanel, type GroupField, type Panel } from '../../src/data/panel.js'
import { seeded } from '../operators/support.js'

const textOf = (path: string) =>
  path.endsWith('.gz') ? gunzipSync(readFileSync(path)).toString() : readFileSync(path, 'utf8')

/** Columns by name and rows of a plain table: those of every `step`-th symbol, whose names are in `column`. */
export function readRows(path: string, column: string, step = 1) {
  const [head, ...lines] = textOf(path).trimEnd().split('\n')
  const names = head!.split(',')
  const at = names.indexOf(column)
  const all = lines.map((line) => line.split(','))
  const symbols = [...new Set(all.map((row) => row[at]!))].sort()
  const wanted = new Set(symbols.filter((_, i) => i % step === 0))
  const rows = step === 1 ? all : all.filter((row) => wanted.has(row[at]!))
  return { names, rows, at }
}

/**
 * A panel from a plain table, with what named factors may need beside prices: the groups `sector`, `industry` and
 * `subindustry`, each a part of the one before, and a market capitalisation of made-up share counts.
 */
export function panelOf(path: string, column: string, step = 1): Panel {
  const { names, rows, at } = readRows(path, column, step)
  const dates = [...new Set(rows.map((row) => row[0]!))].sort()
  const symbols = [...new Set(rows.map((row) => row[at]!))].sort()
  const barOf = new Map(dates.map((date, i) => [date, i]))
  const columnOf = new Map(symbols.map((symbol, i) => [symbol, i]))
  const cells = dates.length * symbols.length
  const fields = new Map<string, Float64Array>()
  names.forEach((name, k) => {
    if (k === 0 || k === at) return
    const values = new Float64Array(cells).fill(Number.NaN)
    for (const row of rows)
      if (row[k] !== '')
        values[barOf.get(row[0]!)! * symbols.length + columnOf.get(row[at]!)!] = Number(row[k])
    fields.set(name, values)
  })
  const close = fields.get('close')!
  fields.set(
    'cap',
    close.map((price, i) => price * (1 + ((i % symbols.length) % 7)) * 1e8),
  )
  return createPanel({ dates, symbols, fields, groups: nestedGroups(cells, symbols.length) })
}

/** 2 divides 4 divides 8: a group of the finer kind lies within one of the coarser. */
function nestedGroups(cells: number, symbols: number): Map<string, GroupField> {
  const groups = (of: number): GroupField => ({
    codes: Int32Array.from({ length: cells }, (_, i) => (i % symbols) % of),
    labels: Array.from({ length: of }, (_, i) => `g${i}`),
  })
  return new Map([
    ['sector', groups(2)],
    ['industry', groups(4)],
    ['subindustry', groups(8)],
  ])
}

/** A seeded market of random walks, whole, with volume that varies and everything that named factors read. */
export function madeUpPanel(bars: number, symbols: number, seed: number): Panel {
  const random = seeded(seed)
  const cells = bars * symbols
  const names = ['open', 'high', 'low', 'close', 'volume', 'vwap', 'cap']
  const fields = new Map(names.map((name) => [name, new Float64Array(cells)]))
  const put = (name: string, i: number, value: number) => {
    fields.get(name)![i] = Math.round(value * 1e4) / 1e4
  }
  for (let s = 0; s < symbols; s++) {
    let price = 40 + random()
    for (let t = 0; t < bars; t++) {
      const i = t * symbols + s
      const open = price * (1 + 0.01 * (random() - 0.5))
      const close = open * (1 + 0.06 * (random() - 0.5) - 0.02 * Math.log(open / 40))
      const high = Math.max(open, close) * (1 + 0.01 * random())
      const low = Math.min(open, close) * (1 - 0.01 * random())
      put('open', i, open)
      put('close', i, close)
      put('high', i, high)
      put('low', i, low)
      put('vwap', i, low + (high - low) * (0.2 + 0.6 * random()))
      put('volume', i, Math.round(1e5 * (0.2 + 3 * random() ** 2)))
      put('cap', i, close * 1e6 * (1 + (s % 7)))
      price = close
    }
  }
  const first = Date.parse('2020-01-01')
  const dates = Array.from({ length: bars }, (_, t) =>
    new Date(first + t * 86_400_000).toISOString().slice(0, 10),
  )
  return createPanel({
    dates,
    symbols: Array.from({ length: symbols }, (_, s) => `S${String(s).padStart(2, '0')}`),
    fields,
    groups: nestedGroups(cells, symbols),
  })
}
