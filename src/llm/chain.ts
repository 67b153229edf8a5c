import type { ModelRound } from '../history/record.js'
import type { CompletionRequest, ModelClient, ModelFailure, ModelReply } from './client.js'

/** How a model writes a strategy: as a program, or as its graph in JSON. */
export type OutputForm = 'code' | 'json'

/** One model of those that may be asked. */
export interface ProposingModel {
  /** As records and messages give it. */
  readonly name: string
  readonly output: OutputForm
  readonly client: ModelClient
}

export interface ChainAnswer {
  readonly answer: ModelReply | ModelFailure
  /** Who gave it; of failures alone, the one who was asked first. */
  readonly by: ProposingModel
  readonly round: ModelRound
}

/**
 * Asks the first model, and whoever stands behind it for as long as they fail. An empty reply is an answer: the model
 * is told. Where all fail, the answer says what each of them said.
 */
export async function askChain(
  models: readonly [ProposingModel, ...ProposingModel[]],
  request: (model: ProposingModel) => CompletionRequest,
): Promise<ChainAnswer> {
  const calls: ModelRound['calls'] = []
  const failures: ModelFailure[] = []
  const round = (answered: string | null): ModelRound => ({ asked: models[0].name, answered, calls })
  for (const by of models) {
    const answer = await by.client.complete(request(by))
    calls.push(callOf(by.name, answer))
    const isAnswer = answer.state === 'replied' || answer.category === 'emptyReply'
    if (isAnswer) return { answer: withFailures(answer, failures), by, round: round(by.name) }
    failures.push(answer)
    if (answer.category === 'aborted') break
  }
  const [first, ...others] = failures as [ModelFailure, ...ModelFailure[]]
  const answer = withFailures(first, others)
  // A budget that is spent says the same for each of them.
  const messages = [...new Set(failures.map(({ message }) => message))]
  return { answer: { ...answer, message: messages.join(' ') }, by: models[0], round: round(null) }
}

function callOf(model: string, answer: ModelReply | ModelFailure): ModelRound['calls'][number] {
  const { usage, charged, recorded } = answer
  return {
    model,
    ended: answer.state === 'replied' ? 'replied' : answer.category,
    ...(answer.state === 'failed' ? { because: answer.message } : {}),
    attempts: usage?.attempts ?? 0,
    inputTokens: usage?.inputTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    costUsd: usage?.costUsd ?? null,
    charged,
    ...(usage === undefined ? {} : { latencyMs: usage.latencyMs }),
    ...(answer.state === 'replied' && answer.cutOff ? { cutOff: true } : {}),
    ...recorded,
  }
}

/** An answer whose usage counts the attempts and the time of those that failed beside it. */
function withFailures<A extends ModelReply | ModelFailure>(answer: A, failures: readonly ModelFailure[]): A {
  const beside = failures.flatMap(({ usage }) => (usage === undefined ? [] : [usage]))
  const usage = answer.usage ?? beside.shift()
  if (usage === undefined) return answer
  const total = (of: 'attempts' | 'latencyMs') => beside.reduce((sum, other) => sum + other[of], usage[of])
  return { ...answer, usage: { ...usage, attempts: total('attempts'), latencyMs: total('latencyMs') } }
}
