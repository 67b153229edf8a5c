import { expect, test } from 'vitest'
import { environmentError, usageError } from '../../src/base/errors.js'
import { readReply } from '../../src/llm/read-reply.js'

const blocks = (...texts: string[]) => texts.map((text) => `\`\`\`ts\n${text}\n\`\`\`\n`).join('\n')

test('of the pieces of a reply two may run out of time; the others are not compiled any more', async () => {
  const compiled: string[] = []
  const reading = await readReply(
    blocks('slow 1', 'broken', 'slow 2', 'never looked at'),
    async (source) => {
      compiled.push(source)
      throw source.startsWith('slow')
        ? usageError('STRATEGY_TIMEOUT', 'the program did not end in time')
        : usageError('STRATEGY_SYNTAX', 'unexpected end')
    },
    'code',
  )
  expect(compiled).toEqual(['slow 1', 'broken', 'slow 2'])
  expect(reading).toMatchObject({ state: 'refused', error: { code: 'STRATEGY_TIMEOUT' } })
})

test('a sandbox that does not work is a crash, no verdict on what was written', async () => {
  const reading = await readReply(
    blocks('fine'),
    async () => {
      throw environmentError('SANDBOX_THREAD', 'the sandbox does not work: no threads are left')
    },
    'code',
  )
  expect(reading).toMatchObject({
    state: 'crashed',
    error: { category: 'crash', code: 'COMPILER_CRASHED', message: expect.stringContaining('no threads') },
  })
})
