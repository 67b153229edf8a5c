import { DEFAULT_LIMITS, type GraphLimits } from '../graph/limits.js'
import type { Strategy } from '../graph/strategy.js'
import { assembleStrategy, type StrategyParts } from './assemble.js'
import { createComposer } from './compose-graph.js'
import type { PortfolioDraw, TemplateEntry } from './entry.js'
import { drawEntry, type ParamValues } from './params.js'
import { portfolioLabel } from './portfolio.js'

/** Longest name that the library and the search give. */
export const LONGEST_NAME = 80

/** At most `length` characters, cut at a word where that loses little, with an ellipsis. */
export function shorten(text: string, length: number = LONGEST_NAME): string {
  if (text.length <= length) return text
  const cut = text.slice(0, length - 1)
  const space = cut.lastIndexOf(' ')
  return `${(space > length * 0.6 ? cut.slice(0, space) : cut).replace(/[\s,;+·×]+$/, '')}…`
}

export interface TemplateDraw extends PortfolioDraw {
  /** Every name that `field(…)` accepts on the panel. */
  readonly fields: Iterable<string>
  readonly groups: readonly string[]
  /** Given instead of drawn. */
  readonly params?: ParamValues
}

/** The parts of one strategy of a template: its parameters, unless given, and settings drawn from their ranges. */
export function drawTemplateParts(template: TemplateEntry, draw: TemplateDraw): StrategyParts {
  const params = draw.params ?? drawEntry(draw.rng, template, draw.longestWindow)
  const compose = createComposer('t', draw.fields, draw.groups)
  const { label, ...parts } = template.build(compose, params, draw)
  const numbers = template.named.map((name) => params[name]).join('/')
  const title = [template.title, numbers, label].filter(Boolean).join(' ')
  const settings = portfolioLabel(parts.rule, parts.portfolio)
  return { ...parts, name: shorten(`${shorten(title, 52)}, ${settings}`), nodes: compose.nodes }
}

/**
 * One strategy of a template.
 * @throws AlphaloopError where the graph breaks the limits
 */
export const drawTemplate = (
  template: TemplateEntry,
  draw: TemplateDraw,
  limits: GraphLimits = DEFAULT_LIMITS,
): Strategy => assembleStrategy(drawTemplateParts(template, draw), limits)
