/**
 * What made a strategy work, asked by leaving its parts out one at a time:
 * 1. the parts: terms of its score, conditions, cross-sections around a factor, the selection, and the settings of the
 *    portfolio that hold something back
 * 2. each is taken out of a fresh draft by what it would be without it: a sum keeps its other term, a conjunction its
 *    other condition, a selection takes the whole universe
 * 3. what is left is checked as every strategy is, under the portfolio as it was
 * 4. the largest parts first; what gives the same strategy twice is asked once
 */
import { AlphaloopError } from '../base/errors.js'
import { operatorNamed } from '../graph/registry.js'
import type { Strategy } from '../graph/strategy.js'
import type { Portfolio } from '../graph/strategy-graph.js'
import { assembleStrategy } from '../library/assemble.js'
import { nodeToCode } from '../strategy/to-code.js'
import { compose, type Draft, openDraft, typeOf } from './draft.js'
import { type Edge, edgesOf, redirect } from './edges.js'
import { withUniverse } from './finish.js'
import { mutatedName } from './names.js'
import type { SearchSpace } from './proposal.js'

/** A strategy without one of its parts. */
export interface Ablated {
  /** The part, as a person reads it: `rank(close.std(20))`, `the trailing stop of 20%`. */
  readonly without: string
  readonly strategy: Strategy
}

/** Parts that are looked at; each costs an evaluation. */
export const MOST_PARTS = 12

interface Part {
  readonly without: string
  /** Nodes that go with it. */
  readonly size: number
  readonly edit: (draft: Draft) => void
}

/**
 * The strategy without each of its parts, the largest first. Pure: equal strategies give the same list. A strategy that
 * is one indivisible thing gives an empty one.
 */
export function ablations(strategy: Strategy, space: SearchSpace, most: number = MOST_PARTS): Ablated[] {
  const seen = new Set<string>([strategy.hash])
  const found: Ablated[] = []
  const settings = settingParts(strategy)
  const graph = graphParts(strategy, space).sort((a, b) => b.size - a.size)
  // The settings keep their place: what they say is not said by any part of the graph.
  const parts = [...graph.slice(0, Math.max(0, most - settings.length)), ...settings]
  for (const { without, edit } of parts) {
    if (found.length >= most) break
    const draft = openDraft(strategy, space)
    edit(draft)
    const rest = closed(draft, space, `without ${without}`)
    if (rest === undefined || seen.has(rest.hash)) continue
    seen.add(rest.hash)
    found.push({ without, strategy: rest })
  }
  return found
}

/** Refusals that say that a strategy does not stand without this part. */
const REFUSALS: ReadonlySet<string> = new Set(['LIMIT_EXCEEDED', 'INVALID_PARAMETER', 'INVALID_PORTFOLIO'])

/** Without the config's constraints on sides and rebalances: they would change more than the one part. */
function closed(draft: Draft, space: SearchSpace, what: string): Strategy | undefined {
  const parts = {
    name: mutatedName(draft.origin.graph.name, what),
    nodes: [...draft.nodes.values()],
    universe: draft.universe,
    rule: draft.rule,
    portfolio: draft.portfolio,
  }
  try {
    return assembleStrategy({ ...parts, ...withUniverse(parts, space) }, space.limits)
  } catch (error) {
    if (error instanceof AlphaloopError && REFUSALS.has(error.code)) return undefined
    throw error
  }
}

function graphParts(strategy: Strategy, space: SearchSpace): Part[] {
  const draft = openDraft(strategy, space)
  const parts = edgesOf(draft).flatMap((edge) => partsAt(edge, draft, space))
  // The same condition may stand in several places; each is a part, so the first in the order of reading stays first.
  return draft.universe === undefined || draft.nodes.get(draft.universe)!.op === 'and'
    ? parts
    : [
        {
          without: `the universe ${textOf(draft, draft.universe)}`,
          size: sizeOf(draft, draft.universe),
          edit: (fresh) => {
            fresh.universe = undefined
          },
        },
        ...parts,
      ]
}

