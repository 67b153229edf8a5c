/**
 * What a model is told, built from one source of truth: the registry for the API, the champion rule for the target.
 * 1. Each section is written in one or more forms, the fullest first (prompt-sections.ts, prompt-api.ts).
 * 2. While the whole is over the budget, the least valuable section that has a shorter form takes it (here).
 * 3. What was shortened or left out is said in the prompt itself.
 *
 * Names and coverage of fields, aggregate metrics and strategies leave the machine; prices, holdings and paths have no
 * place in the input, and paths in texts from elsewhere are taken out.
 */
import { describeApi } from './prompt-api.js'
import { EXAMPLE_STRATEGY } from './prompt-example.js'
import type { PromptInput } from './prompt-input.js'
import {
  championForms,
  failureForms,
  feedbackForms,
  fieldForms,
  formatSection,
  taskSection,
} from './prompt-sections.js'
import { ablationForms, alternativeForms, mendForms, parentForms } from './prompt-strategies.js'
import { estimateTokens } from './prompt-text.js'
import { EXPLORE } from './variants/explore.js'

export type {
  PromptAblation,
  PromptChampion,
  PromptConstraints,
  PromptFailure,
  PromptField,
  PromptInput,
  PromptStrategy,
} from './prompt-input.js'

export interface Prompt {
  /** What stays the same from one iteration to the next. */
  readonly system: string
  readonly user: string
  /** Estimated tokens of both. */
  readonly tokens: number
  /** What was shortened or left out for the budget, in words, the first to go first. */
  readonly leftOut: readonly string[]
}

/** One way to write a section; `instead` says what is missing in it, for the model. */
export interface Form {
  readonly text: string
  readonly lost: string
}

const DEFAULT_BUDGET = 12_000

/**
 * Shorter forms in the order in which sections take them, the least valuable first. A section stands once for each of
 * its shorter forms.
 */
const TRIM_ORDER = [
  'api',
  'alternatives',
  'failures',
  'example',
  'ablation',
  'fields',
  'alternatives',
  'champion',
  'feedback',
  'ablation',
  'champion',
  'failures',
  'parents',
  'mend',
  'api',
  'fields',
  'feedback',
  'failures',
  'parents',
  'mend',
] as const

type Section = (typeof TRIM_ORDER)[number]

/** Writes the prompt of one proposal. Pure: equal inputs give equal prompts. */
export function buildPrompt(input: PromptInput): Prompt {
  const { budgetTokens = DEFAULT_BUDGET, constraints, variant = EXPLORE } = input
  const shown = <T>(what: (typeof variant.shows)[number], value: T | undefined) =>
    variant.shows.includes(what) ? value : undefined
  const api = (detail: Parameters<typeof describeApi>[0]) => describeApi(detail, constraints.operators)
  const forms: Record<Section, readonly Form[]> = {
    api: [
      { text: api('described'), lost: '' },
      { text: api('signatures'), lost: 'what each operator computes' },
      { text: api('names'), lost: 'the signatures of the operators' },
    ],
    example: [
      { text: `\`\`\`ts\n${EXAMPLE_STRATEGY}\`\`\``, lost: '' },
      { text: '', lost: 'the worked example' },
    ],
    champion: championForms(input.champion),
    ablation: ablationForms(shown('ablation', input.ablation) ?? null),
    alternatives: alternativeForms(shown('alternatives', input.alternatives) ?? []),
    parents: parentForms(shown('parents', input.parents) ?? []),
    mend: mendForms(shown('failure', input.failure) ?? null),
    feedback: feedbackForms(input.feedback),
    failures: failureForms(input.failures),
    fields: fieldForms(input.fields, input.groups),
  }
  const task = taskSection(input)
  const chosen = Object.fromEntries(TRIM_ORDER.map((section) => [section, 0])) as Record<Section, number>
  let leftOut: readonly string[] = []
  const write = (): Pick<Prompt, 'system' | 'user'> => {
    const text = (section: Section) => forms[section][chosen[section]]?.text ?? ''
    const note = leftOut.length === 0 ? '' : `Left out to save space: ${leftOut.join('; ')}.`
    return {
      system: joined([
        ['', ROLE],
        ['API', text('api')],
        ['Worked example', text('example')],
        ['Output format', formatSection],
      ]),
      user: joined([
        ['Task and target', task],
        ['How to go about it this time', variant.instruction],
        ['Champion', text('champion')],
        ['What made the champion work', text('ablation')],
        ['Other good strategies', text('alternatives')],
        ['The two parents', text('parents')],
        ['The strategy to mend', text('mend')],
        ['Feedback', text('feedback')],
        ['What failed lately and must not be repeated', text('failures')],
        ['Fields of this panel', text('fields')],
        ['Note', note],
      ]),
    }
  }
  const tokensOf = ({ system, user }: Pick<Prompt, 'system' | 'user'>) =>
    estimateTokens(system) + estimateTokens(user)

  const shortened: Section[] = []
  const fits = () => {
    leftOut = lostOf(forms, shortened)
    return tokensOf(write()) <= budgetTokens
  }
  for (const section of TRIM_ORDER) {
    if (fits()) break
    if (forms[section][chosen[section] + 1] === undefined) continue
    chosen[section]++
    shortened.push(section)
  }
  // One large section may have cost small ones their place for nothing: what fits comes back, the most valuable first.
  for (let i = shortened.length - 1; i >= 0; i--) {
    const section = shortened[i]!
    chosen[section]--
    shortened.splice(i, 1)
    if (fits()) continue
    chosen[section]++
    shortened.splice(i, 0, section)
  }
  fits()
  const written = write()
  return { ...written, tokens: tokensOf(written), leftOut }
}

/** What is missing, in the order in which it went. */
function lostOf(forms: Readonly<Record<Section, readonly Form[]>>, shortened: readonly Section[]): string[] {
  const seen = new Map<Section, number>()
  return shortened.map((section) => {
    const form = (seen.get(section) ?? 0) + 1
    seen.set(section, form)
    return forms[section][form]!.lost
  })
}

const ROLE = [
  'You design systematic trading strategies for an automated research loop. You write one strategy; the loop compiles it',
  'in a sandbox, backtests it with costs on a training and a validation range, and keeps it as champion if it is better',
  'by a margin and not by luck. Values at a bar use that bar and earlier ones only; orders fill at a later bar. Prefer a',
  'simple idea with an economic reason over a complicated one, and a new idea over a new parameter.',
].join('\n')

const joined = (sections: readonly (readonly [title: string, text: string])[]): string =>
  sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => (title === '' ? text : `## ${title}\n${text}`))
    .join('\n\n')
