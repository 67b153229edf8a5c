/**
 * A strategy as TypeScript that people can read and go on from, and that compiles to the same graph:
 * 1. Each node becomes an expression, inputs before users: method chains from the first input, functions for
 *    cross-sections and where a number comes first; default parameters and default fields are left out.
 * 2. What is read more than once, or has grown too long, becomes a named constant.
 * 3. The universe's mask is left out where the builder puts it in by itself.
 */

import { takesFunction } from '../graph/check-node.js'
import type { GraphNode } from '../graph/node.js'
import { operatorNamed } from '../graph/registry.js'
import type { Strategy } from '../graph/strategy.js'
import { DEFAULT_PORTFOLIO, type Portfolio, type Rule } from '../graph/strategy-graph.js'
import { vocabulary } from './prelude.js'
import { callName } from './signatures.js'
import { MODULE, TYPE_NAMES } from './source.js'

/** Longest text that stands inside another expression, and that stands as a setting. */
const LONGEST_INLINE = 70
const LONGEST_SETTING = 95

/** TypeScript source of a strategy; compiling it gives the same hash. Equal strategies give equal text. */
export function strategyToCode(strategy: Strategy): string {
  const { graph } = strategy
  const imports = new Set(['strategy'])
  const { expressions, definitions } = writeNodes(strategy, imports)
  const expression = (id: string) => expressions.get(id)!.text

  const settings: string[] = [`name: ${quote(graph.name)}`]
  if (graph.universe !== undefined) settings.push(`universe: ${expression(graph.universe)}`)
  settings.push(...ruleSettings(graph.rule, expression), ...portfolioSettings(graph.portfolio))

  return [
    `import { ${[...imports].sort().join(', ')} } from '${MODULE}'`,
    '',
    ...(definitions.length > 0 ? [...definitions, ''] : []),
    'export default strategy({',
    ...settings.map((setting) => `  ${setting},`),
    '})',
    '',
  ].join('\n')
}

/** One node as a single expression, with everything that it reads written out: `rank(close.std(20))`. */
export function nodeToCode({ graph: { nodes, universe } }: Strategy, id: string): string {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const expressions = new Map<string, Written>()
  for (const node of nodes) {
    const isNumber = node.op === 'constant'
    const usesDefaults = readsDefaults(node, byId)
    const text = isNumber
      ? number(node.params.value as number)
      : node.op === 'field'
        ? String(node.params.name)
        : call(
            node,
            usesDefaults,
            expressions,
            maskOf(node, universe, node.mask !== undefined, expressions),
            new Set(),
          )
    expressions.set(node.id, { text, isNumber })
    if (node.id === id) return text
  }
  throw new RangeError(`the strategy has no node ${id}`)
}

function ruleSettings(rule: Rule, expression: (id: string) => string): string[] {
  switch (rule.kind) {
    case 'score':
      return [`score: ${expression(rule.score)}`, `select: ${literal(rule.select)}`]
    case 'signals':
      return [`signals: {\n    enter: ${expression(rule.enter)},\n    exit: ${expression(rule.exit)},\n  }`]
    case 'weights':
      return [`weights: ${expression(rule.weights)}`]
  }
}

/** Those that differ from the defaults. */
function portfolioSettings(portfolio: Portfolio): string[] {
  const settings: string[] = []
  for (const [name, value] of Object.entries(portfolio)) {
    const text = literal(value)
    const usual = DEFAULT_PORTFOLIO[name as keyof Portfolio]
    if (usual === undefined || text !== literal(usual)) settings.push(`${name}: ${text}`)
  }
  return settings
}

interface Written {
  /** How it is read: a name or an expression. */
  text: string
  /** A number literal, which has no methods. */
  readonly isNumber: boolean
}

