import { usageError } from '../base/errors.js'
import type { GraphLimits } from '../graph/limits.js'
import type { Strategy } from '../graph/strategy.js'
import type { Sandbox } from '../sandbox/sandbox.js'

export type StrategyLanguage = 'ts' | 'js' | 'json'

export interface CompileOptions {
  /** Named in every position; its ending says the language where `language` is left out. */
  readonly fileName?: string
  readonly language?: StrategyLanguage
  readonly limits?: GraphLimits
}

/**
 * Turns a strategy's source text into a checked strategy: TypeScript or JavaScript runs in the sandbox, JSON goes to
 * the graph check.
 * @throws AlphaloopError (usage): the codes of `createStrategy` and the builder, STRATEGY_SYNTAX, STRATEGY_IMPORT,
 *   STRATEGY_EXPORT, STRATEGY_ERROR, STRATEGY_TIMEOUT, STRATEGY_MEMORY, STRATEGY_STACK, STRATEGY_OUTPUT,
 *   STRATEGY_TOO_LARGE. `details` carries file, line, column and sourceLine where they are known.
 */
export async function compileStrategy(
  _source: string,
  _sandbox: Sandbox,
  _options: CompileOptions = {},
): Promise<Strategy> {
  throw usageError('STRATEGY_ERROR', 'strategies cannot be compiled yet')
}
