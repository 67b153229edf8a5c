import { expect, test } from 'vitest'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { shapesOf, UNLIKE, unlikeEachOther, unlikeness } from '../../src/search/likeness.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { population, spaceOf } from './support.js'

const sandbox = createQuickJsSandbox()
const compiled = (settings: string) =>
  compileStrategy(
    `import { strategy, field, rank } from 'alphaloop'
     const close = field('close')
     export default strategy({ select: { top: 10 }, ${settings} })`,
    sandbox,
    { language: 'ts' },
  )
const between = async (a: string, b: string) =>
  unlikeness(shapesOf(await compiled(a)), shapesOf(await compiled(b)))

test('numbers make no strategy unlike another, its idea does', async () => {
  expect(await between('score: close.pctChange(60)', 'score: close.pctChange(90), rebalance: "weekly"')).toBe(
    0,
  )
  expect(await between('score: close.pctChange(60)', "score: field('volume').sma(20)")).toBeGreaterThan(
    UNLIKE,
  )
  expect(
    await between('score: close.pctChange(60)', "score: close.pctChange(60), side: 'short'"),
  ).toBeGreaterThan(0)
  expect([...shapesOf(await compiled('score: close.mul(2)'))].sort()).toEqual([
    'field:close()',
    'mul(field:close())',
    'rule score',
    'side long',
  ])
  const near = await between('score: close.pctChange(60)', 'score: rank(close.pctChange(60))')
  const far = await between('score: close.pctChange(60)', 'score: rank(close.std(20)).neg()')
  expect(near).toBeLessThan(far)
})

test('unlikeness is symmetric, between 0 and 1, and 0 to itself', () => {
  const shapes = population(spaceOf(), 40, 'likeness').map(shapesOf)
  for (const a of shapes)
    for (const b of shapes) {
      const value = unlikeness(a, b)
      expect(value).toBe(unlikeness(b, a))
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(1)
      if (a === b) expect(value).toBe(0)
    }
  expect(unlikeness(new Set(), new Set())).toBe(0)
})

test('of a list the first are taken that are unlike each other and unlike what is given', () => {
  const strategies = population(spaceOf(), 60, 'alternatives')
  const [champion, ...rest] = strategies
  const chosen = unlikeEachOther(rest, (strategy) => strategy, 3, [champion!])
  expect(chosen).toHaveLength(3)
  const all = [champion!, ...chosen].map(shapesOf)
  for (const [i, a] of all.entries())
    for (const b of all.slice(i + 1)) expect(unlikeness(a, b)).toBeGreaterThanOrEqual(UNLIKE)
  // Whoever stands before a chosen one and was passed over is like one that was taken before it.
  for (const passed of rest.slice(0, rest.indexOf(chosen.at(-1)!))) {
    if (chosen.includes(passed)) continue
    const shapes = shapesOf(passed)
    expect(all.some((other) => unlikeness(other, shapes) < UNLIKE)).toBe(true)
  }
  expect(unlikeEachOther([champion!, champion!], (strategy) => strategy, 3)).toHaveLength(1)
})
