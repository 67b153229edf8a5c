import { createRng } from '../base/rng.js'
import { type Config, modelName } from '../config/schema.js'
import type { Panel } from '../data/panel.js'
import type { Strategy } from '../graph/strategy.js'
import { type Budget, createBudget, type Spent } from '../llm/budget.js'
import type { ProposingModel } from '../llm/chain.js'
import { createModelClient, type Surroundings } from '../llm/model-client.js'
import { priceOf } from '../llm/prices.js'
import { createModelProposer } from '../llm/propose.js'
import { recordedModel, recordingClient, type TextArchive } from '../llm/recordings.js'
import { replayingClient } from '../llm/replay.js'
import type { SearchSpace } from '../search/proposal.js'
import type { StrategyLanguage } from '../strategy/compile.js'
import type { Runner } from '../workers/runner.js'
import { chooseModel } from './choose-model.js'
import { promptInput, staticInput, writePrompt } from './model-prompt.js'
import type { ModelProposer, ModelRequest } from './ports.js'
import { type Replay, talkOf } from './replay.js'
import type { ProposalView } from './state.js'
import { objectionTo } from './try-out.js'

/** What asking models takes from the run. */
export interface ModelParts {
  readonly config: Config
  readonly panel: Panel
  readonly space: SearchSpace
  /** Compiles, checks against the panel's fields, and puts into the run's constraints. */
  readonly compile: (source: string, language: StrategyLanguage) => Promise<Strategy>
  readonly redact: (text: string) => string
  /** Where requests and replies are kept. */
  readonly texts: TextArchive
  /** Where what a model writes is tried out on train. */
  readonly runner: Pick<Runner, 'tryOut'>
  readonly surroundings: Pick<Surroundings, 'env' | 'now' | 'sleep'>
  /** What the run has spent on models before. */
  readonly spent: Spent
  /** Where the answers of the first iterations come from. */
  readonly replay?: Replay | undefined
  readonly warn: (message: string) => void
}

/** The configured models as a proposer; null where none is configured, or none shall be asked. */
export function createLoopModel(parts: ModelParts): ModelProposer | null {
  const { config, compile, redact } = parts
  const { models, enabled, maxRounds, budget: limits } = config.llm
  if (models.length === 0 || !enabled || config.innovationRate === 0) return null
  const budget = createBudget(limits, parts.spent)
  const known = staticInput(parts)
  const team = models.map((settings) => proposingModel(settings, budget, parts))
  const chainFrom = createChains(config)
  const { replay } = parts
  if (limits.maxCostUsd !== undefined) warnOfNoPrice(config, parts.warn)
  const prices = models.map((model) => priceOf(model) !== undefined)
  return {
    ...createModelProposer<ModelRequest>({
      models({ iteration, view }) {
        const isReplayed = replay !== undefined && iteration < replay.until
        return chainFrom(isReplayed ? replayedTeam(replay, iteration, budget, parts) : team, iteration, view)
      },
      compile,
      async tryOut(strategy, signal) {
        const tried = await parts.runner.tryOut(strategy.graph, { cancelled: () => signal.aborted })
        return tried === undefined ? undefined : objectionTo(strategy, tried)
      },
      maxRounds,
      redact,
      prompt: (request, form) => writePrompt(promptInput(request, known), form),
    }),
    ended(next) {
      // What was recorded was within the budget of then.
      if (limits.whenSpent !== 'stop' || (replay !== undefined && next < replay.until)) return undefined
      const reasons = prices.map((hasPrice) => budget.spentFor(hasPrice))
      return reasons.includes(undefined) ? undefined : reasons[0]
    },
  }
}

type ModelConfig = Config['llm']['models'][number]

function proposingModel(settings: ModelConfig, budget: Budget, parts: ModelParts): ProposingModel {
  const { config, surroundings, warn } = parts
  const { timeoutSeconds, stallSeconds, retries, backoffSeconds } = config.llm
  const name = modelName(settings)
  const client = createModelClient(
    { ...settings, timeoutSeconds, stallSeconds, retries, backoffSeconds },
    // Only pauses between attempts come from this chance; no result does.
    { ...surroundings, budget, rng: createRng(config.seed, 'model-pauses', name), onDisabled: warn },
  )
  return {
    name,
    output: settings.output ?? 'code',
    client: recordingClient(client, recordedModel(settings), parts.texts, parts.redact),
  }
}

/** The models of an iteration that is replayed: each answers what it answered then. */
function replayedTeam(
  replay: Replay,
  iteration: number,
  budget: Budget,
  parts: ModelParts,
): ProposingModel[] {
  const talk = talkOf(replay, iteration)
  return parts.config.llm.models.map((settings) => {
    const name = modelName(settings)
    const client = replayingClient(name, recordedModel(settings), talk, {
      texts: parts.texts,
      onCharge: (charged) => budget.count(charged),
    })
    return { name, output: settings.output ?? 'code', client }
  })
}

/** Whom an iteration asks, with those who step in behind: fixed by seed, number and the state before the batch. */
function createChains(config: Config) {
  const { models, fallback } = config.llm
  const stepIn = fallback ?? models.filter(({ weight }) => weight !== 0).map(modelName)
  return (
    team: readonly ProposingModel[],
    iteration: number,
    view: ProposalView,
  ): [ProposingModel, ...ProposingModel[]] => {
    const inReserve = stepIn.map((name) => team.find((model) => model.name === name)!)
    const first = team[chooseModel(config, iteration, view)]!
    return [first, ...new Set(inReserve.filter((model) => model !== first))]
  }
}

function warnOfNoPrice({ llm }: Config, warn: (message: string) => void): void {
  const unknown = llm.models.filter((model) => priceOf(model) === undefined).map(modelName)
  if (unknown.length > 0)
    warn(
      `llm.budget.maxCostUsd cannot hold ${unknown.join(', ')}: no price is known. Give \`price\`, or limit maxTokens or maxCalls.`,
    )
}
