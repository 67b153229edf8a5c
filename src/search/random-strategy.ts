/**
 * A strategy at random that almost always trades:
 * 1. the score adds one to four factors as ranks, from the library or from random expressions (random-expression.ts),
 *    so that each term is comparable across symbols and none drowns the others
 * 2. the universe asks for liquidity where there is volume, and now and then for one or two conditions
 * 3. settings are drawn as for templates
 */
import type { Rng } from '../base/rng.js'
import { type Composer, createComposer, type Ref } from '../library/compose-graph.js'
import { shorten } from '../library/draw-template.js'
import { drawEntry, entryLabel } from '../library/params.js'
import { drawPortfolio, drawSelect, portfolioLabel } from '../library/portfolio.js'
import { finishStrategy } from './finish.js'
import { portfolioDraw } from './from-template.js'
import type { MutationResult, SearchSpace } from './proposal.js'
import { randomExpression } from './random-expression.js'

interface Term {
  readonly ref: Ref
  readonly label: string
}

function randomTerm(c: Composer, rng: Rng, space: SearchSpace): Term | undefined {
  const { factors } = space.library
  if (factors.length === 0 || rng.next() < 0.2) {
    const expression = randomExpression(c, rng, space)
    if (expression !== undefined || factors.length === 0) return expression
  }
  const entry = rng.pick(factors)
  const params = drawEntry(rng, entry, space.longestWindow)
  const ref = entry.build(c, params)
  // What the literature expects is not always so: now and then the other way round.
  if (space.operators.has('neg') && rng.next() < 0.1)
    return { ref: c.op('neg', [ref]), label: `minus ${entry.title}` }
  return { ref, label: entry.title }
}

function randomScore(c: Composer, rng: Rng, space: SearchSpace): Term | undefined {
  const adds = space.operators.has('add')
  const count = adds ? 1 + rng.weighted([2, 4, 3, 1]) : 1
  const terms: Term[] = []
  for (let i = 0; i < count; i++) {
    const term = randomTerm(c, rng, space)
    if (term !== undefined) terms.push(term)
  }
  if (terms.length === 0) return undefined
  const ranks = space.operators.has('rank')
    ? terms.map(({ ref }) => c.op('rank', [ref]))
    : terms.map(({ ref }) => ref)
  const weighted = ranks.map((ref, i) => {
    const weight = i === 0 ? 1 : rng.pick([0.5, 1, 1])
    return weight === 1 || !space.operators.has('mul') ? ref : c.op('mul', [ref, weight])
  })
  return {
    ref: weighted.reduce((sum, ref) => c.op('add', [sum, ref])),
    label: [...new Set(terms.map(({ label }) => label))].join(' + '),
  }
}

function randomUniverse(c: Composer, rng: Rng, space: SearchSpace): { ref: Ref | undefined; label: string } {
  const { filters } = space.library
  const liquid = filters.filter(({ name }) => name === 'liquid' && rng.next() < 0.8)
  const others = filters.filter(({ name }) => name !== 'liquid')
  const count = space.operators.has('and') ? rng.weighted([4, 4, 1]) : Math.min(1, 1 - liquid.length)
  const chosen = rng.shuffle(others).slice(0, count)
  const conditions = [...liquid, ...chosen].map((entry) => {
    const params = drawEntry(rng, entry, space.longestWindow)
    return { ref: entry.build(c, params), label: entryLabel(entry, params) }
  })
  return {
    ref: conditions.reduce<Ref | undefined>(
      (sofar, { ref }) => (sofar === undefined ? ref : c.op('and', [sofar, ref])),
      undefined,
    ),
    label: chosen.map(({ title }) => title).join(', '),
  }
}

/** A random strategy, or why none can be drawn from this space. */
export function randomStrategy(rng: Rng, space: SearchSpace): MutationResult {
  const c = createComposer('n', space.fields, space.groups)
  const score = randomScore(c, rng, space)
  if (score === undefined) return { ok: false, because: 'nothing that is allowed makes a score' }
  const universe = randomUniverse(c, rng, space)
  const draw = portfolioDraw(rng, space)
  const rule = { kind: 'score', score: score.ref, select: drawSelect(rng, space.symbols) } as const
  const portfolio = drawPortfolio(draw, {
    exits: 0.3,
    weights: ['equal', 'equal', 'rank', { inverseVolatility: rng.int(20, 120) }],
  })
  const label = [universe.label === '' ? '' : `if ${universe.label}`, portfolioLabel(rule, portfolio)]
  const name = shorten(`${shorten(score.label, 44)}, ${label.filter(Boolean).join(', ')}`)
  return finishStrategy(
    { name, nodes: c.nodes, universe: universe.ref, rule, portfolio },
    space,
    `random: ${score.label}`,
  )
}
