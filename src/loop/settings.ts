import { type ConfigHash, jsonHash } from '../base/hash.js'
import type { JsonValue } from '../base/json.js'
import { type Config, comparablePart } from '../config/schema.js'
import type { RunSettings } from '../history/record.js'

/** One setting that is not as it was when the run began. */
export interface Difference {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/**
 * A configuration as a run keeps it, for a resume without a file: what decides results, where the models' keys are
 * found, and what they may cost, where that is limited. Workers and the like are not in it, or two runs that are the
 * same would have different histories.
 */
export function keptConfig(config: Config): Record<string, unknown> {
  const { llm, ...part } = comparablePart(config)
  const { models, budget } = config.llm
  const { whenSpent: _, ...limits } = budget
  const isLimited = Object.values(limits).some((limit) => limit !== undefined)
  const kept = JSON.parse(JSON.stringify({ models, ...(isLimited ? { budget } : {}) }))
  return { ...part, llm: { ...(llm as object), ...kept } }
}

/** Hash of the part of a configuration that decides results. */
export const configHash = (config: Config): ConfigHash =>
  jsonHash(comparablePart(config) as JsonValue) as ConfigHash

/** What differs between two JSON values, leaf by leaf. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`))
  }
  return JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [{ path, before: before ?? null, after: after ?? null }]
}

/** What keeps records made from now on from being compared with those that stand in the run. */
export function settingsDifferences(
  stored: RunSettings,
  now: RunSettings,
): { config: Difference[]; data: Difference[] } {
  const { source: _was, with: _had, ...storedData } = stored.data
  const { source: _is, with: _has, ...data } = now.data
  return {
    config: differences(comparablePart(stored.config), comparablePart(now.config)),
    // The same content under another path is the same data.
    data: stored.data.hash === now.data.hash ? [] : differences(storedData, data, 'data'),
  }
}
