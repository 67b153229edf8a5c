/** Optimal string alignment distance (Damerau–Levenshtein without repeated edits of one substring). */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1
  let beforePrevious = new Array<number>(width).fill(0)
  let previous = Array.from({ length: width }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = new Array<number>(width).fill(0)
    current[0] = i
    for (let j = 1; j <= b.length; j++) {
      const substitution = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + substitution)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforePrevious[j - 2]! + 1)
      current[j] = best
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]!
}

/**
 * The valid name that was most likely meant, or undefined when none is close (more than a third of the letters
 * differ, and neither contains the other). Case does not count.
 */
export function nearest(given: string, valid: Iterable<string>): string | undefined {
  const wanted = given.toLowerCase()
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const name of valid) {
    const candidate = name.toLowerCase()
    const contains =
      wanted.length >= 3 &&
      candidate.length >= 3 &&
      (candidate.includes(wanted) || wanted.includes(candidate))
    const limit = contains ? 2 : Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))
    // The distance is at least this, and just this where one contains the other: a name of a million letters costs
    // nothing to compare.
    const longer = Math.abs(wanted.length - candidate.length)
    if (!contains && longer > limit) continue
    const distance = contains ? Math.min(1.5, longer) : editDistance(wanted, candidate)
    if (distance <= limit && distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}
