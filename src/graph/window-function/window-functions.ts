/** A function to be applied to windows. */
export interface WindowFunction {
  /** For messages. */
  readonly name: string
  /** As `readWindowFunction` gives it. */
  readonly text: string
  /** Values in each window. */
  readonly n: number
  /** Windows that it takes. */
  readonly inputs: number
}

/** Where windows come from and results go to, some at a time. */
export interface WindowStream {
  /** The most that there can be; some are left out for missing values. */
  readonly most: number
  /**
   * Writes up to `room` times the windows of all inputs: n values of the first, oldest first, n of the second, … Gives
   * how many times: 0 where there are no more.
   */
  fill(to: Float64Array, room: number): number
  /** Takes what the function gave for those that were filled last, in their order; NaN where it gave nothing finite. */
  take(results: Float64Array): void
}

/**
 * Where window functions run. The contract: each call sees its windows and nothing else, above all nothing of any call
 * before it, so that a result depends on function and windows only, never on how many there are, on their order or on
 * what was computed before.
 */
export interface WindowFunctions {
  /**
   * Applies a function to each of the windows, within a time budget for all of them.
   * @throws AlphaloopError (usage) CUSTOM_TIMEOUT, CUSTOM_MEMORY, CUSTOM_STACK, CUSTOM_ERROR, or (environment) SANDBOX_THREAD
   */
  apply(work: WindowFunction, windows: WindowStream): void
}
