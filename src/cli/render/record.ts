import { METRIC_NAMES, type MetricName } from '../../backtest/types.js'
import { createStrategy } from '../../graph/strategy.js'
import type { IterationRecord } from '../../history/record.js'
import { strategyToCode } from '../../strategy/to-code.js'
import type { Output } from '../output.js'
import { METRIC_LABELS, metricText } from './figures.js'
import { table } from './table.js'
import { wrap } from './wrap.js'

/** The strategy of a record as code; undefined where it has none that could be read. */
export function codeOf({ strategy }: IterationRecord): string | undefined {
  return strategy?.graph ? strategyToCode(createStrategy(strategy.graph)) : undefined
}

/** A record for a person: what was proposed, how it did, and what was decided. */
export function recordText(record: IterationRecord, { colors, columns }: Output): string {
  const { strategy, metrics, champion, iteration, proposer, level, execution } = record
  const value = (range: 'train' | 'validation', name: MetricName) =>
    metricText(name, metrics?.[range]?.[name])
  const facts = [`iteration ${iteration}`, proposer, level, ...(strategy ? [strategy.hash.slice(0, 8)] : [])]
  const error = 'error' in execution ? execution.error : undefined
  return [
    `${colors.bold(strategy?.name ?? 'no strategy')}\n${facts.join(', ')}\n${wrap(champion.because, columns)}`,
    ...(error
      ? [wrap(`${execution.status}, ${error.category}: ${error.message}`, columns)]
      : execution.status === 'success'
        ? []
        : [`ended as ${execution.status}`]),
    ...(metrics
      ? [
          table(
            ['', 'train', 'validation'],
            METRIC_NAMES.map((name) => [
              METRIC_LABELS[name],
              value('train', name),
              value('validation', name),
            ]),
            { colors, right: [1, 2] },
          ),
        ]
      : []),
    ...(codeOf(record) === undefined ? [] : [codeOf(record)!.trimEnd()]),
  ].join('\n\n')
}
