import { describe, expect, test } from 'vitest'
import { contentHash } from '../../src/base/hash.js'
import { createRng } from '../../src/base/rng.js'
import { configSchema } from '../../src/config/schema.js'
import { type Available, drawVariant, missingFor, VARIANTS } from '../../src/feedback/variants/draw.js'
import { VARIANT_NAMES, type VariantName } from '../../src/feedback/variants/variant.js'

const ALL: Available = { championNodes: 20, parents: 5, failure: true }
const NOTHING: Available = { championNodes: null, parents: 0, failure: false }

/** What each variant said in each version: who changes what a model reads of one adds a line, and raises its version. */
const SAID: Record<string, string> = {
  'explore 1': 'd745a2e818112d50d2310f6b889461b1',
  'exploit 1': '20ed4c1bd3db9613e63efafae18b1f34',
  'repair 1': 'ffcfc5087d19e46a8f54acd340a459e7',
  'crossover 1': 'd71846cea50cf7d36c526f32883588cb',
  'simplify 1': '610b35247f33e3d4a538cbac8fec03bc',
}

test('a variant that says something else has another version', () => {
  for (const { name, version, instruction, needs, shows } of Object.values(VARIANTS))
    expect(contentHash(Buffer.from(JSON.stringify({ instruction, needs, shows })))).toBe(
      SAID[`${name} ${version}`],
    )
})

test('their names are the ones of the settings', () => {
  expect(Object.keys(VARIANTS)).toEqual([...VARIANT_NAMES])
  const prompts = Object.fromEntries(VARIANT_NAMES.map((name) => [name, 1]))
  expect(configSchema.parse({ llm: { prompts } }).llm.prompts).toEqual(prompts)
  for (const name of VARIANT_NAMES) expect(VARIANTS[name].name).toBe(name)
})

describe('a variant is drawn', () => {
  const draws = (available: Available, weights = {}, count = 2000) => {
    const counts = Object.fromEntries(VARIANT_NAMES.map((name) => [name, 0])) as Record<VariantName, number>
    for (let i = 0; i < count; i++) counts[drawVariant(createRng('variants', i), available, weights).name]++
    return counts
  }

  test('by weight among those whose needs are met', () => {
    const counts = draws(ALL)
    const total = Object.values(VARIANTS).reduce((sum, { weight }) => sum + weight, 0)
    for (const { name, weight } of Object.values(VARIANTS))
      expect(Math.abs(counts[name] / 2000 - weight / total)).toBeLessThan(0.04)
    expect(draws(NOTHING)).toMatchObject({ explore: 2000 })
    expect(draws({ ...ALL, championNodes: 5 })).toMatchObject({ simplify: 0 })
    expect(draws({ ...ALL, championNodes: null })).toMatchObject({ simplify: 0, exploit: 0 })
    expect(draws({ ...ALL, parents: 1 })).toMatchObject({ crossover: 0 })
    expect(draws({ ...ALL, failure: false })).toMatchObject({ repair: 0 })
  })

  test('by the weights of the settings, 0 turns one off', () => {
    const counts = draws(ALL, { explore: 0, exploit: 8, simplify: 0, crossover: 0, repair: 2 })
    expect(counts).toMatchObject({ explore: 0, simplify: 0, crossover: 0 })
    expect(Math.abs(counts.exploit / 2000 - 0.8)).toBeLessThan(0.04)
  })

  test('explore needs nothing, and stands in where no other can be used', () => {
    expect(draws(NOTHING, { explore: 0 })).toMatchObject({ explore: 2000 })
  })
})

test('what is missing is said', () => {
  const said = (name: VariantName, available: Partial<Available>) =>
    missingFor(VARIANTS[name], { ...ALL, ...available })
  expect(said('explore', NOTHING)).toBeUndefined()
  expect(said('exploit', NOTHING)).toBe('there is no champion')
  expect(said('simplify', { championNodes: 4 })).toBe(
    'the champion has 4 nodes, under the 10 that can be made fewer',
  )
  expect(said('crossover', { parents: 0 })).toBe('there are no scored strategies, and two are needed')
  expect(said('crossover', { parents: 1 })).toBe('there is one scored strategy, and two are needed')
  expect(said('repair', { failure: false })).toBe('nothing failed lately that could be mended')
  for (const name of VARIANT_NAMES) expect(said(name, {})).toBeUndefined()
})
