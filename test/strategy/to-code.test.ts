import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { strategyToCode } from '../../src/strategy/to-code.js'
import { randomStrategy } from './random-strategy.js'

const sandbox = createQuickJsSandbox()
const limits = { maxNodes: 10_000, maxDepth: 10_000, maxFields: 100 }
const compile = (source: string) => compileStrategy(source, sandbox, { fileName: 'round.ts', limits })

const LIQUID_MOMENTUM = `import { field, rank, strategy } from 'alphaloop'

const close = field('close')

export default strategy({
  name: 'Liquid momentum',
  universe: field('dollarVolume').sma(20).gt(5_000_000),
  score: rank(close.pctChange(60)).sub(rank(close.std(20))),
  select: { top: 20 },
  exits: { trailingStop: 0.15 },
})
`

describe('code from a graph', () => {
  test('a strategy that was written well comes back as it was written', async () => {
    expect(strategyToCode(await compile(LIQUID_MOMENTUM))).toBe(LIQUID_MOMENTUM)
  })

  test('code to graph to code to graph gives the same hash, and the text stays', async () => {
    const rounds = process.env.ALPHALOOP_DEEP === '1' ? 2000 : 60
    for (let i = 0; i < rounds; i++) {
      const rng = createRng('to-code', i)
      const strategy = randomStrategy(rng, rng.int(2, 40))
      const code = strategyToCode(strategy)
      const again = await compile(code).catch((error: Error) => {
        throw new Error(`round ${i}: ${error.message}\n${code}`)
      })
      expect(again.hash, `round ${i}\n${code}`).toBe(strategy.hash)
      expect(strategyToCode(again)).toBe(code)
    }
  }, 300_000)

  test('texts with quotes, backslashes and line breaks survive; a name is shown, so it is one line', async () => {
    const name = `It's "quoted" \\ and\nbroken \\" \u2028 日本`
    const strategy = await compile(
      `strategy({ name: ${JSON.stringify(name)}, weights: field(${JSON.stringify(name)}) })`,
    )
    const again = await compile(strategyToCode(strategy))
    expect(again.fields).toEqual([name])
    expect(again.graph.name).toBe(`It's "quoted" \\ and broken \\" 日本`)
    expect(again.hash).toBe(strategy.hash)
  })

  test('a cross-section outside the universe says so, one inside does not', async () => {
    const code = strategyToCode(
      await compile(`const close = field('close')
        strategy({ universe: close.gt(5), weights: rank(close).sub(rank(close, { mask: null })) })`),
    )
    expect(code).toContain('rank(close).sub(rank(close, { mask: null }))')
  })

  test('numbers that could be taken for parameters are written as constants', async () => {
    const strategy = await compile(`strategy({ weights: field('close').add(rsi(constant(5), 14)) })`)
    const code = strategyToCode(strategy)
    expect(code).toContain('rsi(constant(5), 14)')
    expect((await compile(code)).hash).toBe(strategy.hash)
  })

  test('a field that only an indicator reads by default is not named', async () => {
    const code = strategyToCode(await compile(`strategy({ weights: rsi(14).sub(atr(20)).add(rsi(5)) })`))
    expect(code).not.toContain("field('close')")
  })

  test('settings appear only where they differ from the defaults', async () => {
    const code = strategyToCode(
      await compile(
        `strategy({ weights: field('close'), rebalance: 'monthly', fill: 'nextClose', exits: {} })`,
      ),
    )
    expect(code).toContain("fill: 'nextClose'")
    expect(code).not.toMatch(/rebalance|exits|grossExposure/)
  })
})
