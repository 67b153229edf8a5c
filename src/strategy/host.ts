import { usageError } from '../base/errors.js'
import type { GraphLimits } from '../graph/limits.js'
import { createStrategy, type Strategy, UNNAMED } from '../graph/strategy.js'
import { type Builder, createBuilder, type Fail, type StrategyJson } from './builder.js'
import { builderTable } from './signatures.js'
import { withNearest } from './suggest.js'

/** How the builder of this process refuses. */
export const failOnHost: Fail = (code, message, details = {}) => {
  throw usageError(code, ...withNearest(message, details))
}

let builder: Builder | undefined

/** The builder of this process, for strategies that a library's caller writes; made on first use. */
export function hostBuilder(): Builder {
  // A program's own limit is for untrusted code: a library may go on building strategies for ever.
  builder ??= createBuilder({ ...builderTable(), maxNodes: Number.POSITIVE_INFINITY }, failOnHost)
  return builder
}

/** The builder's JSON as a checked strategy. */
export function checkBuilt(json: StrategyJson, name: string = UNNAMED, limits?: GraphLimits): Strategy {
  return createStrategy({ ...json, name: json.name ?? name }, limits)
}
