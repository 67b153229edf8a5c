import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { messageOf } from '../base/errors.js'
import { createDesk, type DeskOptions } from './desk.js'
import { onlyMessages } from './messages.js'
import { createAgentServer, type ServerOptions } from './server.js'

export interface ServeOptions extends DeskOptions, ServerOptions {
  readonly input: Readable
  readonly output: Writable
  /** Ends the server as a client that leaves does. */
  readonly stop: AbortSignal
}

/** A message may be that long; arguments are held to their own limits, with an answer that says so. */
const LONGEST_MESSAGE = 64 * 1024 * 1024

/**
 * Serves one client over a pair of streams until it leaves or the server is stopped. What is being evaluated then is
 * finished and recorded before this resolves.
 */
export async function serveAgents(options: ServeOptions): Promise<void> {
  const { input, output, stop, log } = options
  const desk = createDesk(options)
  const messages = onlyMessages((refusal) => output.write(`${JSON.stringify(refusal)}\n`), LONGEST_MESSAGE)
  const ended = new Promise<void>((resolve) => {
    const end = () => resolve()
    // What was sent before the end is read first.
    messages.once('end', end).once('close', end)
    input.once('close', () => messages.end()).once('error', end)
    // A reader that is gone cannot be told anything more.
    output.on('error', end)
    if (stop.aborted) end()
    else stop.addEventListener('abort', end, { once: true })
  })
  const connection = serveStdio(() => createAgentServer(desk, options), {
    transport: new StdioServerTransport(input.pipe(messages), output, { maxBufferSize: LONGEST_MESSAGE }),
    onerror: (error) => log(`warning: ${messageOf(error)}`),
  })
  await ended
  const recorded = desk.close()
  await connection.close().catch(() => {})
  input.unpipe(messages).pause()
  await recorded
}
