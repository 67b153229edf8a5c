import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** A seeded source of chance. Whoever needs chance is handed one; nothing in the spine calls Math.random. */
export interface Rng {
  /** Uniform in [0, 1), 53 bits. */
  next(): number
  /** A whole number in [min, max], both ends included. */
  int(min: number, max: number): number
  /** Standard normal (Marsaglia's polar method). */
  normal(): number
  /** One item of a non-empty list. */
  pick<T>(items: readonly T[]): T
  /** One index in proportion to the weights (≥ 0, not all 0). */
  weighted(weights: readonly number[]): number
  /** The items in a random order, as a new array (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent stream that depends on this one's seed and the labels only, not on what was drawn before. */
  fork(...labels: (number | string)[]): Rng
}

/** Mixes a salt, numbers and texts into 32 bits (FNV-1a over the labels, finalised as MurmurHash3 does). */
function mix(salt: number, labels: readonly (number | string)[]): number {
  let hash = 0x811c9dc5 ^ salt
  for (const label of labels) {
    const text = `${typeof label}:${label};`
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}

/** A stream that is fixed by its labels: `createRng(seed, 'iteration', 17)`. */
export function createRng(...labels: readonly (number | string)[]): Rng {
  // Four mixes fill the whole 128-bit state, so that two streams do not meet by a 32-bit coincidence.
  const state = [0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834].map((salt) => mix(salt, labels))
  const generator: RandomGenerator = xoroshiro128plusFromState(state)
  let spare: number | undefined
  const next = () => {
    const high = generator.next() >>> 5
    const low = generator.next() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    normal() {
      if (spare !== undefined) {
        const value = spare
        spare = undefined
        return value
      }
      for (;;) {
        const u = 2 * next() - 1
        const v = 2 * next() - 1
        const s = u * u + v * v
        if (s > 0 && s < 1) {
          const factor = Math.sqrt((-2 * Math.log(s)) / s)
          spare = v * factor
          return u * factor
        }
      }
    },
    pick(items) {
      if (items.length === 0) throw new RangeError('rng.pick: the list is empty')
      return items[int(0, items.length - 1)]!
    },
    weighted(weights) {
      let total = 0
      for (const weight of weights) total += weight
      if (!(total > 0)) throw new RangeError('rng.weighted: no weight is above 0')
      let point = next() * total
      for (let i = 0; i < weights.length; i++) {
        point -= weights[i]!
        if (point < 0 && weights[i]! > 0) return i
      }
      return weights.findLastIndex((weight) => weight > 0)
    },
    shuffle(items) {
      const result = [...items]
      for (let i = result.length - 1; i > 0; i--) {
        const j = int(0, i)
        const held = result[i]!
        result[i] = result[j]!
        result[j] = held
      }
      return result
    },
    fork: (...more) => createRng(...labels, 'fork', ...more),
  }
}
