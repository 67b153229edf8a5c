import type { ProviderName } from '../../src/config/schema.js'

export type Finish = 'stop' | 'length'

export const INPUT_TOKENS = 1000
export const OUTPUT_TOKENS = 200

interface Reply {
  readonly text: string
  readonly finish: Finish
  readonly model: string
}

/** How one provider writes what it says. */
export interface Wire {
  /** Of the address, up to what the protocol adds. */
  readonly base: string
  /** What the protocol adds. */
  readonly path: RegExp
  /** Header that the key comes in, and the key in it. */
  readonly key: { readonly header: string; readonly prefix: string }
  isStreamed(path: string, body: Record<string, unknown>): boolean
  whole(reply: Reply, asked: Record<string, unknown>): string
  events(reply: Reply, asked: Record<string, unknown>): string[]
  error(status: number, message: string): string
  errorEvent(message: string): string
}

const sse = (data: unknown, event?: string) =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** A text in pieces, as models write. */
function pieces(text: string): string[] {
  const size = Math.max(1, Math.ceil(text.length / 4))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
}

const usage = {
  prompt_tokens: INPUT_TOKENS,
  completion_tokens: OUTPUT_TOKENS,
  total_tokens: INPUT_TOKENS + OUTPUT_TOKENS,
}

const openAiError = (status: number, message: string) =>
  JSON.stringify({ error: { message, type: 'error', param: null, code: status } })

const chat = (base: string): Wire => ({
  base,
  path: /^\/\S*\/chat\/completions$/,
  key: { header: 'authorization', prefix: 'Bearer ' },
  isStreamed: (_path, body) => body.stream === true,
  whole: ({ text, finish, model }) =>
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 0,
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: finish }],
      usage,
    }),
  events({ text, finish, model }) {
    const chunk = (delta: object, reason: string | null, more: object = {}) =>
      sse({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 0,
        model,
        choices: [{ index: 0, delta, finish_reason: reason }],
        ...more,
      })
    return [
      chunk({ role: 'assistant', content: '' }, null),
      ...pieces(text).map((content) => chunk({ content }, null)),
      chunk({}, finish),
      sse({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model, choices: [], usage }),
      sse('[DONE]'),
    ]
  },
  error: openAiError,
  errorEvent: (message) => sse({ error: { message, type: 'server_error', param: null, code: 500 } }),
})

const responses: Wire = {
  base: '/v1',
  path: /^\/v1\/responses$/,
  key: { header: 'authorization', prefix: 'Bearer ' },
  isStreamed: (_path, body) => body.stream === true,
  whole: ({ text, finish, model }) =>
    JSON.stringify({
      id: 'resp_1',
      object: 'response',
      created_at: 0,
      status: finish === 'stop' ? 'completed' : 'incomplete',
      error: null,
      incomplete_details: finish === 'stop' ? null : { reason: 'max_output_tokens' },
      model,
      output: [
        {
          type: 'message',
          id: 'msg_1',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text, annotations: [] }],
        },
      ],
      usage: responsesUsage,
    }),
  events({ text, finish, model }) {
    const item = { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] }
    const event = (data: { type: string; [key: string]: unknown }) => sse(data, data.type)
    const ending = finish === 'stop' ? 'response.completed' : 'response.incomplete'
    return [
      event({ type: 'response.created', response: { id: 'resp_1', created_at: 0, model } }),
      event({ type: 'response.output_item.added', output_index: 0, item }),
      ...pieces(text).map((delta) =>
        event({
          type: 'response.output_text.delta',
          item_id: 'msg_1',
          output_index: 0,
          content_index: 0,
          delta,
        }),
      ),
      event({ type: 'response.output_item.done', output_index: 0, item: { ...item, status: 'completed' } }),
      event({
        type: ending,
        response: {
          id: 'resp_1',
          created_at: 0,
          model,
          incomplete_details: finish === 'stop' ? null : { reason: 'max_output_tokens' },
          usage: responsesUsage,
        },
      }),
    ]
  },
  error: openAiError,
  errorEvent: (message) =>
    sse({
      type: 'error',
      sequence_number: 9,
      error: { type: 'server_error', code: 'server_error', message, param: null },
    }),
}

