/**
 * What a model was, or would be, told at one iteration of a run that is on disk:
 * 1. the settings that held then, and the state before the iteration's batch: a fold over the history up to there
 * 2. the prompt written from them, as the loop writes it (prompt-plan.ts, model-prompt.ts)
 * 3. where a model was asked, what was sent stands in the text store: if this version would write something else, that
 *    is given in its place
 */
import { join } from 'node:path'
import { usageError } from '../base/errors.js'
import { type ResolvedConfig, resolveConfig } from '../config/resolve.js'
import { type Config, modelName } from '../config/schema.js'
import { estimateTokens } from '../feedback/prompt-text.js'
import type { VariantName } from '../feedback/variants/variant.js'
import type { HistoryRecord, IterationRecord, RunSettings } from '../history/record.js'
import type { HistoryStore } from '../history/store.js'
import { TextStore } from '../history/text-store.js'
import type { OutputForm } from '../llm/chain.js'
import { chooseModel } from './choose-model.js'
import { promptInput, staticInput, writePrompt } from './model-prompt.js'
import { planPrompt } from './prompt-plan.js'
import { feedbackFor } from './propose.js'
import { batchStartOf, slotsOfBatch } from './slots.js'
import { applyRecord, foldRules, initialState, type ProposalView, proposalView } from './state.js'
import { openHistory, settingsFile } from './stored-run.js'
import type { Workbench } from './workbench.js'

/** One iteration of a run, recorded or next, with what its prompt is written from. */
export interface PromptMoment {
  readonly runDir: string
  readonly iteration: number
  /** Its record; undefined for the next iteration. */
  readonly record: IterationRecord | undefined
  /** The settings that held then. */
  readonly settings: RunSettings
  readonly config: Config
  /** The state before its batch. */
  readonly view: ProposalView
}

/** @param iteration default: the next one. @throws AlphaloopError (usage) NO_SUCH_ITERATION, NO_SETTINGS, HISTORY_… */
export async function promptMoment(
  runDir: string,
  iteration: number | undefined,
  warn: (message: string) => void,
): Promise<PromptMoment> {
  const store = await openHistory(runDir, ({ message }) => warn(message))
  try {
    const next = await nextOf(store)
    const at = iteration ?? next
    if (at > next)
      throw usageError(
        'NO_SUCH_ITERATION',
        `there is no iteration ${at} in ${runDir} yet`,
        next === 0
          ? 'it has none so far: --iteration 0 is the next one'
          : `it has 0 to ${next - 1}, and ${next} is the next one`,
        { runDir, iteration: at, next },
      )
    const { settings, record } = await settingsAt(store, at)
    if (settings === undefined)
      throw usageError(
        'NO_SETTINGS',
        `${runDir} says nowhere what the run is made of`,
        'its records were imported: a prompt can be written for runs that `alphaloop run` has made',
        { runDir },
      )
    const { config } = resolvedSettings(runDir, settings)
    const state = initialState()
    const rules = foldRules(config)
    const start = batchStartOf(at, config.batchSize)
    for await (const one of store.records()) {
      if ((iterationOf(one) ?? -1) >= start) break
      applyRecord(state, one, rules)
    }
    return { runDir, iteration: at, record, settings, config, view: proposalView(state) }
  } finally {
    await store.close()
  }
}

const resolvedSettings = (runDir: string, settings: RunSettings): ResolvedConfig =>
  resolveConfig({ file: settingsFile(runDir, settings), environment: {} })

const iterationOf = (record: HistoryRecord): number | undefined =>
  record.kind === 'iteration' || record.kind === 'newer' ? record.iteration : undefined

async function nextOf(store: HistoryStore): Promise<number> {
  let next = 0
  for await (const record of store.records()) next = Math.max(next, (iterationOf(record) ?? -1) + 1)
  return next
}

/** The newest settings before an iteration's record, and that record. */
async function settingsAt(store: HistoryStore, iteration: number) {
  let settings: RunSettings | undefined
  let found: IterationRecord | undefined
  for await (const record of store.records()) {
    if (record.kind === 'change' && record.settings !== undefined) settings = record.settings
    if (iterationOf(record) !== iteration) continue
    if (record.kind === 'iteration') found = record
    break
  }
  return { settings, record: found }
}

