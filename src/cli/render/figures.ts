export { METRIC_LABELS, metricText } from '../../report/metric-text.js'

/** A length of time for a person. */
export function durationText(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export const percentText = (fraction: number): string => `${(fraction * 100).toFixed(1)}%`
