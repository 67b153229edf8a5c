import type { Config } from '../config/schema.js'
import { summarizeFields } from '../data/describe.js'
import type { Panel } from '../data/panel.js'
import { failurePatterns } from '../feedback/failure-patterns.js'
import { buildPrompt, type Prompt } from '../feedback/prompt.js'
import type { PromptChampion, PromptField, PromptInput, PromptStrategy } from '../feedback/prompt-input.js'
import { estimateTokens } from '../feedback/prompt-text.js'
import type { OutputForm } from '../llm/chain.js'
import { jsonForm } from '../llm/json-form.js'
import { unlikeEachOther } from '../search/likeness.js'
import type { SearchSpace } from '../search/proposal.js'
import { strategyToCode } from '../strategy/to-code.js'
import { championPolicy } from './judge.js'
import type { ModelRequest } from './ports.js'
import { PLAIN_PLAN } from './prompt-plan.js'
import type { ParentRef, ProposalView } from './state.js'
import { strategyOf } from './strategy-of.js'

/** What prompts take from the run. */
export interface PromptParts {
  readonly config: Config
  readonly panel: Panel
  readonly space: SearchSpace
}

/** The prompt, and for a graph as JSON what its form is, within the same budget of tokens. */
export function writePrompt(input: PromptInput, form: OutputForm): Prompt {
  if (form === 'code') return buildPrompt(input)
  const addition = jsonForm()
  const { budgetTokens } = input
  const prompt = buildPrompt({
    ...input,
    ...(budgetTokens === undefined ? {} : { budgetTokens: budgetTokens - estimateTokens(addition) }),
  })
  const system = `${prompt.system}\n\n${addition}`
  return { ...prompt, system, tokens: estimateTokens(system) + estimateTokens(prompt.user) }
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

/** Good strategies that are shown beside the champion. */
const ALTERNATIVES = 3

/** What the prompt of one iteration is written from. */
export function promptInput(
  {
    iteration,
    feedback,
    view,
    plan = PLAIN_PLAN,
  }: Pick<ModelRequest, 'iteration' | 'feedback' | 'view'> & Partial<Pick<ModelRequest, 'plan'>>,
  known: StaticInput,
): PromptInput {
  const champion = view.championRecord?.strategy?.graph ? [strategyOf(view.championRecord)] : []
  return {
    ...known,
    iteration,
    feedback,
    variant: plan.variant,
    champion: promptChampion(view),
    ablation: view.championAblation,
    alternatives: plan.variant.shows.includes('alternatives')
      ? unlikeEachOther(view.archive, ({ record }) => strategyOf(record), ALTERNATIVES, champion).map(
          promptStrategy,
        )
      : [],
    parents: plan.crossed.map(promptStrategy),
    failure: plan.failed?.failure ?? null,
    failures: failurePatterns(view.recent),
  }
}

const promptStrategy = ({ iteration, record }: ParentRef): PromptStrategy => ({
  iteration,
  name: record.strategy!.name,
  code: strategyToCode(strategyOf(record)),
  train: record.metrics?.train ?? {},
})

function promptChampion({ championRecord, champion }: ProposalView): PromptChampion | null {
  if (!championRecord?.strategy?.graph || champion.current === null) return null
  return {
    iteration: championRecord.iteration,
    crownedAt: champion.current.from,
    name: championRecord.strategy.name,
    code: strategyToCode(strategyOf(championRecord)),
    language: 'ts',
    train: championRecord.metrics?.train ?? {},
    validation: championRecord.metrics?.validation ?? {},
  }
}
