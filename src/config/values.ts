/** The value at a path of nested objects and lists, or undefined. */
export function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  let at = values
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<PropertyKey, unknown>)[key]
  }
  return at
}

/**
 * Sets a value, making the objects on its way. Where something else than an object stands on the way, nothing is set:
 * the schema refuses that with its place, and overwriting it would hide the mistake.
 */
export function setAt(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = values
  for (const key of path.slice(0, -1)) {
    at[key] ??= {}
    const inner = at[key]
    if (typeof inner !== 'object' || Array.isArray(inner)) return
    at = inner as Record<string, unknown>
  }
  at[path.at(-1)!] = value
}