function writeNodes(strategy: Strategy, imports: Set<string>) {
  const { nodes, universe, rule } = strategy.graph
  const roots =
    rule.kind === 'score' ? [rule.score] : rule.kind === 'signals' ? [rule.enter, rule.exit] : [rule.weights]
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const readers = new Map<string, number>()
  const read = (id: string) => readers.set(id, (readers.get(id) ?? 0) + 1)
  for (const node of nodes) {
    if (!readsDefaults(node, byId)) for (const id of node.inputs) read(id)
    if (node.mask !== undefined && node.mask !== universe) read(node.mask)
  }
  if (universe !== undefined) read(universe)
  for (const id of roots) read(id)
  const inRule = reachable(nodes, roots, universe)

  const settings = new Set(universe === undefined ? roots : [universe, ...roots])
  const names = nameMaker()
  const expressions = new Map<string, Written>()
  const definitions: string[] = []
  for (const node of nodes) {
    if (node.op === 'constant') {
      // Also where several read it: a number is its own best name.
      expressions.set(node.id, { text: number(node.params.value as number), isNumber: true })
      continue
    }
    // Fields that are only read as some indicator's default are never written.
    if (!readers.has(node.id)) continue
    const mask = maskOf(node, universe, inRule.has(node.id), expressions)
    const text = call(node, readsDefaults(node, byId), expressions, mask, imports)
    if (
      readers.get(node.id)! > 1 ||
      text.includes('\n') ||
      text.length > (settings.has(node.id) ? LONGEST_SETTING : LONGEST_INLINE)
    ) {
      const name = names(node)
      definitions.push(`const ${name} = ${text}`)
      expressions.set(node.id, { text: name, isNumber: false })
    } else expressions.set(node.id, { text, isNumber: false })
  }
  return { expressions, definitions }
}

/** Nodes that the rule reads other than through the universe's mask: the builder gives those the mask. */
function reachable(nodes: readonly GraphNode[], roots: readonly string[], universe: string | undefined) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const found = new Set<string>()
  const open = [...roots]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue
    found.add(id)
    const { inputs, mask } = byId.get(id)!
    open.push(...inputs)
    if (mask !== undefined && mask !== universe) open.push(mask)
  }
  return found
}

/** The mask as an argument, or undefined where the builder would put in the same. */
function maskOf(
  node: GraphNode,
  universe: string | undefined,
  inRule: boolean,
  expressions: ReadonlyMap<string, Written>,
): string | undefined {
  if (operatorNamed(node.op).category !== 'crossSection') return undefined
  const implied = inRule ? universe : undefined
  if (node.mask === implied) return undefined
  return node.mask === undefined ? '{ mask: null }' : `{ mask: ${expressions.get(node.mask)!.text} }`
}

/** All inputs are the fields that stand in when none is given: atr(14). */
function readsDefaults(node: GraphNode, byId: ReadonlyMap<string, GraphNode>): boolean {
  const specs = operatorNamed(node.op).inputs
  return (
    specs.length > 0 &&
    specs.every(({ defaultField }, i) => {
      const input = byId.get(node.inputs[i] ?? '')
      return defaultField !== undefined && input?.op === 'field' && input.params.name === defaultField
    })
  )
}

