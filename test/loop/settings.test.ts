import { describe, expect, test } from 'vitest'
import { configHash, differences, keptConfig, settingsDifferences } from '../../src/loop/settings.js'
import { configOf } from './engine.js'

describe('differences', () => {
  test('are given leaf by leaf, with null for what is not there', () => {
    expect(
      differences(
        { seed: 1, split: { train: 0.6, test: 0.2 }, start: ['a'], same: { deep: [1, 2] } },
        {
          seed: 2,
          split: { train: 0.6, test: 0.1 },
          start: ['a', 'b'],
          fill: 'nextOpen',
          same: { deep: [1, 2] },
        },
      ),
    ).toEqual([
      { path: 'fill', before: null, after: 'nextOpen' },
      { path: 'seed', before: 1, after: 2 },
      { path: 'split.test', before: 0.2, after: 0.1 },
      { path: 'start', before: ['a'], after: ['a', 'b'] },
    ])
  })

  test('of a value that became an object is the whole of it', () => {
    expect(differences({ a: 1 }, { a: { b: 1 } })).toEqual([{ path: 'a', before: 1, after: { b: 1 } }])
    expect(differences({ a: null }, { a: null })).toEqual([])
  })
})

describe('settings', () => {
  const settings = (hash: string, source = 's', seed = 1) => ({
    config: { seed },
    data: { source, hash, symbols: 2, start: '2020-01-01', end: '2020-12-31' },
    split: { train: { start: 'a', end: 'b' }, validation: { start: 'a', end: 'b' }, test: null },
  })

  test('the same content under another path is the same data', () => {
    expect(settingsDifferences(settings('h', 'here'), settings('h', 'there'))).toEqual({
      config: [],
      data: [],
    })
  })

  test('other content is a difference, and so is every setting that decides a result', () => {
    expect(settingsDifferences(settings('h'), settings('i', 's', 2))).toEqual({
      config: [{ path: 'seed', before: 1, after: 2 }],
      data: [{ path: 'data.hash', before: 'h', after: 'i' }],
    })
  })

  test('iterations, workers, folders and memory do not change what a configuration is; all else does', () => {
    const hash = configHash(configOf())
    for (const given of [
      { iterations: 99 },
      { workers: 1 },
      { runDirectory: 'x' },
      { cacheMegabytes: 1 },
      { llm: { timeoutSeconds: 5 } },
    ])
      expect(configHash(configOf(given)), JSON.stringify(given)).toBe(hash)
    for (const given of [
      { seed: 2 },
      { market: 'none' },
      { batchSize: 5 },
      { objective: 'calmar' },
      { innovationRate: 0.5 },
      { champion: { minChance: 0.7 } },
      { constraints: { maxDrawdown: 0.3 } },
      { limits: { maxNodes: 50 } },
    ])
      expect(configHash(configOf(given)), JSON.stringify(given)).not.toBe(hash)
  })
})

describe('models that a run was created with', () => {
  /** As versions before the named providers wrote them. */
  const before = {
    provider: 'openai-compatible',
    model: 'gpt-4.1-mini',
    baseUrl: 'https://api.openai.com/v1',
    maxOutputTokens: 4000,
  }
  const stored = (config: Record<string, unknown>) => ({
    config,
    data: { source: 's', hash: 'h', symbols: 2, start: 'a', end: 'b' },
    split: { train: { start: 'a', end: 'b' }, validation: { start: 'a', end: 'b' }, test: null },
  })
  const changes = (old: object, now: object) =>
    settingsDifferences(
      stored({ llm: { enabled: true, models: [old], maxRounds: 3, promptTokens: 12_000 } }),
      stored({ llm: keptConfig(configOf({ llm: now })).llm }),
    ).config

  test('resume with the same settings, whether their address is written out or not', () => {
    expect(changes(before, { models: [{ model: 'gpt-4.1-mini' }] })).toEqual([])
    expect(changes(before, { models: [before] })).toEqual([])
    expect(changes(before, { models: [{ provider: 'openai', model: 'gpt-4.1-mini' }] })).not.toEqual([])
  })

  test('may get a budget, a price, streams and another key; who is asked, and how, is a change', () => {
    const model = { model: 'gpt-4.1-mini' }
    for (const now of [
      { budget: { maxCostUsd: 3, whenSpent: 'stop' } },
      { stallSeconds: 5 },
      {
        models: [
          {
            ...model,
            stream: true,
            apiKeyVariable: 'OTHER',
            price: { inputPerMillion: 1, outputPerMillion: 2 },
          },
        ],
      },
    ])
      expect(changes(before, { models: [model], ...now }), JSON.stringify(now)).toEqual([])
    for (const now of [
      { selection: 'bandit' },
      { fallback: [] },
      { models: [{ ...model, output: 'json' }] },
      { models: [{ ...model, weight: 2 }] },
    ])
      expect(changes(before, { models: [model], ...now }), JSON.stringify(now)).not.toEqual([])
  })

  test('keep their budget for a resume without a file', () => {
    expect(keptConfig(configOf({ llm: { budget: { maxCostUsd: 3 } } })).llm).toMatchObject({
      budget: { maxCostUsd: 3, whenSpent: 'factorGraph' },
    })
    expect(keptConfig(configOf()).llm).not.toHaveProperty('budget')
  })
})
