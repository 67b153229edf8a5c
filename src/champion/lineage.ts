/** A record as far as its descent goes. */
export interface Descendant {
  readonly id: string
  readonly parents?: readonly string[] | undefined
}

export interface Lineage<T extends Descendant> {
  /** The record itself (generation 0), its parents (1), theirs (2) …; each once, at its nearest generation. */
  readonly ancestors: readonly { readonly record: T; readonly generation: number }[]
  /** Parents that are named but not in the history. */
  readonly missing: readonly string[]
}

/**
 * The parents of a record, back to the first ones, breadth first and in the order the records name them. A damaged
 * history that names a record among its own ancestors ends the walk there.
 */
export function lineage<T extends Descendant>(id: string, records: ReadonlyMap<string, T>): Lineage<T> {
  const ancestors: { record: T; generation: number }[] = []
  const missing: string[] = []
  const seen = new Set([id])
  let front = [id]
  for (let generation = 0; front.length > 0; generation++) {
    const parents: string[] = []
    for (const at of front) {
      const record = records.get(at)
      if (record === undefined) {
        missing.push(at)
        continue
      }
      ancestors.push({ record, generation })
      for (const parent of record.parents ?? []) {
        if (seen.has(parent)) continue
        seen.add(parent)
        parents.push(parent)
      }
    }
    front = parents
  }
  return { ancestors, missing }
}
