import type { Config } from '../config/schema.js'
import { offWithoutKey } from '../llm/model-client.js'
import { type PromptParts, promptInput, staticInput, writePrompt } from './model-prompt.js'
import { initialState, proposalView } from './state.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Models that may be asked first; those in reserve are asked where one of these fails. */
const mayBeAsked = ({ innovationRate, llm }: Config): Config['llm']['models'] =>
  llm.enabled && innovationRate > 0 ? llm.models.filter(({ weight }) => weight !== 0) : []

/**
 * What is to be said before a run that cannot ask its models for want of keys: otherwise it would be a run of the Factor
 * Graph that nobody notices until the first question, in a fork perhaps hours later.
 * @param from the first iteration that may ask
 */
export function missingKeys(config: Config, env: Environment, from: number): string[] {
  const asked = mayBeAsked(config)
  const off = asked.map((model) => offWithoutKey(model, env)).filter((text) => text !== undefined)
  const none = config.llm.models.every((model) => offWithoutKey(model, env) !== undefined)
  if (off.length === 0 || !none) return off
  const where = from === 0 ? '' : ` from iteration ${from} on`
  return [
    ...off,
    `No model can be asked${where}: the Factor Graph makes every proposal. --no-llm says so on purpose.`,
  ]
}

/**
 * Variables that count as keys, and whose value is a word that prompts hold: it would be taken out of whatever a model
 * is sent. Names only, never a value.
 */
export function wordsForKeys(
  parts: PromptParts,
  secrets: readonly { readonly variable: string; readonly value: string }[],
  redact: (text: string) => string,
): string[] {
  const asked = mayBeAsked(parts.config)
  if (asked.length === 0 || secrets.length === 0) return []
  const known = staticInput(parts)
  const input = promptInput({ iteration: 0, feedback: '', view: proposalView(initialState()) }, known)
  const forms = new Set(asked.map(({ output }) => output ?? 'code'))
  const texts = [...forms].flatMap((form) => {
    const { system, user } = writePrompt(input, form)
    return [system, user]
  })
  // What is too short to be taken for a secret stays where it is.
  const torn = texts.filter((text) => redact(text) !== text)
  return secrets
    .filter(({ value }) => torn.some((text) => text.includes(value)))
    .map(
      ({ variable }) =>
        `The value of ${variable} is a word of the prompts, and is taken out of them as a secret: is it a key? Set it to one, or unset it.`,
    )
}
