import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConfigText } from '../../src/config/load.js'
import { resolveConfig } from '../../src/config/resolve.js'
import { VARIANTS } from '../../src/feedback/variants/draw.js'

const page = readFileSync(join(import.meta.dirname, '../../docs/guide/models.md'), 'utf8')

test('the guide lists every way of asking with its weight, and no other', () => {
  const listed = [...page.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name, weight]) => [
    name,
    Number(weight),
  ])
  expect(listed).toEqual(Object.values(VARIANTS).map(({ name, weight }) => [name, weight]))
})

test('its configurations are valid', () => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text!)
  expect(blocks.length).toBeGreaterThan(0)
  for (const text of blocks)
    expect(() => resolveConfig({ file: parseConfigText(text, 'models.md'), environment: {} })).not.toThrow()
})
