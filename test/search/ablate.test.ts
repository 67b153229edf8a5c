import { describe, expect, test } from 'vitest'
import { createStrategy } from '../../src/graph/strategy.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { ablations } from '../../src/search/ablate.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { strategyToCode } from '../../src/strategy/to-code.js'
import { population, spaceOf } from './support.js'

const sandbox = createQuickJsSandbox()
const space = spaceOf()

const compiled = (settings: string) =>
  compileStrategy(
    `import { strategy, field, rank, zscore } from 'alphaloop'
     const close = field('close')
     const volume = field('volume')
     export default strategy({ ${settings} })`,
    sandbox,
    { language: 'ts' },
  )

const partsOf = async (settings: string) => ablations(await compiled(settings), space)
const names = async (settings: string) => (await partsOf(settings)).map(({ without }) => without)
const hash = async (settings: string) => (await compiled(settings)).hash

describe('a strategy without one of its parts', () => {
  const two =
    'score: rank(close.pctChange(60)).sub(rank(close.pctChange(1).std(20)).mul(0.5)), select: { top: 10 }'

  test('a sum keeps its other term, and what is subtracted stays subtracted', async () => {
    const parts = await partsOf(two)
    const found = (without: string) => parts.find((part) => part.without === without)!.strategy.hash
    expect(found('rank(close.pctChange(1).std(20)).mul(0.5)')).toBe(
      await hash('score: rank(close.pctChange(60)), select: { top: 10 }'),
    )
    expect(found('rank(close.pctChange(60))')).toBe(
      await hash('score: rank(close.pctChange(1).std(20)).mul(0.5).neg(), select: { top: 10 }'),
    )
  })

  test('a conjunction keeps its other condition, a lone universe goes whole', async () => {
    const score = 'score: close.pctChange(60), select: { top: 10 }'
    const both = await partsOf(`universe: close.gt(5).and(volume.gt(1000)), ${score}`)
    const rest = both.find(({ without }) => without === 'close.gt(5)')!.strategy.hash
    expect(rest).toBe(await hash(`universe: volume.gt(1000), ${score}`))
    const lone = await partsOf(`universe: close.gt(5), ${score}`)
    expect(lone.find(({ without }) => without === 'the universe close.gt(5)')!.strategy.hash).toBe(
      await hash(score),
    )
  })

  test('without its selection it holds everything that it may hold', async () => {
    const [selection] = await partsOf('score: close.pctChange(60), select: { top: 10 }')
    expect(selection!.without).toMatch(/^its selection by score/)
    expect(selection!.strategy.hash).toBe(
      await hash('score: close.pctChange(60), select: { topFraction: 1 }'),
    )
  })

  test('a cross-section around a term goes by itself, but not one that only sorts', async () => {
    expect(await names(two)).toContain('rank(…) around close.pctChange(60)')
    expect(await names('score: rank(close.pctChange(60)), select: { top: 10 }')).toEqual([
      'its selection by score (everything that may be held is held)',
    ])
    expect(await names("score: rank(close.pctChange(60)), select: { top: 10 }, weight: 'score'")).toContain(
      'rank(…) around close.pctChange(60)',
    )
  })

  test('each exit, the weights and each limit goes by itself', async () => {
    expect(
      await names(
        'score: close.pctChange(60), select: { top: 10 }, weight: { inverseVolatility: 20 }, exits: { trailingStop: 0.2, maxHoldingBars: 50 }, maxWeight: 0.2',
      ),
    ).toEqual([
      'its selection by score (everything that may be held is held)',
      'the exit trailingStop 0.2',
      'the exit maxHoldingBars 50',
      'its weights {"inverseVolatility":20} (equal ones in their place)',
      'the limit maxWeight 0.2',
    ])
  })

  test('signals lose one condition at a time, weights the condition of a where', async () => {
    expect(
      await names(
        'signals: { enter: close.gt(close.sma(50).mul(1.1)).and(volume.gt(1000)), exit: close.lt(close.sma(20)) }',
      ),
    ).toEqual(['close.gt(close.sma(50).mul(1.1))', 'volume.gt(1000)'])
    const parts = await compileStrategy(
      `import { strategy, field, where } from 'alphaloop'
       const close = field('close')
       export default strategy({ weights: where(close.gt(close.sma(50)), close.pctChange(20), close.pctChange(5)) })`,
      sandbox,
      { language: 'ts' },
    ).then((strategy) => ablations(strategy, space))
    expect(parts.map(({ without }) => without)).toEqual(['the condition close.gt(close.sma(50))'])
  })

  test('keeps its side and its rebalance, also those that the search would not draw', async () => {
    const [part] = (
      await partsOf(
        "universe: close.gt(5), score: close.pctChange(60), select: { top: 10 }, side: 'longShort', rebalance: 'daily'",
      )
    ).map(({ strategy }) => strategy.graph.portfolio)
    expect(part).toMatchObject({ side: 'longShort', rebalance: 'daily' })
  })

  test("keeps the config's universe", async () => {
    const asked = await compiled('universe: volume.gt(1000), score: close, select: { top: 1 }')
    const limited = spaceOf({
      universe: {
        nodes: asked.graph.nodes,
        root: asked.graph.universe!,
      },
    })
    const strategy = await compiled(
      'universe: volume.gt(1000).and(close.gt(5)), score: close.pctChange(60), select: { top: 10 }',
    )
    const parts = ablations(strategy, limited)
    expect(parts.map(({ without }) => without)).toEqual([
      'the universe close.gt(5)',
      'its selection by score (everything that may be held is held)',
    ])
    for (const part of parts) expect(strategyToCode(part.strategy)).toMatch(/universe: .*\.gt\(1000\)/)
  })
})

