import type { Rng } from '../../src/base/rng.js'
import { createStrategy, type Strategy } from '../../src/graph/strategy.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'

const FIELDS = ['close', 'open', 'high', 'low', 'volume', 'P/E', 'var', '50d avg', 'rank', "it's"]

/** A strategy of about `size` nodes over the whole registry, with field names that code has to quote. */
export const randomStrategy = (rng: Rng, size: number): Strategy =>
  createStrategy(randomGraph(rng, size, { fields: FIELDS, groups: FIELDS, functions: true }), ROOMY)