/** What can be left out of one node at the place where it is read. */
function partsAt({ reader, id, type, conditional }: Edge, draft: Draft, space: SearchSpace): Part[] {
  const node = draft.nodes.get(id)!
  const { category, commutative } = operatorNamed(node.op)
  const keep = (without: string, size: number, kept: string): Part => ({
    without,
    size,
    edit: (fresh) => redirect(fresh, reader, kept),
  })
  const [first, second] = node.inputs
  if (category === 'arithmetic' || category === 'logic') {
    if (node.op === 'where') {
      const [condition, kept] = node.inputs as [string, string]
      if (typeOf(draft, kept) !== type) return []
      return [keep(`the condition ${textOf(draft, condition)}`, sizeOf(draft, condition), kept)]
    }
    if (node.inputs.length !== 2 || (category === 'arithmetic' && !isSum(draft, id, conditional))) return []
    const spare = (out: string, kept: string) =>
      typeOf(draft, kept) === type && draft.nodes.get(out)!.op !== 'constant' && out !== kept
        ? [keep(textOf(draft, out), sizeOf(draft, out), kept)]
        : []
    if (commutative) return [...spare(second!, first!), ...spare(first!, second!)]
    if (node.op !== 'sub') return spare(second!, first!)
    // What is subtracted stays subtracted.
    const negated =
      typeOf(draft, second!) === type && draft.nodes.get(first!)!.op !== 'constant'
        ? [
            {
              without: textOf(draft, first!),
              size: sizeOf(draft, first!),
              edit: (fresh: Draft) =>
                redirect(
                  fresh,
                  reader,
                  compose(fresh, space, (c) => c.op('neg', [second!])),
                ),
            },
          ]
        : []
    return [...spare(second!, first!), ...negated]
  }
  // Within a condition a level is compared with a rank's: without the rank it would mean nothing.
  if (category === 'crossSection' && !conditional && typeOf(draft, first!) === type) {
    if (reader.kind === 'score' && isOnlySorted(draft)) return []
    return [keep(`${node.op}(…) around ${textOf(draft, first!)}`, 1, first!)]
  }
  return []
}

/** Terms that stand for something each: not what is compared within a condition, and no price less its average. */
const isSum = (draft: Draft, id: string, conditional: boolean): boolean =>
  !conditional &&
  draft.nodes.get(id)!.inputs.every((input) => {
    const { op } = draft.nodes.get(input)!
    return op === 'constant' || operatorNamed(op).category !== 'source'
  })

/** The score's order is all that counts: a cross-section around it changes the graph and not the result. */
const isOnlySorted = ({ rule, portfolio }: Draft): boolean =>
  rule.kind === 'score' && !('threshold' in rule.select) && portfolio.weight !== 'score'

/** Settings that hold something back, and the selection. */
function settingParts({ graph: { rule, portfolio } }: Strategy): Part[] {
  const setting = (without: string, change: (portfolio: Portfolio) => Portfolio): Part => ({
    without,
    size: 0,
    edit: (draft) => {
      draft.portfolio = change(draft.portfolio)
    },
  })
  const parts: Part[] = []
  if (rule.kind === 'score' && portfolio.side !== 'longShort')
    parts.push({
      without: 'its selection by score (everything that may be held is held)',
      size: 0,
      edit: (draft) => {
        draft.rule = { ...(draft.rule as typeof rule), select: { topFraction: 1 } }
      },
    })
  for (const name of Object.keys(portfolio.exits) as (keyof Portfolio['exits'])[])
    parts.push(
      setting(`the exit ${name} ${JSON.stringify(portfolio.exits[name])}`, ({ exits, ...rest }) => {
        const { [name]: _gone, ...others } = exits
        return { ...rest, exits: others }
      }),
    )
  if (portfolio.weight !== 'equal' && rule.kind !== 'weights')
    parts.push(
      setting(`its weights ${JSON.stringify(portfolio.weight)} (equal ones in their place)`, (before) => ({
        ...before,
        weight: 'equal',
      })),
    )
  for (const name of ['groupCap', 'maxWeight', 'minTrade', 'maxTurnover'] as const)
    if (portfolio[name] !== undefined)
      parts.push(
        setting(`the limit ${name} ${JSON.stringify(portfolio[name])}`, ({ [name]: _gone, ...rest }) => rest),
      )
  return parts
}

const LONGEST_TEXT = 90

/** A node of a draft that was not edited yet, as code. */
function textOf(draft: Draft, id: string): string {
  const { graph } = draft.origin
  const own = id.slice(1)
  if (!graph.nodes.some((node) => node.id === own)) return operatorText(draft, id)
  // A window function's text has lines of its own.
  const text = nodeToCode(draft.origin, own).replace(/\s+/g, ' ')
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`
}

/** A node that opening the draft has put together: the conjunction of the conditions that the config did not ask for. */
const operatorText = (draft: Draft, id: string): string => {
  const { op, inputs } = draft.nodes.get(id)!
  return `${op}(${inputs.map((input) => textOf(draft, input)).join(', ')})`.slice(0, LONGEST_TEXT)
}

/** Nodes beneath a node, itself included. */
function sizeOf(draft: Draft, id: string, seen = new Set<string>()): number {
  if (seen.has(id)) return 0
  seen.add(id)
  return draft.nodes.get(id)!.inputs.reduce((sum, input) => sum + sizeOf(draft, input, seen), 1)
}
