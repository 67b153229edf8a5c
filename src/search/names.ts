import { LONGEST_NAME, shorten } from '../library/draw-template.js'

/**
 * What a strategy is at heart, by its name: `Dual momentum` of `Dual momentum 90/120, top 20, monthly · wider stop`.
 * Numbers and settings go, since a mutation may have changed them; so names do not grow from one generation to the
 * next.
 */
export function familyOf(name: string): string {
  const head = name.split(' · ')[0]!.split(',')[0]!.trim()
  const family = head.replace(/\s+[\d./%-]+(?=\s|$)/g, '').trim()
  return shorten(family === '' ? 'Strategy' : family, 36)
}

/** `Momentum · trailing stop 12%`. */
export const mutatedName = (parent: string, what: string): string =>
  shorten(`${familyOf(parent)} · ${what}`, LONGEST_NAME)

/** `Momentum × Turtle · …`: of parents that were crossed themselves the first name counts, relatives keep it. */
export function crossedName(first: string, second: string, what: string): string {
  const a = familyOf(first).split(' × ')[0]!
  const b = familyOf(second).split(' × ')[0]!
  if (a === b) return mutatedName(first, what)
  return shorten(`${shorten(a, 24)} × ${shorten(b, 24)} · ${what}`, LONGEST_NAME)
}
