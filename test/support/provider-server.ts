import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProviderName } from '../../src/config/schema.js'
import { type Finish, WIRES, type Wire } from './provider-wires.js'

/** How the server answers one call, in whichever protocol, streamed where the request asks for that. */
export type ProviderAnswer =
  | {
      readonly kind: 'text'
      readonly text: string
      readonly afterMs?: number
      readonly finish?: Finish
      readonly headers?: Record<string, string>
    }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly message?: string
      /** What OpenAI's protocol calls the kind of error. */
      readonly code?: string
      readonly headers?: Record<string, string>
    }
  /** 200 with this in place of JSON, or of a stream's events. */
  | { readonly kind: 'garbage'; readonly body: string }
  /** The call is taken and never answered. */
  | { readonly kind: 'never' }
  /** Half of the answer, then nothing. */
  | { readonly kind: 'stall' }
  /** Half of the answer, then the connection is cut. */
  | { readonly kind: 'cutWithin' }
  /** The connection is reset before anything is sent. */
  | { readonly kind: 'reset' }
  /** 200 with a page for people, as a proxy or a portal in between gives it. */
  | { readonly kind: 'page' }
  /** 200 and nothing. */
  | { readonly kind: 'nothing' }
  /** Half of the events, then a clean end; without a stream, half of the body. */
  | { readonly kind: 'endsEarly' }
  /** Half of the events, then the provider's own event of an error; without a stream, HTTP 500. */
  | { readonly kind: 'errorWithin'; readonly message: string }

export interface ProviderCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  readonly body: Record<string, unknown>
  readonly streamed: boolean
  /** Every text in the body, one a line: whatever the protocol, what the model reads is among them. */
  readonly said: string
}

export interface ProviderServer {
  /** What `baseUrl` is set to. */
  readonly baseUrl: string
  readonly calls: readonly ProviderCall[]
  /** How many there were, kept or not. */
  readonly count: number
  close(): Promise<void>
}

/**
 * A server on the loopback interface that speaks one provider's own protocol. Each call takes the next answer, the
 * last one over and over; a function answers from the call and its number.
 */
export async function startProvider(
  provider: ProviderName,
  script: readonly ProviderAnswer[] | ((call: ProviderCall, index: number) => ProviderAnswer),
  /** Whether calls are kept to be looked at; thousands of them take hundreds of megabytes. */
  { keepCalls = true }: { readonly keepCalls?: boolean } = {},
): Promise<ProviderServer> {
  const wire = WIRES[provider]
  const calls: ProviderCall[] = []
  let count = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8')
      const path = request.url ?? ''
      const body = JSON.parse(raw) as Record<string, unknown>
      const streamed = wire.isStreamed(path, body)
      const call = { path, headers: request.headers, raw, body, streamed, said: textsIn(body).join('\n') }
      const index = count++
      if (keepCalls) calls.push(call)
      if (!wire.path.test(path)) {
        respond(response, 404, wire.error(404, `there is no ${path} here`))
        return
      }
      const answer =
        typeof script === 'function' ? script(call, index) : script[Math.min(index, script.length - 1)]!
      give(answer, call, wire, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}${wire.base}`,
    calls,
    get count() {
      return count
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An error's body that says its kind. */
function withCode(body: string, code: string | undefined): string {
  if (code === undefined) return body
  const { error } = JSON.parse(body) as { error: object }
  return JSON.stringify({ error: { ...error, type: code, code } })
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}

function give(answer: ProviderAnswer, call: ProviderCall, wire: Wire, response: ServerResponse): void {
  const model = typeof call.body.model === 'string' ? call.body.model : 'm'
  const whole = (text: string, finish: Finish = 'stop') => wire.whole({ text, finish, model }, call.body)
  const events = (text: string, finish: Finish = 'stop') => wire.events({ text, finish, model }, call.body)
  const half = () =>
    call.streamed
      ? events('half of this is missing').slice(0, 3).join('')
      : whole('half of this is missing').slice(0, 40)
  const type = call.streamed ? 'text/event-stream' : 'application/json'
  switch (answer.kind) {
    case 'text': {
      const send = () => {
        response.writeHead(200, { 'content-type': type, ...answer.headers })
        if (call.streamed) for (const event of events(answer.text, answer.finish)) response.write(event)
        else response.write(whole(answer.text, answer.finish))
        response.end()
      }
      if (answer.afterMs === undefined) send()
      else setTimeout(send, answer.afterMs)
      return
    }
    case 'status':
      respond(
        response,
        answer.status,
        withCode(wire.error(answer.status, answer.message ?? 'no'), answer.code),
        answer.headers,
      )
      return
    case 'garbage':
      response.writeHead(200, { 'content-type': type })
      response.end(call.streamed ? `data: ${answer.body}\n\n` : answer.body)
      return
    case 'never':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'page':
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>')
      return
    case 'nothing':
      response.writeHead(200, { 'content-type': type })
      response.end()
      return
    case 'stall':
    case 'cutWithin':
      response.writeHead(200, {
        'content-type': type,
        ...(call.streamed ? {} : { 'content-length': half().length + 100 }),
      })
      response.write(half(), () => {
        if (answer.kind === 'cutWithin') setTimeout(() => response.destroy(), 5)
      })
      return
    case 'endsEarly':
      response.writeHead(200, { 'content-type': type })
      response.end(half())
      return
    case 'errorWithin':
      if (!call.streamed) {
        respond(response, 500, wire.error(500, answer.message))
        return
      }
      response.writeHead(200, { 'content-type': type })
      response.end(half() + wire.errorEvent(answer.message))
  }
}

function respond(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}