/** `sent`: to a model, at that iteration. `next`: it is what one will be sent. `never`: the Factor Graph proposes. */
export type PromptFate = 'sent' | 'next' | 'never'

export interface StoredPrompt {
  readonly iteration: number
  readonly fate: PromptFate
  /** Who proposed it, and its strategy's name where it has one; absent for the next iteration. */
  readonly proposed?: { readonly by: string; readonly strategy: string | null }
  readonly variant: { readonly name: string; readonly version: number }
  readonly form: OutputForm
  readonly system: string
  readonly user: string
  /** Estimated, of both. */
  readonly tokens: number
  readonly budget: number
  readonly leftOut: readonly string[]
  /** Why this is not what this version would write, where it is not. */
  readonly because?: string
}

/** @throws AlphaloopError (usage) VARIANT_NOT_USABLE */
export async function storedPrompt(
  moment: PromptMoment,
  bench: Pick<Workbench, 'panel' | 'space'>,
  wanted: { readonly variant?: VariantName | undefined; readonly form?: OutputForm | undefined },
  redact: (text: string) => string,
): Promise<StoredPrompt> {
  const { iteration, config, view, record } = moment
  const form = wanted.form ?? formOf(moment)
  const plan = planPrompt(iteration, view, config, wanted.variant)
  const request = { iteration, feedback: feedbackFor(view, config), view, plan }
  const { system, user, ...written } = writePrompt(
    promptInput(request, staticInput({ ...bench, config })),
    form,
  )
  const prompt = {
    iteration,
    fate: fateOf(moment),
    ...(record === undefined
      ? {}
      : { proposed: { by: record.proposer, strategy: record.strategy?.name ?? null } }),
    variant: { name: plan.variant.name, version: plan.variant.version },
    form,
    system: redact(system),
    user: redact(user),
    ...written,
    budget: config.llm.promptTokens,
  }
  if (record?.prompt === undefined || wanted.variant !== undefined || wanted.form !== undefined) return prompt
  const sent = await new TextStore(join(moment.runDir, 'texts')).get(record.prompt)
  if (sent === undefined) return { ...prompt, because: 'what was sent is not in the folder texts any more' }
  if (sent.startsWith(`${SYSTEM}${prompt.system}${USER}${prompt.user}`)) return prompt
  const parts = partsOf(sent)
  return {
    ...prompt,
    ...parts,
    variant: record.promptVariant ?? prompt.variant,
    tokens: estimateTokens(parts.system) + estimateTokens(parts.user),
    leftOut: [],
    because:
      'this version, or the data as they are now, would give another prompt: this is the one that was sent',
  }
}

/** How a recorded talk begins (llm/propose.ts). */
const SYSTEM = '=== system ===\n'
const USER = '\n\n=== user 1 ===\n'

/** The first question of a recorded talk. */
function partsOf(sent: string): { system: string; user: string } {
  const at = sent.indexOf(USER)
  if (!sent.startsWith(SYSTEM) || at < 0) return { system: '', user: sent }
  const rest = sent.slice(at + USER.length)
  const end = rest.search(/\n\n=== (?:user \d+|system \(\w+\)) ===\n/)
  return { system: sent.slice(SYSTEM.length, at), user: end < 0 ? rest : rest.slice(0, end) }
}

/** As the model writes that was asked first, or will be. */
function formOf({ config, iteration, view, record }: PromptMoment): OutputForm {
  const { models } = config.llm
  if (models.length === 0) return 'code'
  const asked = record?.rounds?.[0]?.asked
  const model =
    models.find((settings) => modelName(settings) === asked) ?? models[chooseModel(config, iteration, view)]!
  return model.output ?? 'code'
}

function fateOf({ config, iteration, record }: PromptMoment): PromptFate {
  if (record !== undefined) return record.prompt === undefined ? 'never' : 'sent'
  const { seed, batchSize, innovationRate, llm, start } = config
  const [slot] = slotsOfBatch(iteration, iteration + 1, {
    seed,
    batchSize,
    innovationRate,
    modelAvailable: llm.enabled && llm.models.length > 0 && innovationRate > 0,
    starts: start.length,
  })
  return slot!.asksModel ? 'next' : 'never'
}
