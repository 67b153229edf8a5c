import { expect, test } from 'vitest'
import { createConfig } from '../../src/config/resolve.js'
import { createPanel } from '../../src/data/panel.js'
import { searchSpace } from '../../src/loop/search-space.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { splitBars } from '../../src/validation/splits.js'

const BARS = 400
const prices = new Float64Array(BARS * 2).fill(10)

const fieldsOf = async (fields: readonly string[], allowed?: readonly string[]) => {
  const panel = createPanel({
    dates: Array.from({ length: BARS }, (_, t) =>
      new Date(1.5e12 + t * 86_400_000).toISOString().slice(0, 10),
    ),
    symbols: ['A', 'B'],
    fields: new Map(fields.map((name) => [name, prices])),
  })
  const config = createConfig(allowed === undefined ? {} : { constraints: { fields: [...allowed] } })
  return (await searchSpace(config, panel, splitBars(BARS), createQuickJsSandbox())).fields
}

test('beside adjusted prices no proposal is offered the raw close: their ratio knows every later split', async () => {
  const fields = await fieldsOf(['close', 'volume', 'rawClose'])
  expect(fields).not.toContain('rawClose')
  expect(fields).toEqual(expect.arrayContaining(['close', 'volume', 'dollarVolume']))
})

test('prices that were not adjusted have a raw close like any other field, and who names it gets it', async () => {
  expect(await fieldsOf(['close', 'volume'])).toContain('rawClose')
  expect(await fieldsOf(['close', 'volume', 'rawClose'], ['close', 'rawClose'])).toEqual([
    'close',
    'rawClose',
  ])
})
