import type { Rng } from '../base/rng.js'
import type { GraphNode, ParamValue, PortType } from '../graph/node.js'
import type { OperatorDefinition, ParamSpec } from '../graph/operator.js'
import { operatorNamed } from '../graph/registry.js'
import type { Strategy } from '../graph/strategy.js'
import type { Ref } from '../library/compose-graph.js'
import type { FactorEntry, FilterEntry } from '../library/entry.js'
import { drawEntry, entryLabel, roundTo } from '../library/params.js'
import { drawSelect } from '../library/portfolio.js'
import { attempt } from './attempt.js'
import { compose, type Draft, typeOf } from './draft.js'
import { type Edge, edgesOf, factorEdges, isRanked, redirect } from './edges.js'
import type { MutationContext, MutationResult, SearchSpace } from './proposal.js'

/** Whether two measured numbers are equal, or one is missing, is next to never or next to always so. */
const NEVER_DRAWN: ReadonlySet<string> = new Set(['eq', 'ne', 'isNaN'])

/** Operators that search may put into a graph. */
export const drawable = (space: SearchSpace): OperatorDefinition[] =>
  [...space.operators].filter((name) => !NEVER_DRAWN.has(name)).map((name) => operatorNamed(name))

/** A value of an operator's parameter, from its search range on a logarithmic scale. */
export function drawOperatorParam(rng: Rng, spec: ParamSpec): ParamValue {
  if (spec.kind === 'choice') return rng.pick(spec.choices)
  if (spec.kind === 'text' || spec.kind === 'function') return ''
  const [low, high] = spec.search ?? [spec.default ?? spec.min, spec.default ?? spec.min]
  const drawn = low > 0 ? low * (high / low) ** rng.next() : low + (high - low) * rng.next()
  return spec.kind === 'integer' ? Math.round(drawn) : roundTo(drawn, 2)
}

const FIELD_FAMILIES: readonly (readonly string[])[] = [
  ['close', 'open', 'high', 'low', 'vwap'],
  ['volume', 'dollarVolume'],
]

interface Spelling {
  readonly op: string
  readonly output?: string
}

/** The operators, and outputs of operators, that can stand in a node's place with its inputs. */
function alternatives(node: GraphNode, draft: Draft, space: SearchSpace): Spelling[] {
  const definition = operatorNamed(node.op)
  const inputs = node.inputs.map((id) => typeOf(draft, id))
  const type = definition.type(inputs)
  const shape = (params: readonly ParamSpec[]) => params.map(({ kind }) => kind).join()
  const fits = (wanted: PortType | 'numeric' | undefined, given: PortType) =>
    wanted === given || (wanted === 'numeric' && given !== 'boolean')
  return drawable(space)
    .filter(
      (other) =>
        other.category === definition.category &&
        other.inputs.length === definition.inputs.length &&
        shape(other.params) === shape(definition.params) &&
        inputs.every((given, i) => fits(other.inputs[Math.min(i, other.inputs.length - 1)]?.type, given)) &&
        other.type(inputs) === type,
    )
    .flatMap(({ name, outputs }): Spelling[] =>
      outputs === undefined ? [{ op: name }] : outputs.map((output) => ({ op: name, output })),
    )
    .filter(({ op, output }) => op !== node.op || output !== (node.output ?? definition.outputs?.[0]))
}

/** The node's numbers under another operator's names, within its ranges. */
function carriedParams(node: GraphNode, to: OperatorDefinition): Record<string, ParamValue> {
  const from = operatorNamed(node.op).params
  return Object.fromEntries(
    to.params.map((spec, i) => {
      const value = node.params[from[i]!.name]!
      if (spec.kind === 'choice')
        return [spec.name, spec.choices.includes(String(value)) ? value : spec.choices[0]!]
      if (spec.kind === 'text' || spec.kind === 'function') return [spec.name, value]
      return [spec.name, Math.min(spec.max, Math.max(spec.min, value as number))]
    }),
  )
}

const spelled = ({ op, output }: Spelling) => (output === undefined ? op : `${op}.${output}`)

/** One way to swap at a node: draws it, writes it to the draft and says what it was. */
interface Swap {
  readonly weight: number
  readonly make: () => string
}

function fieldSwap(node: GraphNode, draft: Draft, { rng, space }: MutationContext): Swap | undefined {
  const family = FIELD_FAMILIES.find((one) => one.includes(String(node.params.name))) ?? []
  const others = family.filter((name) => name !== node.params.name && space.fields.includes(name))
  if (others.length === 0) return undefined
  const make = () => {
    const name = rng.pick(others)
    draft.nodes.set(node.id, { ...node, params: { name } })
    return `${name} for ${node.params.name}`
  }
  return { weight: 0.3, make }
}

