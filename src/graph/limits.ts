/** How large a strategy may be; settings of the learning loop, these are the defaults. */
export interface GraphLimits {
  readonly maxNodes: number
  readonly maxDepth: number
  readonly maxFields: number
}

export const DEFAULT_LIMITS: GraphLimits = Object.freeze({ maxNodes: 200, maxDepth: 30, maxFields: 10 })

/** For a strategy that was within its limits when it was made. */
export const UNLIMITED: GraphLimits = Object.freeze({
  maxNodes: Number.POSITIVE_INFINITY,
  maxDepth: Number.POSITIVE_INFINITY,
  maxFields: Number.POSITIVE_INFINITY,
})
