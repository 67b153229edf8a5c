import { createRng } from '../../src/base/rng.js'
import type { Strategy } from '../../src/graph/strategy.js'
import { strategyFromTemplate } from '../../src/search/from-template.js'
import type { SearchConstraints, SearchSpace } from '../../src/search/proposal.js'
import { randomStrategy } from '../../src/search/random-strategy.js'
import { createSearchSpace } from '../../src/search/space.js'

/** What `availableFields` gives for a panel of prices and volume. */
export const PRICE_AND_VOLUME = [
  'close',
  'dollarVolume',
  'high',
  'low',
  'open',
  'rawClose',
  'returns',
  'volume',
  'vwap',
]

export const spaceOf = (
  constraints: SearchConstraints = {},
  fields: readonly string[] = PRICE_AND_VOLUME,
  symbols = 100,
): SearchSpace => createSearchSpace({ fields, groups: ['sector'], symbols, constraints })

/** Strategies of every kind to mutate: half from templates, half at random. */
export function population(space: SearchSpace, size: number, label = 'population'): Strategy[] {
  const made: Strategy[] = []
  for (let i = 0; made.length < size; i++) {
    const rng = createRng(label, i)
    const result = i % 2 === 0 ? strategyFromTemplate(rng, space) : randomStrategy(rng, space)
    if (result.ok) made.push(result.strategy)
    if (i > size * 10) throw new Error('the space gives too few strategies')
  }
  return made
}