function operatorSwap(node: GraphNode, draft: Draft, { rng, space }: MutationContext): Swap | undefined {
  const { category } = operatorNamed(node.op)
  if (category === 'source') return undefined
  const others = alternatives(node, draft, space)
  if (others.length === 0) return undefined
  const make = () => {
    const other = rng.pick(others)
    const { output: _output, ...rest } = node
    draft.nodes.set(node.id, { ...rest, ...other, params: carriedParams(node, operatorNamed(other.op)) })
    return `${spelled(other)} for ${spelled(node)}`
  }
  // Another sum or product seldom means anything; another average or indicator does.
  return { weight: category === 'arithmetic' || category === 'logic' ? 0.3 : 1, make }
}

/** Puts another operator of the same inputs and type, or another field of the same kind, in one node's place. */
export function swapOperator(strategy: Strategy, context: MutationContext): MutationResult {
  return attempt(strategy, context, (draft) => {
    const swaps = [...new Set(edgesOf(draft).map(({ id }) => id))].flatMap((id) => {
      const node = draft.nodes.get(id)!
      return (node.op === 'field' ? fieldSwap : operatorSwap)(node, draft, context) ?? []
    })
    if (swaps.length === 0) return { because: 'no operator in it has another of the same type' }
    return { what: swaps[context.rng.weighted(swaps.map(({ weight }) => weight))]!.make() }
  })
}

/** A factor or filter of the library with numbers of its own. */
export function drawFromLibrary<Entry extends FactorEntry | FilterEntry>(
  { rng, space }: MutationContext,
  entries: readonly Entry[],
): { entry: Entry; label: string; build: (c: Parameters<Entry['build']>[0]) => Ref } | undefined {
  if (entries.length === 0) return undefined
  const entry = rng.pick(entries)
  const params = drawEntry(rng, entry, space.longestWindow)
  return { entry, label: entryLabel(entry, params), build: (c) => entry.build(c, params) }
}

const ranked = (draft: Draft, space: SearchSpace, id: Ref): Ref =>
  isRanked(draft, id) || !space.operators.has('rank') ? id : compose(draft, space, (c) => c.op('rank', [id]))

/** Adds a term to the score: both as ranks, so that neither drowns the other. */
export function addTerm(draft: Draft, { rng, space }: MutationContext, term: Ref, label: string): string {
  const rule = draft.rule as Extract<Draft['rule'], { kind: 'score' }>
  const weight = rng.pick([0.25, 0.5, 1])
  const base = ranked(draft, space, rule.score)
  const more = ranked(draft, space, term)
  const score = compose(draft, space, (c) =>
    c.op('add', [base, weight === 1 ? more : c.op('mul', [more, weight])]),
  )
  // A threshold was meant for the old scale.
  const select = 'threshold' in rule.select ? drawSelect(rng, space.symbols) : rule.select
  draft.rule = { ...rule, score, select }
  return `plus ${weight === 1 ? '' : `${weight} `}${label}`
}

/** Adds a condition for being held: to the universe, or now and then to the entry of signals. */
export function addCondition(
  draft: Draft,
  { rng, space }: MutationContext,
  condition: Ref,
  label: string,
): string {
  const and = (a: Ref) => compose(draft, space, (c) => c.op('and', [a, condition]))
  if (draft.rule.kind === 'signals' && rng.next() < 0.5)
    draft.rule = { ...draft.rule, enter: and(draft.rule.enter) }
  else draft.universe = draft.universe === undefined ? condition : and(draft.universe)
  return `only if ${label}`
}

/** A one-input operator over windows or across symbols that gives a panel: what can be put between two nodes. */
const wrappers = (space: SearchSpace): OperatorDefinition[] =>
  drawable(space).filter(
    ({ category, inputs, outputs, params, type }) =>
      (category === 'timeSeries' || category === 'crossSection') &&
      inputs.length === 1 &&
      inputs[0]!.type === 'numeric' &&
      outputs === undefined &&
      params.every(({ kind }) => kind === 'integer' || kind === 'number') &&
      type(['panel']) === 'panel',
  )

