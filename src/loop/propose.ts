import type { Config } from '../config/schema.js'
import { summarize } from '../feedback/summarize.js'
import type { Strategy } from '../graph/strategy.js'
import type { ExecutionError, IterationRecord, Method, ModelRound, Usage } from '../history/record.js'
import type { ModelProposal } from '../llm/propose.js'
import type { Parent } from '../search/proposal.js'
import { championPolicy } from './judge.js'
import type { StartStrategy } from './ports.js'
import { type PromptPlan, planPrompt } from './prompt-plan.js'
import type { LoopParts } from './run.js'
import type { Slot } from './slots.js'
import { foldRules, type ParentRef, type ProposalView } from './state.js'
import { strategyOf } from './strategy-of.js'

/** Fields of the record that say where a proposal came from, beyond method and proposer. */
export interface ProposalOrigin {
  readonly requested?: Method
  readonly fallbackReason?: string
  readonly prompt?: string
  readonly promptVariant?: IterationRecord['promptVariant'] & {}
  readonly attempt?: IterationRecord['attempt'] & {}
  readonly reply?: string
  readonly usage?: Usage
  readonly rounds?: ModelRound[]
}

export interface ProposalBase {
  readonly iteration: number
  readonly method: Method
  readonly proposer: string
  readonly parents: readonly string[]
  readonly feedback: string
  readonly origin: ProposalOrigin
  /** Other strategies that were tried out on the way; absent: none. */
  readonly discarded?: number
}

/** A strategy to evaluate, or an iteration that failed before it could be. */
export type Proposal = ProposalBase &
  (
    | { readonly state: 'strategy'; readonly strategy: Strategy; readonly code: string | undefined }
    | {
        readonly state: 'failed'
        readonly status: 'rejected' | 'error'
        readonly strategy: IterationRecord['strategy']
        readonly error: ExecutionError
      }
  )

type Parts = Pick<LoopParts, 'config' | 'factorGraph' | 'model' | 'starts' | 'texts' | 'stop' | 'onEvent'>

/**
 * Steps 2 to 5 for the slots of a batch that have no record yet. Models are asked side by side; everything that
 * depends on order (what counts as a duplicate inside the batch) is then done slot by slot.
 */
export function createBatchProposer(parts: Parts) {
  const { config, factorGraph, model, starts, texts, stop, onEvent } = parts

  return async (
    slots: readonly Slot[],
    view: ProposalView,
    stored: readonly IterationRecord[],
    /** The first number that has no record yet. */
    next: number,
  ): Promise<Proposal[]> => {
    const done = new Map(stored.map((record) => [record.iteration, record]))
    const feedback = feedbackFor(view, config)
    // A number may be taken by a record that this version cannot read: it is not given out again.
    const isOpen = ({ iteration }: Slot) => iteration >= next
    const ask = slots.filter((slot) => slot.asksModel && isOpen(slot))
    const plans = new Map(ask.map(({ iteration }) => [iteration, planPrompt(iteration, view, config)]))
    const answers = new Map<number, ModelProposal>()
    await forEachConcurrently(ask, config.llm.concurrency, async ({ iteration }) => {
      if (stop.aborted) return
      onEvent({ type: 'model-asked', iteration })
      answers.set(
        iteration,
        await model!.propose({
          iteration,
          feedback,
          view,
          plan: plans.get(iteration)!,
          isKnown: view.wasEvaluated,
          signal: stop,
        }),
      )
    })
    if (stop.aborted) return []

    const inBatch = new Set<string>()
    const seen = (hash: string) => inBatch.has(hash) || view.wasEvaluated(hash)
    const parents = view.parents.map(asParent)
    const champion = view.championRecord?.strategy?.graph
      ? asParent({
          id: view.championRecord.id,
          iteration: view.championRecord.iteration,
          score:
            view.championRecord.metrics?.train?.[foldRules(config).objective] ?? Number.NEGATIVE_INFINITY,
          record: view.championRecord,
        })
      : null

    const fromFactorGraph = (slot: Slot, origin: ProposalOrigin, discarded = 0): Proposal => {
      const drawn = factorGraph({ rng: slot.rng, parents, champion, seen })
      const base = {
        iteration: slot.iteration,
        method: 'factor_graph' as const,
        proposer: drawn.proposer,
        parents: drawn.parents,
        feedback,
        origin,
        discarded,
      }
      return drawn.state === 'proposed'
        ? { ...base, state: 'strategy', strategy: drawn.strategy, code: undefined }
        : rejectedDuplicate(
            base,
            drawn.strategy,
            undefined,
            `${drawn.attempts} draws gave strategies that are known already`,
          )
    }

    const proposals: Proposal[] = []
    for (const slot of slots) {
      if (!isOpen(slot)) {
        const record = done.get(slot.iteration)
        if (record?.strategy && record.execution.status !== 'rejected') inBatch.add(record.strategy.hash)
        continue
      }
      const proposal =
        slot.start !== null
          ? fromStart(slot, starts[slot.start]!, feedback, seen)
          : slot.asksModel
            ? await fromModel(
                slot,
                answers.get(slot.iteration)!,
                plans.get(slot.iteration)!,
                feedback,
                seen,
                texts,
                fromFactorGraph,
              )
            : fromFactorGraph(slot, {})
      if (proposal.state === 'strategy') inBatch.add(proposal.strategy.hash)
      proposals.push(proposal)
    }
    return proposals
  }
}

