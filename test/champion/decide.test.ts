import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { decideChampion } from '../../src/champion/decide.js'
import { successionGates } from '../../src/champion/gates.js'
import type { Objective } from '../../src/champion/objective.js'
import { type ChampionPolicy, DEFAULT_CHAMPION_POLICY, requiredMargin } from '../../src/champion/policy.js'
import { BARS, contender, context, returnsFor } from './contenders.js'

const policy: ChampionPolicy = { ...DEFAULT_CHAMPION_POLICY, bootstrapDraws: 200 }
const champion = contender({ sharpe: 1 })
const gateOf = (decision: ReturnType<typeof decideChampion>) => (decision.updated ? 'updated' : decision.gate)

describe('the first champion', () => {
  test('needs a validation Sharpe of 0.5', () => {
    const none = context({ crownedAt: null })
    expect(decideChampion(null, contender({ sharpe: 0.5 }), policy, none)).toMatchObject({
      updated: true,
      by: 'first',
    })
    const refused = decideChampion(null, contender({ sharpe: 0.499 }), policy, none)
    expect(refused).toMatchObject({ updated: false, gate: 'first' })
    expect(refused.because).toBe(
      'Not champion (first): validation Sharpe 0.499, and a first champion needs 0.50.',
    )
  })

  test.each(['LEVEL_0', 'LEVEL_1', 'LEVEL_2'] as const)('is never a %s', (level) => {
    expect(gateOf(decideChampion(null, contender({ sharpe: 3 }, { level }), policy, context()))).toBe('level')
  })
})