/** Puts something in: a term into the score, a condition for being held, or an operator between two nodes. */
export function insert(strategy: Strategy, context: MutationContext): MutationResult {
  const { rng, space } = context
  return attempt(strategy, context, (draft) => {
    const edges = edgesOf(draft)
    const factors = factorEdges(draft, edges)
    const panels = edges.filter(
      ({ id, type }) => type === 'panel' && operatorNamed(draft.nodes.get(id)!.op).category !== 'source',
    )
    const wrap = wrappers(space)
    const can = {
      term: draft.rule.kind === 'score' && space.library.factors.length > 0 && space.operators.has('add'),
      condition:
        space.library.filters.length > 0 && (draft.universe === undefined || space.operators.has('and')),
      operator: wrap.length > 0 && factors.length + panels.length > 0,
    }
    if (!can.term && !can.condition && !can.operator)
      return { because: 'nothing that is allowed can be put into it' }
    switch (rng.weighted([can.term ? 4 : 0, can.condition ? 3 : 0, can.operator ? 3 : 0])) {
      case 0: {
        const drawn = drawFromLibrary(context, space.library.factors)!
        return { what: addTerm(draft, context, compose(draft, space, drawn.build), drawn.label) }
      }
      case 1: {
        const drawn = drawFromLibrary(context, space.library.filters)!
        return { what: addCondition(draft, context, compose(draft, space, drawn.build), drawn.label) }
      }
      default: {
        const places = factors.length > 0 && (panels.length === 0 || rng.next() < 0.6) ? factors : panels
        const { reader, id } = rng.pick(places)
        // Ranking what is ranked, or a score that is only sorted, changes the graph and not the result.
        const sorted = reader.kind === 'score' || isRanked(draft, id)
        const fitting = wrap.filter(({ category }) => !sorted || category !== 'crossSection')
        const operator = rng.pick(fitting.length > 0 ? fitting : wrap)
        const params = operator.params.map((spec) => drawOperatorParam(rng, spec))
        redirect(
          draft,
          reader,
          compose(draft, space, (c) => c.op(operator.name, [id], params)),
        )
        return {
          what: `${operator.name} ${params.join('/')} over ${draft.nodes.get(id)!.op}`.replace('  ', ' '),
        }
      }
    }
  })
}

/** Takes something out: lets a place read what lies behind a node, or drops the universe. */
export function remove(strategy: Strategy, context: MutationContext): MutationResult {
  const { rng } = context
  return attempt(strategy, context, (draft) => {
    const edges = edgesOf(draft)
    const bypasses = edges.flatMap((edge) =>
      [...new Set(draft.nodes.get(edge.id)!.inputs)]
        .filter((input) => typeOf(draft, input) === edge.type)
        .map((input) => ({ edge, input, weight: weightOfBypass(draft, edge) })),
    )
    const drop = draft.universe === undefined ? 0 : 0.5
    if (bypasses.length === 0 && drop === 0) return { because: 'nothing in it can be left out' }
    const drawn = rng.weighted([...bypasses.map(({ weight }) => weight), drop])
    const bypass = bypasses[drawn]
    if (bypass === undefined) {
      draft.universe = undefined
      return { what: 'without its universe' }
    }
    const { edge, input } = bypass
    redirect(draft, edge.reader, input)
    const gone = draft.nodes.get(edge.id)!
    return {
      what: `without ${gone.op}${gone.inputs.length > 1 ? ` (keeps ${draft.nodes.get(input)!.op})` : ''}`,
    }
  })
}

/** Terms and conditions are what can be spared; the inside of an indicator is not. */
function weightOfBypass(draft: Draft, edge: Edge): number {
  if (edge.type === 'boolean') return 3
  // Without the rank of a score that is only sorted, the graph is another and the result the same.
  if (edge.reader.kind === 'score' && draft.nodes.get(edge.id)!.inputs.length === 1) return 0.2
  if (edge.region === 'rule' && !edge.conditional && isRanked(draft, edge.id)) return 3
  return 1
}

/** Puts a factor of the library where a factor stands, or a condition where a condition stands. */
export function replaceSubgraph(strategy: Strategy, context: MutationContext): MutationResult {
  const { rng, space } = context
  return attempt(strategy, context, (draft) => {
    const edges = edgesOf(draft)
    const factors = space.library.factors.length > 0 ? factorEdges(draft, edges) : []
    const conditions = space.library.filters.length > 0 ? edges.filter(({ type }) => type === 'boolean') : []
    if (factors.length + conditions.length === 0) return { because: 'nothing in the library fits into it' }
    if (factors.length > 0 && (conditions.length === 0 || rng.next() < 0.65)) {
      const drawn = drawFromLibrary(context, space.library.factors)!
      const { reader, id } = rng.pick(factors)
      const fresh = compose(draft, space, drawn.build)
      // What stood there as a rank is replaced by a rank: its neighbours keep their weight.
      redirect(draft, reader, isRanked(draft, id) ? ranked(draft, space, fresh) : fresh)
      return { what: `${drawn.label} for ${draft.nodes.get(id)!.op}` }
    }
    const drawn = drawFromLibrary(context, space.library.filters)!
    const { reader, id, wanted } = rng.pick(conditions)
    const condition = compose(draft, space, drawn.build)
    const fresh = wanted ? condition : compose(draft, space, (c) => c.op('not', [condition]))
    redirect(draft, reader, fresh)
    return { what: `${wanted ? '' : 'unless '}${drawn.label} for ${draft.nodes.get(id)!.op}` }
  })
}
