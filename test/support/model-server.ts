import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the server answers one call. */
export type Answer =
  | {
      readonly kind: 'text'
      readonly text: string
      readonly afterMs?: number
      readonly finish?: 'stop' | 'length'
      /** False: the answer says nothing about tokens. */
      readonly usage?: boolean
    }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly message?: string
      readonly headers?: Record<string, string>
    }
  /** 200 with this body, whatever it is. */
  | { readonly kind: 'body'; readonly body: string }
  /** The call is taken and never answered. */
  | { readonly kind: 'never' }
  /** Headers and half of the body, then nothing. */
  | { readonly kind: 'stall' }
  /** Headers and half of the body, then the connection is cut. */
  | { readonly kind: 'cutWithin' }
  /** The connection is reset before anything is sent. */
  | { readonly kind: 'reset' }

export interface ReceivedCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  readonly body: {
    readonly model: string
    readonly messages: readonly { readonly role: string; readonly content: string }[]
    readonly [key: string]: unknown
  }
}

export interface ModelServer {
  readonly baseUrl: string
  readonly calls: readonly ReceivedCall[]
  close(): Promise<void>
}

export const INPUT_TOKENS = 1000
export const OUTPUT_TOKENS = 200

/**
 * A server that speaks the chat-completions protocol on the loopback interface. Each call takes the next answer, the
 * last one over and over; a function answers from the call and its number (0, 1, …).
 */
export async function startModelServer(
  script: readonly Answer[] | ((call: ReceivedCall, index: number) => Answer),
): Promise<ModelServer> {
  const calls: ReceivedCall[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8')
      const call: ReceivedCall = {
        path: request.url ?? '',
        headers: request.headers,
        raw,
        body: JSON.parse(raw) as ReceivedCall['body'],
      }
      const index = calls.push(call) - 1
      const answer =
        typeof script === 'function' ? script(call, index) : script[Math.min(index, script.length - 1)]!
      give(answer, response, call.body.model)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function give(answer: Answer, response: ServerResponse, model: string): void {
  switch (answer.kind) {
    case 'text': {
      const send = () => json(response, 200, completion(answer, model))
      if (answer.afterMs === undefined) send()
      else setTimeout(send, answer.afterMs)
      return
    }
    case 'status':
      json(
        response,
        answer.status,
        JSON.stringify({ error: { message: answer.message ?? 'no', type: 'error' } }),
        answer.headers,
      )
      return
    case 'body':
      json(response, 200, answer.body)
      return
    case 'never':
      return
    case 'stall':
    case 'cutWithin': {
      const body = completion({ text: 'half of this is missing' }, model)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
      response.write(body.slice(0, body.length / 2), () => {
        if (answer.kind === 'cutWithin') response.destroy()
      })
      return
    }
    case 'reset':
      response.socket?.resetAndDestroy()
      return
  }
}

function json(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}

const completion = (
  {
    text,
    finish = 'stop',
    usage = true,
  }: { text: string; finish?: 'stop' | 'length' | undefined; usage?: boolean | undefined },
  model: string,
): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: finish }],
    ...(usage
      ? {
          usage: {
            prompt_tokens: INPUT_TOKENS,
            completion_tokens: OUTPUT_TOKENS,
            total_tokens: INPUT_TOKENS + OUTPUT_TOKENS,
          },
        }
      : {}),
  })
