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

/** The part of a configuration that decides results, as plain JSON without what was left undefined. */
export const comparableJson = (config: Config): JsonValue =>
  JSON.parse(JSON.stringify(comparablePart(config)))

/** Its hash. */
export const configHash = (config: Config): ConfigHash => jsonHash(comparableJson(config)) as ConfigHash

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
  const { source: _was, ...storedData } = stored.data
  const { source: _is, ...data } = now.data
  return {
    config: differences(stored.config, now.config),
    // The same content under another path is the same data.
    data: stored.data.hash === now.data.hash ? [] : differences(storedData, data, 'data'),
  }
}
