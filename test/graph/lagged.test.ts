import { expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createPanel } from '../../src/data/panel.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { createExpression } from '../../src/graph/expression.js'

// So wide that twenty bars are read at once.
const [BARS, SYMBOLS] = [70, 400]
const rng = createRng(1, 'lagged')
const close = Float64Array.from({ length: BARS * SYMBOLS }, () =>
  rng.int(0, 20) === 0 ? Number.NaN : 1 + rng.next(),
)
const panel = createPanel({
  dates: Array.from({ length: BARS }, (_, t) =>
    new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10),
  ),
  symbols: Array.from({ length: SYMBOLS }, (_, s) => `S${String(s).padStart(3, '0')}`),
  fields: new Map([['close', close]]),
})

test.each([1, 7, 19, 20, 21, 45, 80])(
  'a change over %i bars is that of its two values, however many bars are read at once',
  (n) => {
    const field = { id: 'close', op: 'field', params: { name: 'close' } }
    const change = { id: 'change', op: 'pctChange', inputs: ['close'], params: { n } }
    const expression = createExpression([field, change], 'change')
    const { values } = createEvaluator(panel).evaluate(expression, [expression.root])[0]!
    const wanted = close.map((now, i) => (i < n * SYMBOLS ? Number.NaN : now / close[i - n * SYMBOLS]! - 1))
    expect(values).toEqual(wanted)
  },
)
