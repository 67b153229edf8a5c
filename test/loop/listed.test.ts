import { expect, test } from 'vitest'
import { listedOnly } from '../../src/data/listed.js'
import { createPanel, panelPrefix } from '../../src/data/panel.js'

const N = Number.NaN
const panel = (
  close: readonly number[],
  codes: readonly number[],
  labels: readonly string[],
  symbols = 'ABC',
) =>
  createPanel({
    dates: ['2020-01-01', '2020-01-02', '2020-01-03'].slice(0, close.length / symbols.length),
    symbols: [...symbols],
    fields: new Map([
      ['close', Float64Array.from(close)],
      ['volume', Float64Array.from(close, (value) => value * 100)],
    ]),
    groups: new Map([['sector', { codes: Int32Array.from(codes), labels }]]),
  })

test('a prefix is the same data whether or not a symbol with a sector of its own is listed after it', () => {
  // B has its first close on the last day.
  const later = panel([1, N, 3, 4, N, 6, 7, 8, 9], [0, 1, 2, 0, 1, 2, 0, 1, 2], ['bank', 'mine', 'shop'])
  const never = panel([1, 3, 4, 6, 7, 9], [0, 1, 0, 1, 0, 1], ['bank', 'shop'], 'AC')
  const seen = listedOnly(panelPrefix(later, 2))
  expect(seen).toEqual(panelPrefix(never, 2))
  expect(seen.fields.get('close')!.buffer).toBeInstanceOf(SharedArrayBuffer)
})

test('a panel in which every symbol is listed is given back as it is', () => {
  const whole = panel([1, 2, 3, 4, N, 6], [0, 1, -1, 0, 1, -1], ['bank', 'mine'])
  expect(listedOnly(whole)).toBe(whole)
})

test('a label that nobody has any more goes, though all symbols stay', () => {
  const moved = panel([1, 2, 3, 4, 5, 6], [0, 0, -1, 1, 0, -1], ['bank', 'mine'])
  const seen = listedOnly(panelPrefix(moved, 1))
  expect(seen.groups.get('sector')).toEqual({ codes: Int32Array.of(0, 0, -1), labels: ['bank'] })
})