describe('the margin', () => {
  test.each<[number, number, number, number]>([
    // champion, iterations since the crowning, refused, accepted
    [1, 3, 1.0199, 1.02],
    [1, 2, 1.099, 1.1],
    [1, 1, 1.099, 1.1],
    [3, 30, 3.029, 3.03],
    [0.1, 1, 0.1199, 0.12],
    [-0.5, 30, -0.481, -0.48],
    [-0.5, 1, -0.4501, -0.45],
  ])(
    'champion %d, %d iterations after a crowning: %d is refused, %d takes over',
    (held, since, low, enough) => {
      const now = context({ iteration: 10 + since })
      const rule = { ...policy, minChance: 0 }
      expect(gateOf(decideChampion(contender({ sharpe: held }), contender({ sharpe: low }), rule, now))).toBe(
        'margin',
      )
      expect(
        decideChampion(contender({ sharpe: held }), contender({ sharpe: enough }), rule, now),
      ).toMatchObject({
        updated: true,
        by: 'margin',
      })
    },
  )

  test('both of its rules decide somewhere: neither always wins', () => {
    const lead = (held: number, iteration: number) =>
      requiredMargin(held, policy, { iteration, crownedAt: 10 }).lead
    expect(lead(0.1, 11)).toBe(0.02)
    expect(lead(1, 11)).toBe(0.1)
    expect(lead(1, 40)).toBe(0.02)
    expect(lead(5, 40)).toBe(0.05)
  })

  test('the lead asked for is continuous in size, never negative, and never smaller right after a crowning', () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (held) => {
        const fresh = requiredMargin(held, policy, { iteration: 12, crownedAt: 10 })
        const settled = requiredMargin(held, policy, { iteration: 13, crownedAt: 10 })
        expect(settled.lead).toBeGreaterThanOrEqual(0.02)
        expect(fresh.lead).toBeGreaterThanOrEqual(settled.lead)
        expect(fresh.target).toBe(held + fresh.lead)
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('each gate alone can refuse', () => {
  test.each<[string, ReturnType<typeof contender>]>([
    ['level', contender({ sharpe: 1.5 }, { level: 'LEVEL_2' })],
    ['undefined', contender({ sharpe: null as unknown as number }, { returns: returnsFor(1.5) })],
    ['margin', contender({ sharpe: 1.01 }, { returns: returnsFor(1.5) })],
    ['calmar', contender({ sharpe: 1.5, calmar: 0.89 })],
    ['drawdown', contender({ sharpe: 1.5, maxDrawdown: -0.111 })],
    ['chance', contender({ sharpe: 1.5 }, { returns: returnsFor(0.9) })],
  ])('%s', (gate, challenger) => {
    const decision = decideChampion(champion, challenger, policy, context())
    expect(gateOf(decision)).toBe(gate)
    expect(decision.gates.filter(({ verdict }) => verdict === 'failed')).toHaveLength(1)
    expect(decision.because).toContain(`Not champion (${gate}):`)
  })

  test('and one that passes all takes over, with all the numbers in the sentence', () => {
    const decision = decideChampion(
      champion,
      contender({ sharpe: 1.5, calmar: 0.9, maxDrawdown: -0.11 }),
      policy,
      context(),
    )
    expect(decision).toMatchObject({ updated: true, by: 'margin' })
    expect(decision.gates.map(({ gate }) => gate)).toEqual([
      'level',
      'margin',
      'calmar',
      'drawdown',
      'chance',
    ])
    expect(decision.because).toMatch(
      /^Takes over: it is LEVEL_3; validation Sharpe 1\.50 against the champion's 1\.00, 1\.02 needed \(a lead of 0\.02: the least lead\); Calmar 0\.90 against 1\.00, 0\.90 needed; max drawdown 11\.0% against 10\.0%, at most 11\.0% allowed; chance of being better (0\.\d+|1\.00), 0\.60 needed \(200 draws\)\.$/,
    )
  })

  test('the chance is not drawn where another gate has refused already', () => {
    const decision = decideChampion(champion, contender({ sharpe: 1.5, calmar: 0.1 }), policy, context())
    expect(decision.gates.at(-1)).toMatchObject({ gate: 'chance', verdict: 'notReached', value: null })
  })

  test('several gates that refuse are all named, the first as the gate', () => {
    const decision = decideChampion(
      champion,
      contender({ sharpe: 1.5, calmar: 0.1, maxDrawdown: -0.5 }),
      policy,
      context(),
    )
    expect(gateOf(decision)).toBe('calmar')
    expect(decision.because).toContain('; also: max drawdown 50.0%')
  })
})

describe('drawdown and Calmar by sign', () => {
  const rule = { ...policy, minChance: 0 }

  test('the deeper drawdown is refused and the shallower accepted, never the other way round', () => {
    const depth = fc.double({ min: 0.01, max: 0.6, noNaN: true })
    fc.assert(
      fc.property(depth, depth, (held, own) => {
        const decision = decideChampion(
          contender({ sharpe: 1, maxDrawdown: -held }),
          contender({ sharpe: 2, maxDrawdown: -own }),
          rule,
          context(),
        )
        if (own <= held) expect(decision.updated).toBe(true)
        if (own > 1.1 * held + 1e-9) expect(gateOf(decision)).toBe('drawdown')
      }),
      { seed: 4, numRuns: 300 },
    )
  })

  test('a negative Calmar of the champion loosens the limit downwards, not upwards', () => {
    const held = contender({ sharpe: 1, calmar: -1 })
    expect(decideChampion(held, contender({ sharpe: 2, calmar: -1.1 }), rule, context()).updated).toBe(true)
    expect(gateOf(decideChampion(held, contender({ sharpe: 2, calmar: -1.11 }), rule, context()))).toBe(
      'calmar',
    )
  })

  test('a champion without any drawdown yields only to another such', () => {
    const spotless = (sharpe: number) => contender({ sharpe, calmar: null, maxDrawdown: 0 })
    expect(gateOf(decideChampion(spotless(1), contender({ sharpe: 2, calmar: 50 }), rule, context()))).toBe(
      'calmar',
    )
    expect(decideChampion(spotless(1), spotless(2), rule, context()).updated).toBe(true)
    expect(decideChampion(contender({ sharpe: 1 }), spotless(2), rule, context()).updated).toBe(true)
  })
})

describe('undefined metrics', () => {
  const rule = { ...policy, minChance: 0 }

  test('a missing Calmar or drawdown refuses nobody, and the sentence says what is missing and why', () => {
    for (const [held, own] of [
      [null, 1],
      [1, null],
      [null, null],
    ]) {
      const decision = decideChampion(
        contender({ sharpe: 1, calmar: held!, maxDrawdown: null }),
        contender({ sharpe: 2, calmar: own!, maxDrawdown: null }, {}),
        rule,
        context(),
      )
      expect(decision.updated).toBe(true)
      expect(decision.because).toMatch(/Calmar is undefined \(no reason was recorded\)/)
      expect(decision.because).toMatch(/max drawdown is undefined .* so it is not judged/)
    }
  })

  test('what could not be judged is said in a refusal too', () => {
    const decision = decideChampion(
      champion,
      contender({ sharpe: 1.005, calmar: null, maxDrawdown: null }),
      rule,
      context(),
    )
    expect(gateOf(decision)).toBe('margin')
    expect(decision.because).toContain('its Calmar is undefined')
  })

  test('a champion whose objective has no value is met as if there were none, and the sentence says so', () => {
    const broken = contender({ sharpe: null as unknown as number }, { returns: returnsFor(1) })
    const accepted = decideChampion(broken, contender({ sharpe: 0.6 }), rule, context())
    expect(accepted).toMatchObject({ updated: true, by: 'first' })
    expect(accepted.because).toContain(
      "The champion's own validation Sharpe is undefined (no reason was recorded)",
    )
    expect(gateOf(decideChampion(broken, contender({ sharpe: 0.4 }), rule, context()))).toBe('first')
  })

  test('series that cannot be compared are an error, not a verdict', () => {
    const short = contender({ sharpe: 2 }, { returns: new Float64Array(BARS - 1) })
    expect(() => decideChampion(champion, short, policy, context())).toThrow(
      /249 returns and the champion 250/,
    )
  })
})

describe('the tie-break', () => {
  const tie = (figures: Record<string, unknown>, nodes = 10) =>
    contender({ sharpe: 1 + 5e-10, ...figures }, { nodes })

  test('takes the smaller drawdown without margin and chance, and never the deeper', () => {
    expect(decideChampion(champion, tie({ maxDrawdown: -0.09 }), policy, context())).toMatchObject({
      updated: true,
      by: 'tie',
    })
    expect(gateOf(decideChampion(champion, tie({ maxDrawdown: -0.105 }), policy, context()))).toBe('margin')
  })

  test('takes the smaller graph where the drawdown is equal, and never the larger or an equal one', () => {
    expect(decideChampion(champion, tie({}, 9), policy, context()).updated).toBe(true)
    expect(gateOf(decideChampion(champion, tie({}, 10), policy, context()))).toBe('margin')
    expect(gateOf(decideChampion(champion, tie({}, 11), policy, context()))).toBe('margin')
    expect(gateOf(decideChampion(champion, tie({ maxDrawdown: -0.105 }, 3), policy, context()))).toBe(
      'margin',
    )
  })

  test('keeps the Calmar gate', () => {
    expect(
      gateOf(decideChampion(champion, tie({ maxDrawdown: -0.05, calmar: 0.5 }), policy, context())),
    ).toBe('calmar')
  })

  test('a drawdown that is undefined breaks no tie, and the sentence says whose', () => {
    expect(decideChampion(champion, tie({ maxDrawdown: null }), policy, context()).because).toContain(
      'its max drawdown is undefined',
    )
    const held = contender({ sharpe: 1, maxDrawdown: null })
    expect(decideChampion(held, tie({}), policy, context()).because).toContain(
      "the champion's max drawdown is undefined",
    )
  })

  test('a hair beyond 1e-9 is no tie any more', () => {
    const near = contender({ sharpe: 1 + 2e-9, maxDrawdown: -0.01 })
    expect(gateOf(decideChampion(champion, near, policy, context()))).toBe('margin')
  })

  test('two equals never take over from each other in turn', () => {
    const figures = fc.record({
      maxDrawdown: fc.constantFrom(-0.1, -0.1 - 5e-10, -0.1 + 5e-10, -0.2),
      nodes: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(figures, figures, (a, b) => {
        const first = tie({ maxDrawdown: a.maxDrawdown }, a.nodes)
        const second = tie({ maxDrawdown: b.maxDrawdown }, b.nodes)
        const there = decideChampion(first, second, policy, context()).updated
        const back = decideChampion(second, first, policy, context()).updated
        expect(there && back).toBe(false)
      }),
      { seed: 6, numRuns: 200 },
    )
  })
})

describe('objectives', () => {
  test.each<[Objective, string]>([
    ['sortino', 'sortino'],
    ['calmar', 'calmar'],
    ['activeSharpe', 'informationRatio'],
  ])('%s replaces Sharpe with the same thresholds', (objective, metric) => {
    const rule = { ...policy, objective }
    const now = context({ benchmarkReturns: returnsFor(0) })
    const of = (value: number, sharpe: number) => contender({ sharpe, calmar: 1, [metric]: value })
    expect(decideChampion(of(1, 0.1), of(1.5, 1), rule, now)).toMatchObject({ updated: true })
    expect(gateOf(decideChampion(of(1, 0.1), of(1.01, 1), rule, now))).toBe('margin')
    expect(gateOf(decideChampion(null, of(0.4, 3), rule, now))).toBe('first')
    expect(gateOf(decideChampion(of(1, 3), of(1.5, 0.1), rule, now))).toBe('chance')
  })

  test('activeSharpe without the returns of the benchmark is an error, not a verdict', () => {
    const rule = { ...policy, objective: 'activeSharpe' as const }
    const of = (value: number) => contender({ sharpe: value, informationRatio: value })
    expect(() => decideChampion(of(1), of(2), rule, context())).toThrow(/no benchmark returns for 250 bars/)
    expect(() =>
      decideChampion(of(1), of(2), rule, context({ benchmarkReturns: new Float64Array(3) })),
    ).toThrow(/3 benchmark returns/)
  })

  test('an infinite objective is a tie with another infinite one, not NaN', () => {
    const rule = { ...policy, objective: 'calmar' as const }
    const spotless = (nodes: number) => contender({ sharpe: 1, calmar: null, maxDrawdown: 0 }, { nodes })
    expect(decideChampion(spotless(10), spotless(9), rule, context())).toMatchObject({
      updated: true,
      by: 'tie',
    })
    expect(gateOf(decideChampion(spotless(10), contender({ sharpe: 1, calmar: 9 }), rule, context()))).toBe(
      'margin',
    )
  })
})

describe('any two contenders', () => {
  const value = fc.oneof(fc.constant(null), fc.double({ min: -3, max: 5, noNaN: true }))
  const anyone = fc
    .record({
      sharpe: value,
      calmar: value,
      maxDrawdown: fc.oneof(fc.constant(null), fc.double({ min: -0.9, max: 0, noNaN: true })),
      level: fc.constantFrom('LEVEL_0', 'LEVEL_1', 'LEVEL_2', 'LEVEL_3' as const),
      nodes: fc.integer({ min: 1, max: 200 }),
    })
    .map(({ sharpe, calmar, maxDrawdown, level, nodes }) =>
      contender(
        { sharpe: sharpe as number, calmar, maxDrawdown },
        {
          level: level as 'LEVEL_3',
          nodes,
          returns: returnsFor(sharpe ?? 0),
        },
      ),
    )
  const fast = { ...policy, bootstrapDraws: 40 }

  test('a decision is either an update or names the gate that failed, in one sentence without NaN', () => {
    fc.assert(
      fc.property(fc.option(anyone), anyone, fc.integer({ min: 0, max: 60 }), (held, own, iteration) => {
        const decision = decideChampion(held, own, fast, context({ iteration }))
        const failed = decision.gates.filter(({ verdict }) => verdict === 'failed')
        if (decision.updated) {
          expect(failed).toEqual([])
          expect('gate' in decision).toBe(false)
          expect(own.level).toBe('LEVEL_3')
        } else {
          expect(failed[0]?.gate).toBe(decision.gate)
        }
        expect(decision.because).toMatch(/^[A-Z].*\.$/)
        expect(decision.because).not.toMatch(/NaN|Infinity|\[object|null/)
        for (const { value: seen, limit } of decision.gates)
          for (const number of [seen, limit]) expect(number === null || Number.isFinite(number)).toBe(true)
      }),
      { seed: 9, numRuns: 400 },
    )
  })

  test('a challenger that takes over by its margin still does when it is better in every figure', () => {
    const level3 = {
      sharpe: fc.double({ min: 0.1, max: 3, noNaN: true }),
      depth: fc.double({ min: 0.02, max: 0.5, noNaN: true }),
    }
    fc.assert(
      fc.property(
        fc.record(level3),
        fc.record(level3),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (held, own, more) => {
          const crowned = contender({ sharpe: held.sharpe, maxDrawdown: -held.depth })
          const seed = context().rng
          const at = (sharpe: number, depth: number, calmar: number) =>
            decideChampion(
              crowned,
              contender({ sharpe, maxDrawdown: -depth, calmar }),
              fast,
              context({ rng: seed.fork() }),
            )
          const before = at(own.sharpe, own.depth, 1)
          if (!before.updated || before.by !== 'margin') return
          expect(at(own.sharpe + more, own.depth * 0.9, 1 + more).updated).toBe(true)
        },
      ),
      { seed: 10, numRuns: 300 },
    )
  })
})

describe('succession', () => {
  test('asks every gate but the margin', () => {
    const gates = successionGates(
      contender({ sharpe: 1 }),
      contender({ sharpe: 1.01 }, { returns: returnsFor(2) }),
      policy,
      {
        rng: createRng('succession'),
        periodsPerYear: 252,
      },
    )
    expect(gates.map(({ gate, verdict }) => [gate, verdict])).toEqual([
      ['level', 'passed'],
      ['calmar', 'passed'],
      ['drawdown', 'passed'],
      ['chance', 'passed'],
    ])
  })

  test('names an objective without a value', () => {
    const gates = successionGates(
      champion,
      contender({ sharpe: null as unknown as number }, { returns: returnsFor(2) }),
      policy,
      {
        rng: createRng('succession'),
        periodsPerYear: 252,
      },
    )
    expect(gates.find(({ gate }) => gate === 'undefined')?.verdict).toBe('failed')
  })
})
