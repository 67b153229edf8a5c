import type { GraphLimits } from '../graph/limits.js'
import type { Strategy } from '../graph/strategy.js'
import { assembleStrategy } from './assemble.js'
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

/**
 * A strategy of a template: parameters and settings drawn from their ranges, or the parameters given.
 * @throws AlphaloopError where the graph breaks the limits, or reads a field that it was not offered for.
 */
export function drawTemplate(
  template: TemplateEntry,
  draw: PortfolioDraw & {
    readonly fields: Iterable<string>
    readonly groups: readonly string[]
    readonly limits: GraphLimits
    readonly params?: ParamValues
  },
): Strategy {
  const params = draw.params ?? drawEntry(draw.rng, template)
  const compose = createComposer('t', draw.fields, draw.groups)
  const parts = template.build(compose, params, draw)
  const numbers = template.named.map((name) => params[name]).join('/')
  const title = [template.title, numbers, parts.label].filter(Boolean).join(' ')
  const label = portfolioLabel(parts.rule, parts.portfolio)
  return assembleStrategy(
    { ...parts, name: shorten(`${title}, ${label}`), nodes: compose.nodes },
    draw.limits,
  )
}
