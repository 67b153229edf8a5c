import { Transform, type TransformCallback } from 'node:stream'

/** A reply of JSON-RPC 2.0 (section 5.1) to what is no request; its id is null where none could be read. */
export interface Refusal {
  readonly jsonrpc: '2.0'
  readonly id: string | number | null
  readonly error: { readonly code: -32700 | -32600; readonly message: string }
}

const LINE_END = 0x0a

/**
 * Lets through the lines that are messages, and has the others answered: the protocol's library passes over them in
 * silence, and whoever sent one would wait for ever. A line that grows longer than `longest` bytes is let through as it
 * comes, for the library to refuse.
 */
export function onlyMessages(refuse: (refusal: Refusal) => void, longest: number): Transform {
  let held: Buffer[] = []
  let bytes = 0
  let isUnread = false

  const take = (line: Buffer): Buffer | undefined => {
    const refusal = isUnread ? undefined : refusalOf(line.toString('utf8'))
    isUnread = false
    if (refusal === undefined) return line
    if (refusal !== 'blank') refuse(refusal)
    return undefined
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      let from = 0
      for (;;) {
        const end = chunk.indexOf(LINE_END, from)
        if (end < 0) break
        const line = take(Buffer.concat([...held, chunk.subarray(from, end + 1)]))
        if (line !== undefined) this.push(line)
        held = []
        bytes = 0
        from = end + 1
      }
      held.push(chunk.subarray(from))
      bytes += chunk.length - from
      if (isUnread || bytes > longest) {
        this.push(Buffer.concat(held))
        held = []
        bytes = 0
        isUnread = true
      }
      done()
    },
  })
}

function refusalOf(line: string): Refusal | 'blank' | undefined {
  if (line.trim() === '') return 'blank'
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    return refusal(
      null,
      -32700,
      'Parse error: the line is not JSON; a message is one JSON object on one line',
    )
  }
  if (Array.isArray(message))
    return refusal(null, -32600, 'Invalid Request: send one message a line, not a batch')
  const { jsonrpc, id, method } = (message ?? {}) as Record<string, unknown>
  const isMessage = typeof method === 'string' || hasAnswer(message)
  if (jsonrpc === '2.0' && isMessage) return undefined
  return refusal(
    typeof id === 'string' || typeof id === 'number' ? id : null,
    -32600,
    `Invalid Request: ${jsonrpc === '2.0' ? 'it has no method' : 'jsonrpc must be "2.0"'}`,
  )
}

/** Clients answer too, where the server asked them something. */
const hasAnswer = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && ('result' in message || 'error' in message)

const refusal = (id: Refusal['id'], code: Refusal['error']['code'], message: string): Refusal => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
})
