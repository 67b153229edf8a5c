import { createRng } from '../base/rng.js'
import type { Config } from '../config/schema.js'
import { summarizeFields } from '../data/describe.js'
import type { Panel } from '../data/panel.js'
import { failurePatterns } from '../feedback/failure-patterns.js'
import { buildPrompt, type PromptChampion, type PromptField, type PromptInput } from '../feedback/prompt.js'
import { createStrategy, type Strategy } from '../graph/strategy.js'
import { createModelClient, type Surroundings } from '../llm/model-client.js'
import { createModelProposer } from '../llm/propose.js'
import type { SearchSpace } from '../search/proposal.js'
import type { StrategyLanguage } from '../strategy/compile.js'
import { strategyToCode } from '../strategy/to-code.js'
import { championPolicy } from './judge.js'
import type { ModelProposer, ModelRequest } from './ports.js'
import type { ProposalView } from './state.js'

/** What asking a model takes from the run. */
export interface ModelParts {
  readonly config: Config
  readonly panel: Panel
  readonly space: SearchSpace
  /** Compiles, checks against the panel's fields, and puts into the run's constraints. */
  readonly compile: (source: string, language: StrategyLanguage) => Promise<Strategy>
  readonly redact: (text: string) => string
  readonly surroundings: Omit<Surroundings, 'rng'>
}

/** The configured model as a proposer; null where none is configured, or none shall be asked. */
export function createLoopModel(parts: ModelParts): ModelProposer | null {
  const { config, compile, redact, surroundings } = parts
  const [model] = config.llm.models
  if (model === undefined || !config.llm.enabled || config.innovationRate === 0) return null
  const { timeoutSeconds, stallSeconds, retries, backoffSeconds, maxRounds } = config.llm
  const client = createModelClient(
    { ...model, timeoutSeconds, stallSeconds, retries, backoffSeconds },
    // Only pauses between attempts come from it; no result does.
    { ...surroundings, rng: createRng(config.seed, 'model-pauses') },
  )
  const known = staticInput(parts)
  return createModelProposer<ModelRequest>({
    client,
    compile,
    maxRounds,
    redact,
    prompt: (request) => buildPrompt(promptInput(request, known)),
  })
}

type StaticInput = Pick<PromptInput, 'policy' | 'fields' | 'groups' | 'constraints' | 'budgetTokens'>

/** What every prompt of a run has in common. */
function staticInput({ config, panel, space }: ModelParts): StaticInput {
  const { sides, rebalances, universe, operators, maxTurnover, minHoldingBars, maxDrawdown } =
    config.constraints
  const { maxNodes, maxDepth, maxFields } = config.limits
  const own = new Map(summarizeFields(panel).map(({ name, coverage }) => [name, coverage]))
  const close = own.get('close') ?? 0
  const fields = space.fields.map((name): PromptField => {
    const coverage = own.get(name)
    return coverage === undefined ? { name, coverage: close, derived: true } : { name, coverage }
  })
  return {
    policy: championPolicy(config),
    fields,
    groups: space.groups,
    constraints: {
      sides,
      rebalances,
      universe,
      operators,
      maxTurnover,
      minHoldingBars,
      maxDrawdown,
      maxNodes,
      maxDepth,
      maxFields,
    },
    budgetTokens: config.llm.promptTokens,
  }
}

function promptInput({ iteration, feedback, view }: ModelRequest, known: StaticInput): PromptInput {
  return {
    ...known,
    iteration,
    feedback,
    champion: promptChampion(view),
    failures: failurePatterns(view.recent),
  }
}

function promptChampion({ championRecord, champion }: ProposalView): PromptChampion | null {
  const graph = championRecord?.strategy?.graph
  if (championRecord === null || !graph || champion.current === null) return null
  return {
    iteration: championRecord.iteration,
    crownedAt: champion.current.from,
    name: championRecord.strategy!.name,
    code: strategyToCode(createStrategy(graph)),
    language: 'ts',
    train: championRecord.metrics?.train ?? {},
    validation: championRecord.metrics?.validation ?? {},
  }
}
