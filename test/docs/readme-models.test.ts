import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConfigText } from '../../src/config/load.js'
import { resolveConfig } from '../../src/config/resolve.js'
import { PROVIDERS } from '../../src/config/schema.js'
import { keyVariableOf } from '../../src/llm/providers.js'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

test('the configurations of the README are valid, and its models are those that they say', () => {
  const blocks = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text!)
  const configs = blocks.map(
    (text) => resolveConfig({ file: parseConfigText(text, 'README'), environment: {} }).config,
  )
  expect(configs.flatMap(({ llm }) => llm.models.map(({ model }) => model))).toEqual([
    'claude-sonnet-4-5',
    'gpt-4.1-mini',
    'qwen3',
  ])
})

test('the README says where to read how long a call may take, and the guide says it', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/models.md'), 'utf8')
  for (const setting of ['timeoutSeconds', 'stallSeconds', 'retries', 'backoffSeconds', 'concurrency']) {
    expect(readme).toContain(`\`${setting}\``)
    expect(guide).toMatch(new RegExp(`^  ${setting}: \\d+`, 'm'))
  }
  const link = 'docs/guide/models.md#what-it-may-cost-and-how-long-it-may-take'
  expect(readme).toContain(link)
  expect(guide).toContain('\n## What it may cost, and how long it may take\n')
})

test('the README names each provider and the variable of its key', () => {
  for (const provider of PROVIDERS.filter((name) => name !== 'openai-compatible')) {
    expect(readme).toContain(`\`${provider}\``)
    expect(readme).toContain(`\`${keyVariableOf({ provider })}\``)
  }
})
