import type { Strategy } from '../graph/strategy.js'
import type { Ref } from '../library/compose-graph.js'
import { attempt } from './attempt.js'
import { compose, type Draft, openDraft } from './draft.js'
import { type Edge, edgesOf, factorEdges, isRanked, redirect } from './edges.js'
import { addCondition, addTerm } from './mutate-structure.js'
import { crossedName, familyOf } from './names.js'
import type { MutationContext, MutationResult } from './proposal.js'

/** Copies a part of the donor into the receiver, and gives its root there. */
function graft(receiver: Draft, donor: Draft, root: Ref): Ref {
  const prefix = `d${receiver.composers++}:`
  const copy = (id: Ref): Ref => {
    const name = `${prefix}${id}`
    if (receiver.nodes.has(name)) return name
    const { mask, ...node } = donor.nodes.get(id)!
    const inputs = node.inputs.map(copy)
    receiver.nodes.set(name, {
      ...node,
      id: name,
      inputs,
      ...(mask === undefined ? {} : { mask: copy(mask) }),
    })
    return name
  }
  return copy(root)
}

/** Conditions for being held, as they stand in the universe or the entry. */
const conditionsOf = (edges: readonly Edge[]) =>
  edges.filter(({ type, wanted }) => type === 'boolean' && wanted)

/**
 * A child of two strategies: the first, with something of the second grafted in. A factor of the second goes where
 * the first has one, or is added to its score; the two scores are added as ranks; a condition of the second is put
 * in or added; or the first's rule gets the second's universe or settings.
 */
export function crossover(first: Strategy, second: Strategy, context: MutationContext): MutationResult {
  const { rng, space } = context
  if (first.hash === second.hash) return { ok: false, because: 'both parents are the same strategy' }
  const donor = openDraft(second, space)
  const donorEdges = edgesOf(donor)
  const gifts = factorEdges(donor, donorEdges)
  const conditions = conditionsOf(donorEdges)
  const from = familyOf(second.graph.name)
  return attempt(
    first,
    context,
    (draft) => {
      const edges = edgesOf(draft)
      const places = factorEdges(draft, edges)
      const open = conditionsOf(edges)
      const adds = space.operators.has('add')
      const joins = draft.universe === undefined || space.operators.has('and')
      const score = draft.rule.kind === 'score'
      const gift = donor.rule.kind === 'score' ? donor.rule.score : undefined
      const weights = [
        gifts.length > 0 && places.length > 0 ? 4 : 0,
        gift !== undefined && score && adds ? 3 : 0,
        gifts.length > 0 && score && adds ? 2 : 0,
        conditions.length > 0 && open.length > 0 ? 2 : 0,
        conditions.length > 0 && joins ? 2 : 0,
        donor.universe !== undefined ? 1 : 0,
        1,
      ]
      switch (rng.weighted(weights)) {
        case 0: {
          const { reader, id } = rng.pick(places)
          const given = rng.pick(gifts).id
          const root = graft(draft, donor, given)
          const rank = isRanked(draft, id) && !isRanked(draft, root) && space.operators.has('rank')
          redirect(draft, reader, rank ? compose(draft, space, (c) => c.op('rank', [root])) : root)
          return { what: `${donor.nodes.get(given)!.op} of ${from} for ${draft.nodes.get(id)!.op}` }
        }
        case 1:
          return { what: addTerm(draft, context, graft(draft, donor, gift!), `score of ${from}`) }
        case 2: {
          const given = rng.pick(gifts).id
          const label = `${donor.nodes.get(given)!.op} of ${from}`
          return { what: addTerm(draft, context, graft(draft, donor, given), label) }
        }
        case 3: {
          const { reader, id } = rng.pick(open)
          const given = rng.pick(conditions).id
          redirect(draft, reader, graft(draft, donor, given))
          return { what: `${donor.nodes.get(given)!.op} of ${from} for ${draft.nodes.get(id)!.op}` }
        }
        case 4: {
          const given = rng.pick(conditions).id
          const label = `${donor.nodes.get(given)!.op} of ${from}`
          return { what: addCondition(draft, context, graft(draft, donor, given), label) }
        }
        case 5:
          draft.universe = graft(draft, donor, donor.universe!)
          return { what: `universe of ${from}` }
        default: {
          const { exits, rebalance, weight } = donor.portfolio
          const fits =
            draft.rule.kind === 'score' || (draft.rule.kind === 'signals' && typeof weight === 'object')
          draft.portfolio = { ...draft.portfolio, exits, rebalance, ...(fits ? { weight } : {}) }
          if (
            draft.rule.kind === 'score' &&
            donor.rule.kind === 'score' &&
            !('threshold' in donor.rule.select)
          )
            draft.rule = { ...draft.rule, select: donor.rule.select }
          return { what: `settings of ${from}` }
        }
      }
    },
    (what) => crossedName(first.graph.name, second.graph.name, what.replace(` of ${from}`, '')),
  )
}
