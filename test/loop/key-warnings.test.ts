import { expect, test } from 'vitest'
import { createRedactor } from '../../src/history/redact.js'
import { missingKeys, wordsForKeys } from '../../src/loop/key-warnings.js'
import { configOf, PANEL, SPACE } from './engine.js'

const of = (name: string, variable: string, more: object = {}) => ({
  name,
  model: name,
  baseUrl: 'http://127.0.0.1:1/v1',
  apiKeyVariable: variable,
  ...more,
})
const config = (llm: object, more: object = {}) => configOf({ innovationRate: 0.5, llm, ...more })

test('models without a key are told before the first question, and that none is left', () => {
  const both = config({ models: [of('one', 'ONE'), of('two', 'TWO')] })
  expect(missingKeys(both, { ONE: 'a-key', TWO: 'b-key' }, 0)).toEqual([])
  expect(missingKeys(both, { ONE: 'a-key' }, 0)).toEqual([
    'The model two is off for this run: the environment variable TWO is not set; it must hold the key for 127.0.0.1:1.',
  ])
  const none = missingKeys(both, { TWO: ' ' }, 7)
  expect(none).toHaveLength(3)
  expect(none[2]).toMatch(/^No model can be asked from iteration 7 on: the Factor Graph makes every proposal/)
  expect(missingKeys(both, {}, 0)[2]).toMatch(/^No model can be asked: /)
})

test('one that stands in reserve is no reason to warn, but to go on', () => {
  const reserve = config({ models: [of('one', 'ONE'), of('two', 'TWO', { weight: 0 })], fallback: ['two'] })
  expect(missingKeys(reserve, { ONE: 'a-key' }, 0)).toEqual([])
  expect(missingKeys(reserve, { TWO: 'b-key' }, 0)).toEqual([expect.stringMatching(/^The model one is off/)])
})

test('where no model is asked, no key is missed', () => {
  const models = [of('one', 'ONE')]
  expect(missingKeys(config({ models }, { innovationRate: 0 }), {}, 0)).toEqual([])
  expect(missingKeys(config({ models, enabled: false }), {}, 0)).toEqual([])
})

const words = (given: Record<string, string>, llm: object = { models: [of('one', 'ONE')] }) => {
  const secrets = Object.entries(given).map(([variable, value]) => ({ variable, value }))
  const { text } = createRedactor(Object.values(given))
  return wordsForKeys({ config: config(llm), panel: PANEL, space: SPACE }, secrets, text)
}

test('a key whose value is a word of the prompts is told by the name of its variable alone', () => {
  const told = words({ ONE: 'strategy', TWO: 'sk-a-key-like-others-0123' })
  expect(told).toEqual([
    'The value of ONE is a word of the prompts, and is taken out of them as a secret: is it a key? Set it to one, or unset it.',
  ])
  expect(told.join()).not.toContain('strategy')
})

test('a short one is left where it stands, and one that no prompt holds is as it should be', () => {
  expect(words({ ONE: 'rank' })).toEqual([])
  expect(words({ ONE: 'rank', TWO: 'portfolio-unheard-of' })).toEqual([])
})

test('a word of the JSON form counts where a model answers in it', () => {
  const value = '"minItems"'
  expect(words({ ONE: value })).toEqual([])
  expect(words({ ONE: value }, { models: [of('one', 'ONE', { output: 'json' })] })).toHaveLength(1)
})
