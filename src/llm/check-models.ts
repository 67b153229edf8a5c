import { createRng } from '../base/rng.js'
import { type Config, modelName } from '../config/schema.js'
import type { ModelFailureCategory } from './client.js'
import { createModelClient, type Surroundings } from './model-client.js'
import { PRICES_AS_OF, type Price, priceOf } from './prices.js'
import { baseUrlOf, keyVariableOf } from './providers.js'

/** What one tiny call found out about a configured model. */
export interface ModelCheck {
  readonly name: string
  readonly ok: boolean
  /** A sentence whose subject is the model. */
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
}

/** Longest wait for the tiny answer, in seconds. */
const LONGEST_WAIT = 20
/** Tokens of the tiny answer; some providers refuse fewer. */
const FEW_TOKENS = 16

/** Asks each configured model for one word, all at once, once each. No text in the result holds a key. */
export function checkModels(
  { llm }: Pick<Config, 'llm'>,
  surroundings: Pick<Surroundings, 'env' | 'now' | 'sleep'>,
): Promise<ModelCheck[]> {
  return Promise.all(llm.models.map((model) => checkModel(model, llm.timeoutSeconds, surroundings)))
}

async function checkModel(
  model: Config['llm']['models'][number],
  timeoutSeconds: number,
  surroundings: Pick<Surroundings, 'env' | 'now' | 'sleep'>,
): Promise<ModelCheck> {
  const name = modelName(model)
  const variable = keyVariableOf(model)
  const { host } = new URL(baseUrlOf(model))
  if (variable !== undefined && !surroundings.env[variable]?.trim())
    return {
      name,
      ok: false,
      message: `needs a key in ${variable}, which is not set`,
      hint: `export ${variable}=…, or run with --no-llm`,
    }
  const client = createModelClient(
    { ...model, timeoutSeconds: Math.min(timeoutSeconds, LONGEST_WAIT), retries: 0, backoffSeconds: 0 },
    { ...surroundings, rng: createRng('doctor') },
  )
  const answer = await client.complete({
    system: 'You are asked whether you can be reached.',
    messages: [{ role: 'user', content: 'Answer with the word: yes' }],
    maxOutputTokens: FEW_TOKENS,
    plain: true,
    signal: new AbortController().signal,
  })
  // A model that thinks spends so few tokens before its first word; it is there all the same.
  if (answer.state === 'replied' || answer.category === 'emptyReply')
    return {
      name,
      ok: true,
      message: `answers at ${host}${variable === undefined ? ', without a key' : `, with the key in ${variable}`}; ${priceText(model)}`,
    }
  const { what, hint } = WORDS[answer.category]({ host, variable, model: model.model })
  // Who it is about is said already, and there is no run.
  const because = answer.message
    .replace(`The model ${model.model} is off for this run: `, '')
    .replace(`${model.model} at ${host}: `, '')
  return { name, ok: false, message: `${what}: ${because}`, hint }
}

/** A price in words, and where it is from; unknown is not free. */
function priceText(model: Config['llm']['models'][number]): string {
  const price = priceOf(model)
  if (price === undefined)
    return 'its price is not known, so a run counts its tokens and no dollars (set `price`)'
  return model.price === undefined
    ? `${perMillion(price)} (list of ${PRICES_AS_OF})`
    : `${perMillion(price)} (configured)`
}

const perMillion = ({ inputPerMillion, outputPerMillion }: Price) =>
  `$${inputPerMillion} in and $${outputPerMillion} out a million tokens`

interface Place {
  readonly host: string
  readonly variable: string | undefined
  readonly model: string
}

/** What a failure of the tiny call means, and how to mend it. */
const WORDS: Readonly<
  Record<
    Exclude<ModelFailureCategory, 'emptyReply'>,
    (place: Place) => { readonly what: string; readonly hint: string }
  >
> = {
  auth: ({ variable }) => ({
    what: 'is refused its key',
    hint:
      variable === undefined
        ? 'set apiKeyVariable to the name of the variable that holds the key'
        : `check ${variable}: is it this provider's key, whole, and still valid?`,
  }),
  disabled: ({ variable }) => ({ what: 'is off', hint: `check ${variable ?? 'apiKeyVariable'}` }),
  quota: ({ host }) => ({
    what: 'has its quota spent',
    hint: `look at the balance and the plan of the account at ${host}, or list another model in llm.fallback`,
  }),
  rateLimit: ({ host }) => ({
    what: 'is out of quota, or asked too often',
    hint: `look at the limits and the balance of the account at ${host}, or list another model in llm.fallback`,
  }),
  notFound: ({ host, model }) => ({
    what: 'is not found',
    hint: `is ${JSON.stringify(model)} what ${host} calls it, and is baseUrl right, with the version (/v1) and without the protocol's own path?`,
  }),
  badRequest: () => ({
    what: 'refuses the request',
    hint: 'look at its settings: some models take no temperature, or fewer output tokens',
  }),
  network: ({ host }) => ({
    what: 'is unreachable',
    hint: `is baseUrl right (it leads to ${host}), is the server running, and is no proxy or firewall in between?`,
  }),
  timeout: ({ host }) => ({
    what: 'does not answer in time',
    hint: `is ${host}, where baseUrl leads, overloaded, or still loading the model? llm.timeoutSeconds is the limit of a run`,
  }),
  server: ({ host }) => ({
    what: 'is out of order',
    hint: `the trouble is with ${host}: try again later, or list another model in llm.fallback`,
  }),
  malformedReply: ({ host }) => ({
    what: 'speaks another protocol',
    hint: `is the provider of ${host} the configured one, and baseUrl without the protocol's own path?`,
  }),
  budget: () => ({ what: 'has no budget', hint: 'raise llm.budget' }),
  aborted: () => ({ what: 'was not asked', hint: 'try again' }),
}
