import type { Config } from '../config/schema.js'
import { summarizeFields } from '../data/describe.js'
import type { Panel } from '../data/panel.js'
import { failurePatterns } from '../feedback/failure-patterns.js'
import { buildPrompt, type PromptChampion, type PromptField, type PromptInput } from '../feedback/prompt.js'
import { estimateTokens } from '../feedback/prompt-text.js'
import { createStrategy } from '../graph/strategy.js'
import type { OutputForm } from '../llm/chain.js'
import { jsonForm } from '../llm/json-form.js'
import type { SearchSpace } from '../search/proposal.js'
import { strategyToCode } from '../strategy/to-code.js'
import { championPolicy } from './judge.js'
import type { ModelRequest } from './ports.js'
import type { ProposalView } from './state.js'

/** What prompts take from the run. */
export interface PromptParts {
  readonly config: Config
  readonly panel: Panel
  readonly space: SearchSpace
}

/** The prompt, and for a graph as JSON what its form is, within the same budget of tokens. */
export function writePrompt(input: PromptInput, form: OutputForm) {
  if (form === 'code') return buildPrompt(input)
  const addition = jsonForm()
  const { budgetTokens } = input
  const { system, user } = buildPrompt({
    ...input,
    ...(budgetTokens === undefined ? {} : { budgetTokens: budgetTokens - estimateTokens(addition) }),
  })
  return { system: `${system}\n\n${addition}`, user }
}

export type StaticInput = Pick<PromptInput, 'policy' | 'fields' | 'groups' | 'constraints' | 'budgetTokens'>

/** What every prompt of a run has in common. */
export function staticInput({ config, panel, space }: PromptParts): StaticInput {
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

export function promptInput({ iteration, feedback, view }: ModelRequest, known: StaticInput): PromptInput {
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
