/**
 * What was asked and answered, by content. A request is kept as canonical JSON that names its texts by their hashes:
 * the system text, which all requests of a run have in common, is stored once. A reply is kept as its text. Records
 * point at both (`rounds[].calls[]`), and give how each call ended beside: nothing else is needed to replay one.
 */
import { canonicalJson } from '../base/json.js'
import type { ProviderName } from '../config/schema.js'
import type { CompletionRequest, ModelClient } from './client.js'
import { LONGEST_REPLY } from './extract-code.js'
import { baseUrlOf } from './providers.js'

/** Keeps texts under the hash of their content, without secrets. */
export interface TextArchive {
  keep(text: string): Promise<{ readonly hash: string; readonly text: string }>
}

/** Whom a request goes to, as far as that decides what comes back. */
export interface RecordedModel {
  readonly provider: string
  readonly model: string
  readonly baseUrl: string
  readonly output: 'code' | 'json'
  /** Null: the provider's own. */
  readonly temperature: number | null
  readonly maxOutputTokens: number
}

/** A request as it is kept; `system` and `text` are hashes of texts. */
export interface RecordedRequest extends RecordedModel {
  readonly system: string
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[]
}

export const recordedModel = (settings: {
  readonly provider: ProviderName
  readonly model: string
  readonly baseUrl?: string | undefined
  readonly output?: 'code' | 'json' | undefined
  readonly temperature?: number | undefined
  readonly maxOutputTokens: number
}): RecordedModel => ({
  provider: settings.provider,
  model: settings.model,
  baseUrl: baseUrlOf(settings),
  output: settings.output ?? 'code',
  temperature: settings.temperature ?? null,
  maxOutputTokens: settings.maxOutputTokens,
})

/** Keeps a request and its texts. */
export async function keepRequest(
  model: RecordedModel,
  { system, messages }: Pick<CompletionRequest, 'system' | 'messages'>,
  texts: TextArchive,
): Promise<{ readonly hash: string; readonly request: RecordedRequest }> {
  const request: RecordedRequest = {
    ...model,
    system: (await texts.keep(system)).hash,
    messages: await Promise.all(
      messages.map(async ({ role, content }) => ({ role, text: (await texts.keep(content)).hash })),
    ),
  }
  return { hash: (await texts.keep(canonicalJson(request as never))).hash, request }
}

/**
 * A client whose calls are recorded. What it returns is what was recorded, without secrets and as far as it is read, so that whoever goes on from it comes to the same again when the call is replayed.
 */
export function recordingClient(
  client: ModelClient,
  model: RecordedModel,
  texts: TextArchive,
  redact: (text: string) => string,
): ModelClient {
  return {
    model: client.model,
    async complete(request) {
      const [{ hash }, answer] = await Promise.all([
        keepRequest(model, request, texts),
        client.complete(request),
      ])
      if (answer.state === 'failed')
        return { ...answer, message: redact(answer.message), recorded: { request: hash } }
      // Cut after the secrets are out: half of one could not be told any more.
      // One character more than is read says that there was more.
      const kept = await texts.keep(redact(answer.text).slice(0, LONGEST_REPLY + 1))
      return { ...answer, text: kept.text, recorded: { request: hash, reply: kept.hash } }
    },
  }
}
