import type { AnyNode, Node, Pattern } from 'acorn'
import { nearest } from '../../base/nearest.js'
import { refuse } from './refusal.js'
import { FUNCTION_GLOBALS } from './words.js'

type Names = ReadonlySet<string>

/** The names that a pattern binds. */
function* boundBy(pattern: Pattern | null): Generator<string> {
  switch (pattern?.type) {
    case 'Identifier':
      yield pattern.name
      break
    case 'ArrayPattern':
      for (const element of pattern.elements) yield* boundBy(element)
      break
    case 'ObjectPattern':
      for (const property of pattern.properties)
        yield* boundBy(property.type === 'Property' ? property.value : property.argument)
      break
    case 'AssignmentPattern':
      yield* boundBy(pattern.left)
      break
    case 'RestElement':
      yield* boundBy(pattern.argument)
      break
  }
}

/** Names that stand in a list of statements: `let`, `const` and functions. */
function declaredIn(statements: readonly AnyNode[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.type === 'FunctionDeclaration') return [statement.id!.name]
    if (statement.type !== 'VariableDeclaration' || statement.kind === 'var') return []
    return statement.declarations.flatMap(({ id }) => [...boundBy(id)])
  })
}

/** Names of `var` anywhere in a function, but not in the functions within it. */
function hoistedIn(node: AnyNode): string[] {
  const own =
    node.type === 'VariableDeclaration' && node.kind === 'var'
      ? node.declarations.flatMap(({ id }) => [...boundBy(id)])
      : []
  return [...own, ...childrenOf(node).flatMap((child) => (isFunction(child) ? [] : hoistedIn(child)))]
}

const isFunction = (node: AnyNode) =>
  node.type === 'ArrowFunctionExpression' ||
  node.type === 'FunctionExpression' ||
  node.type === 'FunctionDeclaration'

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

/** The nodes right below one. */
export function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}

/** Children that are values or patterns: the name in `a.name` and in `{ name: a }` is neither. */
function readBy(node: AnyNode): AnyNode[] {
  const wrapped = keptName(node)
  if (wrapped !== undefined) return [wrapped]
  if (node.type === 'MemberExpression') return node.computed ? [node.object, node.property] : [node.object]
  if (node.type === 'Property') return node.computed ? [node.key, node.value] : [node.value]
  return childrenOf(node)
}

/** `__name(function, 'name')`, which some transpilers put around a function, is the function. */
export function keptName(node: AnyNode): AnyNode | undefined {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return undefined
  const [wrapped, ...name] = node.arguments
  const isWrapper = node.callee.name === '__name' && wrapped !== undefined && name.length === 1
  return isWrapper && isFunction(wrapped) ? wrapped : undefined
}

/**
 * Refuses a name that the function did not make and that its realm lacks: what stands around a window function is not
 * there when it runs.
 * @throws Refused
 */
export function checkNames(root: AnyNode): void {
  const visit = (node: AnyNode, known: Names) => {
    if (node.type === 'Identifier') {
      if (!known.has(node.name)) refuseName(node, node.name, known)
      return
    }
    let inside = known
    if (isFunction(node)) {
      const made = node as Extract<AnyNode, { type: 'FunctionExpression' }>
      inside = new Set([
        ...known,
        ...(made.id ? [made.id.name] : []),
        ...made.params.flatMap((param) => [...boundBy(param)]),
        ...hoistedIn(made.body),
      ])
    } else if (node.type === 'BlockStatement') inside = new Set([...known, ...declaredIn(node.body)])
    else if (node.type === 'SwitchStatement')
      inside = new Set([...known, ...declaredIn(node.cases.flatMap(({ consequent }) => consequent))])
    else if (node.type === 'ForStatement' && node.init)
      inside = new Set([...known, ...declaredIn([node.init])])
    else if (node.type === 'ForOfStatement') inside = new Set([...known, ...declaredIn([node.left])])
    for (const child of readBy(node)) visit(child, inside)
  }
  visit(root, new Set(FUNCTION_GLOBALS))
}

function refuseName(node: Node, name: string, known: Names): never {
  const why: Readonly<Record<string, string>> = {
    Date: 'there is no clock in a window function',
    arguments: 'the windows are the parameters',
    console: 'all that leaves a window function is the number that it returns',
  }
  // Short names are near to each other without meaning so.
  const meant = name.length > 2 ? nearest(name, known) : undefined
  const hint =
    why[name] ??
    (meant === undefined
      ? `it sees its windows and ${FUNCTION_GLOBALS.join(', ')}: write the value of ${name} into the function, or give it as one more input`
      : `write ${meant}`)
  return refuse(
    node,
    `${name} is not known inside the function${meant === undefined || why[name] ? '' : `; did you mean ${meant}?`}`,
    hint,
  )
}
