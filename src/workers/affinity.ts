/**
 * Which thread an evaluation suits: threads remember what they have computed, each for itself, and a child of a
 * strategy takes far less time where its parent's values are.
 */
import { canonicalJson } from '../base/json.js'
import { REGISTRY } from '../graph/registry.js'
import type { StrategyGraph } from '../graph/strategy-graph.js'

/** As many values of moderate size are remembered with the default budget. */
const MOST_REMEMBERED = 512

/** One number for each value of a strategy that is worth remembering; equal for equal values, and hardly ever else. */
export type Marks = readonly number[]

/** Marks of a graph as it was handed in: whether it is sound is seen where it is evaluated. */
export function marksOf({ nodes, rule, portfolio }: StrategyGraph): Marks {
  const rows = rule.kind === 'signals' ? 'all' : canonicalJson(portfolio.rebalance)
  const markOf = new Map<string, number>()
  const marks: number[] = []
  for (const { id, op, params, inputs, output, mask } of nodes) {
    const read = [...inputs, ...(mask === undefined ? [] : [mask])].map((input) => markOf.get(input) ?? 0)
    const mark = hashOf(`${op} ${canonicalJson(params)} ${output} ${read} ${rows}`)
    markOf.set(id, mark)
    const operator = REGISTRY.get(op)
    // What is computed cell by cell is mostly computed as it is read.
    const isKept = operator?.reference.kind === 'series' || operator?.reference.kind === 'crossSection'
    if (isKept && operator.shift === undefined) marks.push(mark)
  }
  return marks
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** What a thread has most likely not forgotten yet. */
export class Remembered {
  private readonly marks = new Set<number>()

  /** How many of these values it has. */
  overlap(marks: Marks): number {
    let count = 0
    for (const mark of marks) if (this.marks.has(mark)) count++
    return count
  }

  /** It has these values now; those that were not used for longest are forgotten. */
  use(marks: Marks): void {
    for (const mark of marks) {
      this.marks.delete(mark)
      this.marks.add(mark)
    }
    for (const oldest of this.marks) {
      if (this.marks.size <= MOST_REMEMBERED) break
      this.marks.delete(oldest)
    }
  }
}

/**
 * The pair of a waiting job and an idle thread that loses most if another thread gets the job; of equal ones the job that
 * has waited longest. Both lists hold something.
 */
export function bestPair<
  Job extends { readonly marks: Marks },
  Thread extends { readonly remembered: Remembered },
>(
  jobs: readonly Job[],
  idle: readonly Thread[],
  all: readonly Thread[],
): { readonly job: Job; readonly thread: Thread } {
  let best = { job: jobs[0]!, thread: idle[0]! }
  let most = Number.NEGATIVE_INFINITY
  for (const job of jobs) {
    const overlaps = all.map(({ remembered }) => remembered.overlap(job.marks))
    for (const thread of idle) {
      let own = 0
      let elsewhere = 0
      for (let i = 0; i < all.length; i++)
        if (all[i] === thread) own = overlaps[i]!
        else elsewhere = Math.max(elsewhere, overlaps[i]!)
      if (own - elsewhere <= most) continue
      most = own - elsewhere
      best = { job, thread }
    }
  }
  return best
}
