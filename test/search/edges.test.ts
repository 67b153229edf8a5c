import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { createRng } from '../../src/base/rng.js'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'
import { finishStrategy } from '../../src/search/finish.js'
import { strategyFromTemplate } from '../../src/search/from-template.js'
import { randomStrategy } from '../../src/search/random-strategy.js'
import { spaceOf } from './support.js'

const close = { id: 'close', op: 'field', inputs: [], params: { name: 'close' } }
const parts = {
  name: 'Parts',
  nodes: [close],
  rule: { kind: 'score', score: 'close', select: { top: 3 } },
  portfolio: DEFAULT_PORTFOLIO,
} as const

describe('finishing a proposal', () => {
  test('a defect of the one who composed it is thrown, not counted as a refusal', () => {
    const unknown = { ...parts, nodes: [{ ...close, op: 'clsoe' }] }
    expect(() => finishStrategy(unknown, spaceOf(), 'broken')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPERATOR' }),
    )
    expect(() => finishStrategy(unknown, spaceOf(), 'broken')).toThrow(AlphaloopError)
  })

  test('what is too large or has no valid parameter is refused in words', () => {
    const lag = { id: 'lag', op: 'lag', inputs: ['close'], params: { n: 0 } }
    const wrong = { ...parts, nodes: [close, lag], rule: { ...parts.rule, score: 'lag' } }
    expect(finishStrategy(wrong, spaceOf(), 'wrong')).toMatchObject({
      ok: false,
      because: expect.stringContaining('n must be a whole number'),
    })
    const tight = { ...spaceOf(), limits: { maxNodes: 1, maxDepth: 1, maxFields: 1 } }
    const deep = { ...wrong, nodes: [close, { ...lag, params: { n: 3 } }] }
    expect(finishStrategy(deep, tight, 'deep')).toMatchObject({
      ok: false,
      because: 'the strategy has 2 nodes, the limit is 1',
    })
  })

  test('the same again is no change', () => {
    const made = finishStrategy(parts, spaceOf(), 'first')
    if (!made.ok) throw new Error(made.because)
    expect(finishStrategy(parts, spaceOf(), 'again', made.strategy)).toEqual({
      ok: false,
      because: 'it would be the same strategy',
    })
  })
})

describe('where little is left to draw from', () => {
  test('without a template that fits, templates say so', () => {
    const space = spaceOf()
    const none = { ...space, library: { ...space.library, templates: [] } }
    expect(strategyFromTemplate(createRng(1), none)).toEqual({
      ok: false,
      because: 'no template fits the data and the constraints',
    })
  })

  test('of a field without a return or a ratio, random strategies take the field itself', () => {
    const bare = spaceOf({ operators: ['rank', 'sma'], fields: ['volume'] }, ['volume'])
    let made = 0
    for (let i = 0; i < 20; i++) {
      const result = randomStrategy(createRng('bare', i), bare)
      if (!result.ok) continue
      made++
      expect(result.strategy.fields).toEqual(['volume'])
      expect(result.strategy.graph.nodes.map(({ op }) => op)).toContain('sma')
    }
    expect(made).toBeGreaterThan(10)
  })
})