test('a window function is told on one line', async () => {
  const parts = await partsOf(
    `score: rank(close.pctChange(60)).add(rank(close.custom('mine', 5, (x) => {
      let sum = 0
      for (const v of x) sum += v
      return sum
    }))), select: { top: 10 }`,
  )
  const found = parts.find(({ without }) => without.startsWith("rank(close.custom('mine', 5,"))
  expect(found!.without).not.toContain('\n')
})

test('what is too large for the limits without a part is passed over', async () => {
  const strategy = await compiled(
    'score: rank(close.pctChange(60)).add(rank(close.std(20))), select: { top: 10 }',
  )
  const narrow = { ...space, limits: { ...space.limits, maxNodes: 3 } }
  expect(ablations(strategy, space).length).toBeGreaterThan(ablations(strategy, narrow).length)
  expect(
    ablations(strategy, narrow)
      .map(({ without }) => without)
      .sort(),
  ).toEqual(['rank(close.pctChange(60))', 'rank(close.std(20))'])
})

test('of any strategy: other strategies, valid ones, each once, no more than asked for, and the same every time', () => {
  let parts = 0
  for (const strategy of population(space, 400, 'ablation')) {
    const found = ablations(strategy, space)
    parts += found.length
    expect(found.length).toBeLessThanOrEqual(12)
    const hashes = found.map((part) => part.strategy.hash)
    expect(new Set([...hashes, strategy.hash]).size).toBe(found.length + 1)
    for (const { strategy: rest, without } of found) {
      expect(createStrategy(JSON.parse(JSON.stringify(rest.graph)), space.limits).hash).toBe(rest.hash)
      expect(rest.graph.portfolio.side).toBe(strategy.graph.portfolio.side)
      expect(without.length).toBeLessThan(140)
    }
    expect(ablations(strategy, space, 3).length).toBeLessThanOrEqual(3)
    expect(ablations(strategy, space).map((part) => part.strategy.hash)).toEqual(hashes)
  }
  // Templates and random strategies have several parts each; a list that stays empty would prove nothing.
  expect(parts).toBeGreaterThan(400 * 2)
})
