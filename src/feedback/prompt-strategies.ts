import { figure, metricOf } from '../champion/objective.js'
import type { Form } from './prompt.js'
import type { PromptAblation, PromptFailure, PromptStrategy } from './prompt-input.js'
import { metricsLine } from './prompt-sections.js'
import { withoutPaths } from './prompt-text.js'
import { asSentence } from './sentences.js'

const fenced = (code: string, language: string): string =>
  `\`\`\`${language}\n${withoutPaths(code).trimEnd()}\n\`\`\``

/** Parts told where there is little room: those that matter most. */
const FEW_PARTS = 4

/** The champion without each of its parts, the part that matters most first. */
export function ablationForms(ablation: PromptAblation | null): Form[] {
  if (ablation === null || ablation.parts.length === 0) return [{ text: '', lost: '' }]
  const { metric, whole } = ablation
  const from = whole === null ? '' : `${figure(whole)} → `
  const parts = [...ablation.parts]
    // Of equal ones the first stays first; what cannot even be measured without a part matters most.
    .sort((a, b) => (a.value ?? Number.NEGATIVE_INFINITY) - (b.value ?? Number.NEGATIVE_INFINITY))
    .map(({ without, value, because }) =>
      value === null
        ? `- without ${without}: no value${because === undefined ? '' : `, ${asSentence(because, 20).replace(/\.$/, '')}`}`
        : `- without ${without}: ${from}${figure(value)}`,
    )
    .map(withoutPaths)
  const intro = `Its ${metric} on train, with one part left out at a time:\n`
  return [
    { text: intro + parts.join('\n'), lost: '' },
    {
      text: intro + parts.slice(0, FEW_PARTS).join('\n'),
      lost: 'the parts of the champion that matter less',
    },
    { text: '', lost: 'what made the champion work' },
  ].filter((_, i) => i !== 1 || parts.length > FEW_PARTS)
}

const headOf = ({ name, iteration, train }: PromptStrategy): string =>
  `${withoutPaths(name)}, of iteration ${iteration}\n${metricsLine('train', train)}`

const withCode = (strategy: PromptStrategy): string => `${headOf(strategy)}\n${fenced(strategy.code, 'ts')}`

/** One line: the name, and what tells it from others. */
function line({ name, iteration, train }: PromptStrategy): string {
  const told = (['sharpe', 'maxDrawdown', 'turnover'] as const).flatMap((metric) => {
    const value = metricOf({ metrics: train }, metric)
    return value.defined ? [`${metric} ${figure(value.value)}`] : []
  })
  return `- ${withoutPaths(name)} (iteration ${iteration}): ${told.length === 0 ? 'no metric has a value' : `${told.join(', ')} on train`}`
}

export function alternativeForms(strategies: readonly PromptStrategy[]): Form[] {
  if (strategies.length === 0) return [{ text: '', lost: '' }]
  const intro = 'Unlike the champion and each other:\n'
  return [
    { text: intro + strategies.map(withCode).join('\n'), lost: '' },
    { text: intro + strategies.map(line).join('\n'), lost: 'the code of the other good strategies' },
    { text: '', lost: 'the other good strategies' },
  ]
}

/** The parents of a crossover: their code is what the task is about, so it goes last. */
export function parentForms(parents: readonly PromptStrategy[]): Form[] {
  if (parents.length === 0) return [{ text: '', lost: '' }]
  return [
    { text: parents.map(withCode).join('\n'), lost: '' },
    { text: parents.map(({ code }) => fenced(code, 'ts')).join('\n'), lost: "the parents' metrics" },
    { text: parents.map(line).join('\n'), lost: "the parents' code" },
  ]
}

/** A strategy that failed with its exact error. */
export function mendForms(failure: PromptFailure | null): Form[] {
  if (failure === null) return [{ text: '', lost: '' }]
  const { iteration, code, language, error } = failure
  const place = error.line ? ` (line ${error.line}${error.column ? `, column ${error.column}` : ''})` : ''
  const named =
    error.code && error.code !== error.category ? `${error.category}, ${error.code}` : error.category
  const hint = error.hint ? `\nWhat to do: ${asSentence(error.hint, 120)}` : ''
  const told = withoutPaths(
    `Iteration ${iteration} failed: ${named}${place}: ${asSentence(error.message, 120)}${hint}`,
  )
  const shortest = withoutPaths(`Iteration ${iteration} failed: ${asSentence(error.message, 40)}`)
  return [
    { text: `${told}\n${fenced(code, language)}`, lost: '' },
    { text: told, lost: 'the code of the strategy to mend' },
    { text: shortest, lost: 'what to do about the strategy to mend' },
  ]
}
