import type { MetricName } from '../backtest/types.js'
import type { MetricValues, RecordedAblation } from '../history/record.js'
import type { Ablated } from '../search/ablate.js'
import type { Evaluation } from '../workers/evaluation.js'
import type { Runner } from '../workers/runner.js'

/**
 * What a strategy is on train without each of its parts. What validation says of them is not looked at: the champion
 * would be taken apart until it fits.
 */
export async function measureAblation(
  parts: readonly Ablated[],
  runner: Runner,
  metric: string,
  train: MetricValues | null,
): Promise<RecordedAblation> {
  const evaluations = await Promise.all(parts.map(({ strategy }) => runner.evaluate(strategy.graph)))
  return {
    metric,
    whole: train?.[metric] ?? null,
    parts: parts.map(({ without }, i) => ({ without, ...valueFrom(evaluations[i]!, metric as MetricName) })),
  }
}

function valueFrom(evaluation: Evaluation, metric: MetricName): { value: number | null; because?: string } {
  switch (evaluation.state) {
    case 'scored':
      return measured(evaluation.ranges.train, metric)
    case 'ruined':
      return evaluation.range === 'train'
        ? { value: null, because: `it loses everything by ${evaluation.date}` }
        : measured(evaluation.ranges.train, metric)
    case 'refused':
    case 'crashed':
      return { value: null, because: evaluation.message }
    case 'timedOut':
      return { value: null, because: `it took longer than ${evaluation.seconds} seconds` }
  }
}

function measured(
  { metrics, notes }: Extract<Evaluation, { state: 'scored' }>['ranges']['train'],
  metric: MetricName,
): { value: number | null; because?: string } {
  const value = metrics[metric]
  if (value !== null) return { value }
  return { value, because: notes[metric] ?? 'it has no value' }
}
