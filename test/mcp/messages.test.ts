import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { onlyMessages, type Refusal } from '../../src/mcp/messages.js'

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

async function read(chunks: readonly string[], longest = 1000) {
  const refused: Refusal[] = []
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  let passed = ''
  for await (const chunk of source.pipe(onlyMessages((refusal) => refused.push(refusal), longest)))
    passed += chunk
  return { passed, refused }
}

test('messages go through as they came, however they are cut', async () => {
  const text = `${PING}\n{"jsonrpc":"2.0","id":7,"result":{"a":"é"}}\r\n{"jsonrpc":"2.0","method":"x"}\n`
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 6 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length]
      const chunks = at.slice(1).map((end, i) => text.slice(at[i], end))
      expect(await read(chunks.filter((chunk) => chunk !== ''))).toEqual({ passed: text, refused: [] })
    }),
    { seed: 4, numRuns: 60 },
  )
})

test.each([
  ['{"jsonrpc":"2.0","id":1,"method":', -32700, null, /^Parse error: the line is not JSON/],
  ['hello', -32700, null, /^Parse error/],
  [`[${PING}]`, -32600, null, /not a batch/],
  ['17', -32600, null, /^Invalid Request/],
  ['null', -32600, null, /^Invalid Request/],
  ['{"id":3,"method":"ping"}', -32600, 3, /jsonrpc must be "2.0"/],
  ['{"jsonrpc":"2.0","id":"a"}', -32600, 'a', /it has no method/],
])('%s is answered, and what follows is read', async (line, code, id, message) => {
  expect(await read([`${line}\n${PING}\n`])).toEqual({
    passed: `${PING}\n`,
    refused: [{ jsonrpc: '2.0', id, error: { code, message: expect.stringMatching(message) } }],
  })
})

test('blank lines are nothing', async () => {
  expect(await read(['\n', ' \r\n', `${PING}\n`])).toEqual({ passed: `${PING}\n`, refused: [] })
})

test('a line without an end is not held for ever', async () => {
  const long = 'x'.repeat(50)
  expect(await read([long, long, `${long}\nhello\n`, `${PING}\n`], 80)).toMatchObject({
    passed: `${long}${long}${long}\n${PING}\n`,
    refused: [{ error: { code: -32700 } }],
  })
})
