import type { Rng } from '../base/rng.js'
import { drawTemplateParts } from '../library/draw-template.js'
import type { PortfolioDraw } from '../library/entry.js'
import { finishStrategy } from './finish.js'
import type { MutationResult, SearchSpace } from './proposal.js'

/** What settings are drawn from in a space, the side already chosen: the first allowed one mostly. */
export function portfolioDraw(rng: Rng, space: SearchSpace): PortfolioDraw {
  const side = rng.next() < 0.6 ? space.sides[0]! : rng.pick(space.sides)
  return {
    rng,
    symbols: space.symbols,
    side,
    longestWindow: space.longestWindow,
    rebalances: space.rebalances,
    fill: space.fill,
    exits: space.library.exits,
  }
}

/** A draw of any template that fits the side, or why it may not be proposed. */
export function strategyFromTemplate(rng: Rng, space: SearchSpace): MutationResult {
  const draw = portfolioDraw(rng, space)
  const fitting = space.library.templates.filter(({ longOnly }) => !longOnly || draw.side === 'long')
  if (fitting.length === 0) return { ok: false, because: 'no template fits the data and the constraints' }
  const template = rng.pick(fitting)
  const parts = drawTemplateParts(template, { ...draw, fields: space.fields, groups: space.groups })
  return finishStrategy(parts, space, `template ${template.name}`)
}
