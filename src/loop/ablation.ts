import type { MetricName } from '../backtest/types.js'
import type { MetricValues, RecordedAblation } from '../history/record.js'
import type { Ablated } from '../search/ablate.js'
import type { TryOut } from '../workers/evaluation.js'
import type { Runner } from '../workers/runner.js'

/**
 * What a strategy is on train without each of its parts. Validation is not even simulated: a champion would be taken
 * apart until it fits.
 * @param metric that is looked at, and `train` the whole strategy's metrics
 */
export async function measureAblation(
  parts: readonly Ablated[],
  runner: Pick<Runner, 'tryOut'>,
  metric: string,
  train: MetricValues | null,
): Promise<RecordedAblation> {
  const tried = await Promise.all(parts.map(({ strategy }) => runner.tryOut(strategy.graph)))
  return {
    metric,
    whole: train?.[metric] ?? null,
    parts: parts.map(({ without }, i) => ({ without, ...valueFrom(tried[i]!, metric as MetricName) })),
  }
}

function valueFrom(tried: TryOut, metric: MetricName): { value: number | null; because?: string } {
  switch (tried.state) {
    case 'ran': {
      if (tried.ruinedOn !== undefined)
        return { value: null, because: `it loses everything by ${tried.ruinedOn}` }
      const { metrics, notes } = tried.train
      const value = metrics[metric]
      return value === null ? { value, because: notes[metric] ?? 'it has no value' } : { value }
    }
    case 'refused':
    case 'crashed':
      return { value: null, because: tried.message }
    case 'timedOut':
      return { value: null, because: `it took longer than ${tried.seconds} seconds` }
  }
}