/** What the next proposal is told of the state that it is made from. */
export function feedbackFor(view: ProposalView, config: Config): string {
  const record = view.championRecord
  return summarize({
    records: view.recent,
    champion:
      record === null
        ? null
        : {
            iteration: record.iteration,
            crownedAt: view.champion.current!.from,
            train: record.metrics?.train,
            validation: record.metrics?.validation ?? {},
            notes: record.metricNotes?.validation,
          },
    nextIteration: view.next,
    policy: championPolicy(config),
    window: config.feedbackWindow,
  }).text
}

const asParent = ({ id, score, record }: ParentRef): Parent => ({ id, strategy: strategyOf(record), score })

const recorded = (strategy: Strategy, code: string | undefined): IterationRecord['strategy'] => ({
  hash: strategy.hash,
  name: strategy.graph.name,
  graph: strategy.graph,
  ...(code === undefined ? {} : { code }),
})

export const rejectedDuplicate = (
  base: ProposalBase,
  strategy: Strategy,
  code: string | undefined,
  because: string,
): Proposal => ({
  ...base,
  state: 'failed',
  status: 'rejected',
  strategy: recorded(strategy, code),
  error: {
    category: 'duplicate',
    code: 'DUPLICATE',
    message: `${because}, the last one ${strategy.graph.name} (${strategy.hash.slice(0, 8)})`,
    hint: 'propose something that was not evaluated before',
  },
})

function fromStart(
  slot: Slot,
  start: StartStrategy,
  feedback: string,
  seen: (hash: string) => boolean,
): Proposal {
  const base = {
    iteration: slot.iteration,
    method: 'manual' as const,
    proposer: 'start',
    parents: [],
    feedback,
    origin: {},
  }
  if (start.state === 'broken')
    return { ...base, state: 'failed', status: 'error', strategy: null, error: start.error }
  if (seen(start.strategy.hash))
    return rejectedDuplicate(
      base,
      start.strategy,
      start.code,
      `${start.file} is the same strategy as an earlier one`,
    )
  return { ...base, state: 'strategy', strategy: start.strategy, code: start.code }
}

async function fromModel(
  slot: Slot,
  first: ModelProposal,
  { variant, parents }: PromptPlan,
  feedback: string,
  seen: (hash: string) => boolean,
  texts: Parts['texts'],
  fallback: (slot: Slot, origin: ProposalOrigin, discarded: number | undefined) => Proposal,
): Promise<Proposal> {
  // Models answer side by side and do not know of each other; in the order of proposal the later one is asked again.
  let answer = first
  while (answer.state === 'proposed' && answer.askForAnother !== undefined && seen(answer.strategy.hash))
    answer = await answer.askForAnother(seen)
  const { discarded = 0 } = answer
  const asked = {
    ...(answer.usage === undefined ? {} : { usage: answer.usage }),
    rounds: [...answer.rounds],
  }
  const prompt =
    answer.prompt === undefined
      ? {}
      : {
          prompt: await texts.put(answer.prompt),
          promptVariant: { name: variant.name, version: variant.version },
        }
  if (answer.state === 'unavailable')
    return fallback(
      slot,
      { requested: 'llm', fallbackReason: answer.because, ...asked, ...prompt },
      discarded,
    )

  const base = {
    iteration: slot.iteration,
    method: 'llm' as const,
    proposer: 'model',
    parents,
    feedback,
    origin: { ...asked, ...prompt, reply: await texts.put(answer.reply) },
    discarded,
  }
  if (answer.state === 'unusable') {
    const { error, attempt } = answer
    const isShown = attempt !== undefined && attempt.code.length <= LONGEST_ATTEMPT
    const origin = isShown ? { ...base.origin, attempt } : base.origin
    return { ...base, origin, state: 'failed', status: 'error', strategy: null, error }
  }
  if (seen(answer.strategy.hash))
    return rejectedDuplicate(base, answer.strategy, answer.code, 'the model proposed what is known already')
  return { ...base, state: 'strategy', strategy: answer.strategy, code: answer.code }
}

/** Code longer than that is not shown to another iteration to be mended. */
const LONGEST_ATTEMPT = 8000

/** Runs `work` over the items, at most `limit` at once. */
async function forEachConcurrently<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>) {
  let next = 0
  const lane = async () => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
}