const responsesUsage = {
  input_tokens: INPUT_TOKENS,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: OUTPUT_TOKENS,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: INPUT_TOKENS + OUTPUT_TOKENS,
}

/** Asked for JSON, Anthropic's models answer with the input of a tool. */
const takesTool = (asked: Record<string, unknown>): string | undefined => {
  const [tool] = (asked.tools ?? []) as { name: string }[]
  return tool?.name
}

const anthropic: Wire = {
  base: '/v1',
  path: /^\/v1\/messages$/,
  key: { header: 'x-api-key', prefix: '' },
  isStreamed: (_path, body) => body.stream === true,
  whole({ text, finish, model }, asked) {
    const tool = takesTool(asked)
    return JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content:
        tool === undefined
          ? [{ type: 'text', text }]
          : [{ type: 'tool_use', id: 'tool_1', name: tool, input: JSON.parse(text) }],
      stop_reason: finish === 'length' ? 'max_tokens' : tool === undefined ? 'end_turn' : 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS },
    })
  },
  events({ text, finish, model }, asked) {
    const tool = takesTool(asked)
    const event = (data: { type: string; [key: string]: unknown }) => sse(data, data.type)
    const delta = (piece: string) =>
      tool === undefined
        ? { type: 'text_delta', text: piece }
        : { type: 'input_json_delta', partial_json: piece }
    return [
      event({
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: INPUT_TOKENS, output_tokens: 1 },
        },
      }),
      event({
        type: 'content_block_start',
        index: 0,
        content_block:
          tool === undefined
            ? { type: 'text', text: '' }
            : { type: 'tool_use', id: 'tool_1', name: tool, input: {} },
      }),
      ...pieces(text).map((piece) => event({ type: 'content_block_delta', index: 0, delta: delta(piece) })),
      event({ type: 'content_block_stop', index: 0 }),
      event({
        type: 'message_delta',
        delta: {
          stop_reason: finish === 'length' ? 'max_tokens' : tool === undefined ? 'end_turn' : 'tool_use',
          stop_sequence: null,
        },
        usage: { output_tokens: OUTPUT_TOKENS },
      }),
      event({ type: 'message_stop' }),
    ]
  },
  error: (status, message) =>
    JSON.stringify({
      type: 'error',
      error: { type: status === 401 ? 'authentication_error' : 'api_error', message },
    }),
  errorEvent: (message) => sse({ type: 'error', error: { type: 'overloaded_error', message } }, 'error'),
}

const google: Wire = {
  base: '/v1beta',
  path: /^\/v1beta\/models\/[^/:]+:(generateContent|streamGenerateContent\?alt=sse)$/,
  key: { header: 'x-goog-api-key', prefix: '' },
  isStreamed: (path) => path.includes(':streamGenerateContent'),
  whole: (reply) => JSON.stringify(googlePart(reply.text, reply)),
  events: (reply) => {
    const parts = pieces(reply.text)
    const opening = parts.slice(0, -1).map((piece) => sse(googlePart(piece, { ...reply, finish: undefined })))
    return [...opening, sse(googlePart(parts.at(-1) ?? '', reply))]
  },
  error: (status, message) => JSON.stringify({ error: { code: status, message, status: 'INTERNAL' } }),
  errorEvent: (message) => sse({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
}

const googlePart = (text: string, { finish, model }: { finish: Finish | undefined; model: string }) => ({
  candidates: [
    {
      content: { role: 'model', parts: [{ text }] },
      index: 0,
      ...(finish === undefined ? {} : { finishReason: finish === 'stop' ? 'STOP' : 'MAX_TOKENS' }),
    },
  ],
  usageMetadata: {
    promptTokenCount: INPUT_TOKENS,
    candidatesTokenCount: OUTPUT_TOKENS,
    totalTokenCount: INPUT_TOKENS + OUTPUT_TOKENS,
  },
  modelVersion: model,
})

/** Each provider's protocol, as its documentation gives it and its library calls it. */
export const WIRES: Readonly<Record<ProviderName, Wire>> = {
  'openai-compatible': chat('/v1'),
  openai: responses,
  anthropic,
  google,
  openrouter: chat('/api/v1'),
}