function call(
  node: GraphNode,
  usesDefaults: boolean,
  expressions: ReadonlyMap<string, Written>,
  mask: string | undefined,
  imports: Set<string>,
): string {
  const definition = operatorNamed(node.op)
  const use = (name: string) => {
    imports.add(name)
    return name
  }
  const inputs = (usesDefaults ? [] : node.inputs).map((id, i) => {
    const written = expressions.get(id)!
    const spec = definition.inputs[Math.min(i, definition.inputs.length - 1)]!
    // Where inputs may be left out, a bare number would be taken for a parameter.
    const ambiguous = spec.defaultField !== undefined || spec.optional || spec.variadic
    return written.isNumber && ambiguous
      ? { text: `${use('constant')}(${written.text})`, isNumber: false }
      : written
  })
  // Numbers go last where the order does not matter: close.add(1), not add(1, close).
  if (definition.commutative && inputs.length === 2 && inputs[0]!.isNumber) inputs.reverse()

  const params = definition.params.map((spec) => {
    const value = node.params[spec.name]!
    return {
      text: typeof value === 'number' ? number(value) : spec.kind === 'function' ? value : quote(value),
      isDefault: 'default' in spec && value === spec.default,
    }
  })
  // A lone parameter stays, default or not: atr(14) says more than atr().
  while (params.length > 1 && params.at(-1)!.isDefault) params.pop()
  const rest = params.map((param) => param.text)
  if (mask !== undefined) rest.push(mask)
  const output = node.output === undefined ? '' : `.${node.output}`

  const texts = inputs.map((input) => input.text)
  if (takesFunction(definition)) {
    const fn = rest.pop()!
    const [first, ...others] = texts
    if (inputs[0]!.isNumber)
      return `${use(callName(node.op))}(${[...rest, `[${texts.join(', ')}]`, fn].join(', ')})`
    const more = others.length === 0 ? [] : [`[${others.join(', ')}]`]
    return `${first}.${node.op}(${[...rest, ...more, fn].join(', ')})`
  }
  const asFunction =
    inputs.length === 0 ||
    inputs[0]!.isNumber ||
    definition.category === 'crossSection' ||
    definition.category === 'event' ||
    definition.category === 'indicator' ||
    node.op === 'where'
  if (asFunction) return `${use(callName(node.op))}(${[...texts, ...rest].join(', ')})${output}`
  return `${texts[0]}.${node.op}(${[...texts.slice(1), ...rest].join(', ')})${output}`
}

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield NaN Infinity'
  ).split(' '),
)

/** Names for nodes: a field's own, `sma20` for an operator and its first whole parameter; none twice. */
function nameMaker(): (node: GraphNode) => string {
  const taken = new Set<string>([...RESERVED, ...vocabulary(), ...TYPE_NAMES])
  return (node) => {
    const label = operatorNamed(node.op).params.find((spec) => spec.kind === 'text' && spec.isLabel)
    const isNamed = node.op === 'field' || label !== undefined
    const base = isNamed ? variableName(String(node.params[label?.name ?? 'name']), node.op) : node.op
    const first = Object.values(node.params).find(
      (value) => Number.isInteger(value) && (value as number) >= 0,
    )
    const stem = node.op === 'field' || first === undefined ? base : `${base}${first}`
    let name = stem
    // 2 comes after the plain name; where that is an operator's, counting starts at 1.
    const separator = /\d$/.test(stem) ? '_' : ''
    for (let i = vocabulary().has(stem) ? 1 : 2; taken.has(name); i++) name = `${stem}${separator}${i}`
    taken.add(name)
    return name
  }
}

/** A field's name as a variable: `close`, `P/E` → `pE`, `50d` → `field50d`. */
function variableName(field: string, operator: string): string {
  const words = field.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('')
  const camel = joined.charAt(0).toLowerCase() + joined.slice(1)
  return /^[A-Za-z]/.test(camel) ? camel : `${operator}${camel}`
}

/** `5_000_000`: digits in threes, where they read better so. */
function number(value: number): string {
  const text = String(value)
  return /^-?\d{5,}$/.test(text) ? text.replace(/\B(?=(\d{3})+$)/g, '_') : text
}

function quote(value: number | string): string {
  const body = JSON.stringify(String(value)).slice(1, -1)
  return `'${body.replace(/\\(.)|'/g, (whole, escaped) => (whole === "'" ? "\\'" : escaped === '"' ? '"' : whole))}'`
}

/** A setting's value: numbers, texts, and objects of them. */
function literal(value: unknown): string {
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return quote(value)
  const entries = Object.entries(value as object).filter(([, item]) => item !== undefined)
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, item]) => `${key}: ${literal(item)}`).join(', ')} }`
}
