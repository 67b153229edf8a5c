import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { correlation } from '../../src/base/stats/correlation.js'
import { DEFAULT_HALL_POLICY, type HallEntry, hallOfFame } from '../../src/champion/hall-of-fame.js'
import { lineage } from '../../src/champion/lineage.js'

const independent = (iteration: number) =>
  Float64Array.from(
    { length: 200 },
    (
      (rng) => () =>
        rng.normal()
    )(createRng('hall', iteration)),
  )

const entry = (iteration: number, value: number, change: Partial<HallEntry> = {}): HallEntry => ({
  id: `id${iteration}`,
  iteration,
  hash: `h${iteration}`,
  name: `Strategy ${iteration}`,
  level: 'LEVEL_3',
  value,
  returns: independent(iteration),
  ...change,
})

const iterations = (entries: readonly HallEntry[]) => entries.map(({ iteration }) => iteration)

describe('the hall of fame', () => {
  test('champions from 2.0, contenders from 1.5, the rest archived, the best first', () => {
    const hall = hallOfFame([
      entry(0, 1.49),
      entry(1, 2),
      entry(2, 1.5),
      entry(3, 3),
      entry(4, -0.2),
      entry(5, 1.99),
    ])
    expect(iterations(hall.champions)).toEqual([3, 1])
    expect(iterations(hall.contenders)).toEqual([5, 2])
    expect(iterations(hall.archived)).toEqual([0, 4])
    expect(hall.refused).toEqual([])
  })

  test('LEVEL_2 is archived whatever its figure, LEVEL_0 and LEVEL_1 are refused', () => {
    const hall = hallOfFame([
      entry(0, 3, { level: 'LEVEL_2' }),
      entry(1, 3, { level: 'LEVEL_1' }),
      entry(2, Number.NaN),
    ])
    expect(iterations(hall.archived)).toEqual([0])
    expect(hall.refused.map(({ reason }) => reason)).toEqual(['unusable', 'unusable'])
  })

  test('an equal graph is refused, and so are returns that correlate by 0.95: the best stays', () => {
    const base = independent(1)
    const near = base.map((value, i) => value + 0.1 * Math.sin(i))
    const hall = hallOfFame([
      entry(0, 2.1, { returns: near }),
      entry(1, 2.5, { returns: base }),
      entry(2, 1.6, { hash: 'h1' }),
      entry(3, 1.7),
    ])
    expect(iterations(hall.champions)).toEqual([1])
    expect(iterations(hall.contenders)).toEqual([3])
    expect(hall.refused).toMatchObject([
      { reason: 'nearDuplicate', entry: { iteration: 0 }, of: { iteration: 1 } },
      { reason: 'equalGraph', entry: { iteration: 2 }, of: { iteration: 1 } },
    ])
  })

  test('opposite returns are no duplicates, and missing, constant or shorter ones are compared by graph only', () => {
    const base = independent(1)
    const hall = hallOfFame([
      entry(1, 2.5, { returns: base }),
      entry(2, 2.4, { returns: base.map((value) => -value) }),
      entry(3, 2.3, { returns: null }),
      entry(4, 2.2, { returns: new Float64Array(200) }),
      entry(5, 2.1, { returns: base.slice(1) }),
    ])
    expect(iterations(hall.champions)).toEqual([1, 2, 3, 4, 5])
  })

  test('the archive keeps its size', () => {
    const hall = hallOfFame([entry(0, 1), entry(1, 0.9), entry(2, 0.8)], {
      ...DEFAULT_HALL_POLICY,
      archiveSize: 2,
    })
    expect(iterations(hall.archived)).toEqual([0, 1])
    expect(hall.refused).toMatchObject([{ reason: 'full', entry: { iteration: 2 } }])
  })

  test('in any order of arrival: same hall, everyone in one place, no near-duplicates inside', () => {
    const values = fc.array(
      fc.tuple(fc.double({ min: -1, max: 4, noNaN: true }), fc.integer({ min: 0, max: 6 })),
      { maxLength: 25 },
    )
    fc.assert(
      fc.property(values, fc.integer(), (rows, seed) => {
        const entries = rows.map(([value, family], i) =>
          entry(i, value, {
            returns: independent(family).map((r, bar) => r + 0.05 * Math.cos(bar * (i + 1))),
          }),
        )
        const hall = hallOfFame(entries)
        const inside = [...hall.champions, ...hall.contenders, ...hall.archived]
        expect(
          iterations([...inside, ...hall.refused.map((refusal) => refusal.entry)]).sort((a, b) => a - b),
        ).toEqual(iterations(entries))
        for (const a of inside)
          for (const b of inside) if (a !== b) expect(correlation(a.returns!, b.returns!)).toBeLessThan(0.95)
        expect(hallOfFame(createRng(seed).shuffle(entries))).toEqual(hall)
      }),
      { seed: 12, numRuns: 60 },
    )
  })
})

describe('lineage', () => {
  const records = new Map(
    Object.entries({ a: [], b: ['a'], c: ['a', 'b'], d: ['c', 'gone'], x: ['y'], y: ['x'] }).map(
      ([id, parents]) => [id, { id, parents }],
    ),
  )

  test('goes back generation by generation, each ancestor once at its nearest', () => {
    const { ancestors, missing } = lineage('d', records)
    expect(ancestors.map(({ record, generation }) => [record.id, generation])).toEqual([
      ['d', 0],
      ['c', 1],
      ['a', 2],
      ['b', 2],
    ])
    expect(missing).toEqual(['gone'])
  })

  test('ends where records name each other, and at records without parents', () => {
    expect(lineage('x', records).ancestors.map(({ record }) => record.id)).toEqual(['x', 'y'])
    expect(lineage('z', new Map([['z', { id: 'z' }]])).ancestors).toHaveLength(1)
    expect(lineage('nobody', records)).toEqual({ ancestors: [], missing: ['nobody'] })
  })
})
