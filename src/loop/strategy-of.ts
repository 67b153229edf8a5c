import { UNLIMITED } from '../graph/limits.js'
import { createStrategy, type Strategy } from '../graph/strategy.js'
import type { IterationRecord } from '../history/record.js'

const strategies = new WeakMap<IterationRecord, Strategy>()

/** The strategy of a record that has a graph; made once for each record. */
export function strategyOf(record: IterationRecord): Strategy {
  let strategy = strategies.get(record)
  if (strategy === undefined) {
    strategy = createStrategy(record.strategy!.graph, UNLIMITED)
    strategies.set(record, strategy)
  }
  return strategy
}
