/**
 * Writes a window function down in one way: layout, comments, needless brackets and the two spellings of a function are
 * gone, so that what means the same has mostly the same text. Only what is written here is allowed: whatever could
 * carry something from one call to the next, look at more than the windows, or hide an error is refused by its place.
 */
import type { AnyNode, Literal } from 'acorn'
import { nearest } from '../../base/nearest.js'
import { refuse } from './refusal.js'
import { childrenOf, keptName } from './scope.js'
import { FUNCTION_CONSTRUCTORS, HIDDEN_PROPERTIES, MATH_NAMES } from './words.js'

type FunctionNode = Extract<
  AnyNode,
  { type: 'ArrowFunctionExpression' | 'FunctionExpression' | 'FunctionDeclaration' }
>

/** How tightly an expression holds together; what binds less than its place asks for gets brackets. */
const SEQUENCE = 0
const ASSIGNMENT = 1
const CONDITIONAL = 2
const BINARY: Readonly<Record<string, number>> = {
  '??': 3,
  '||': 4,
  '&&': 5,
  '|': 6,
  '^': 7,
  '&': 8,
  '==': 9,
  '!=': 9,
  '===': 9,
  '!==': 9,
  '<': 10,
  '<=': 10,
  '>': 10,
  '>=': 10,
  '<<': 11,
  '>>': 11,
  '>>>': 11,
  '+': 12,
  '-': 12,
  '*': 13,
  '/': 13,
  '%': 13,
  '**': 14,
}
const UNARY = 15
const POSTFIX = 16
const CALL = 17
const PRIMARY = 18

interface Written {
  readonly text: string
  readonly binds: number
}

const written = (text: string, binds: number): Written => ({ text, binds })

/** The text of a function, in the one way. @throws Refused */
export function writeFunction(node: AnyNode): string {
  return expression(node, ASSIGNMENT, '')
}

/** An expression, in brackets where it binds less than `least`. */
function expression(node: AnyNode, least: number, indent: string): string {
  const { text, binds } = anyExpression(node, indent)
  return binds < least ? `(${text})` : text
}

function anyExpression(node: AnyNode, indent: string): Written {
  const part = (child: AnyNode, least: number) => expression(child, least, indent)
  const list = (children: readonly (AnyNode | null)[]) =>
    children.map((child) => (child === null ? '' : part(child, ASSIGNMENT))).join(', ')
  switch (node.type) {
    case 'Identifier':
      return written(node.name, PRIMARY)
    case 'Literal':
      return written(literal(node), PRIMARY)
    case 'TemplateLiteral': {
      const pieces = node.quasis.map(({ value }, i) => {
        const inside = node.expressions[i]
        return value.raw + (inside === undefined ? '' : `\${${part(inside, SEQUENCE)}}`)
      })
      return written(`\`${pieces.join('')}\``, PRIMARY)
    }
    case 'ArrayExpression':
    case 'ArrayPattern': {
      const hole = node.elements.at(-1) === null ? ',' : ''
      return written(`[${list(node.elements)}${hole}]`, PRIMARY)
    }
    case 'ObjectExpression':
    case 'ObjectPattern': {
      const properties = node.properties.map((property) => part(property, ASSIGNMENT))
      return written(properties.length === 0 ? '{}' : `{ ${properties.join(', ')} }`, PRIMARY)
    }
    case 'Property':
      return written(propertyText(node, indent), PRIMARY)
    case 'SpreadElement':
    case 'RestElement':
      return written(`...${part(node.argument, ASSIGNMENT)}`, PRIMARY)
    case 'AssignmentPattern':
      return written(`${part(node.left, CALL)} = ${part(node.right, ASSIGNMENT)}`, ASSIGNMENT)
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return functionText(node, indent)
    case 'UnaryExpression': {
      if (node.operator === 'delete')
        return refuse(node, 'a window function deletes nothing', 'set it to undefined')
      const operand = part(node.argument, UNARY)
      const apart = /^[a-z]/.test(node.operator) || operand.startsWith(node.operator) ? ' ' : ''
      return written(`${node.operator}${apart}${operand}`, UNARY)
    }
    case 'UpdateExpression': {
      const target = part(node.argument, CALL)
      return node.prefix
        ? written(`${node.operator}${target}`, UNARY)
        : written(`${target}${node.operator}`, POSTFIX)
    }
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const binds = BINARY[node.operator]
      if (binds === undefined)
        return refuse(node, `${node.operator} is not for window functions`, 'they calculate with numbers')
      const mixed = (child: AnyNode) =>
        node.operator === '??' && child.type === 'LogicalExpression' && child.operator !== '??'
      const operand = (child: AnyNode, least: number) => part(child, mixed(child) ? PRIMARY : least)
      const left = operand(node.left, node.operator === '**' ? POSTFIX : binds)
      const right = operand(node.right, node.operator === '**' ? binds : binds + 1)
      return written(`${left} ${node.operator} ${right}`, binds)
    }
    case 'AssignmentExpression':
      return written(`${part(node.left, CALL)} ${node.operator} ${part(node.right, ASSIGNMENT)}`, ASSIGNMENT)
    case 'ConditionalExpression':
      return written(
        `${part(node.test, CONDITIONAL + 1)} ? ${part(node.consequent, ASSIGNMENT)} : ${part(node.alternate, ASSIGNMENT)}`,
        CONDITIONAL,
      )
    case 'SequenceExpression':
      return written(list(node.expressions), SEQUENCE)
    case 'ChainExpression':
      return written(part(node.expression, SEQUENCE), CALL)
    case 'MemberExpression':
      return written(memberText(node, indent), CALL)
    case 'CallExpression': {
      const named = keptName(node)
      if (named !== undefined) return anyExpression(named, indent)
      return written(
        `${reached(node.callee, indent)}${node.optional ? '?.' : ''}(${list(node.arguments)})`,
        CALL,
      )
    }
    case 'NewExpression': {
      const { callee } = node
      if (callee.type !== 'Identifier' || !FUNCTION_CONSTRUCTORS.includes(callee.name))
        return refuse(
          node,
          'new makes only some things in a window function',
          `these: ${FUNCTION_CONSTRUCTORS.join(', ')}`,
        )
      return written(`new ${callee.name}(${list(node.arguments)})`, CALL)
    }
    default:
      return refuseKind(node)
  }
}

/** What stands before a dot or a bracket. */
function reached(node: AnyNode, indent: string): string {
  const text = expression(node, CALL, indent)
  const ends = node.type === 'ChainExpression' || (node.type === 'Literal' && typeof node.value === 'number')
  return ends ? `(${text})` : text
}

function memberText(node: Extract<AnyNode, { type: 'MemberExpression' }>, indent: string): string {
  const object = reached(node.object, indent)
  if (node.computed)
    return `${object}${node.optional ? '?.' : ''}[${expression(node.property, SEQUENCE, indent)}]`
  if (node.property.type !== 'Identifier') return refuseKind(node.property)
  const { name } = node.property
  if (HIDDEN_PROPERTIES.has(name))
    refuse(
      node.property,
      `.${name} is not there in a window function`,
      'read the values of the windows: x[i], x.length, x.at(-1)',
    )
  if (node.object.type === 'Identifier' && node.object.name === 'Math' && !MATH_NAMES.includes(name)) {
    const meant = nearest(name, MATH_NAMES)
    refuse(
      node.property,
      `Math has no ${name} here${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      name === 'random'
        ? 'the same window must always give the same number'
        : `it has ${MATH_NAMES.join(', ')}`,
    )
  }
  return `${object}${node.optional ? '?.' : '.'}${name}`
}

function propertyText(node: Extract<AnyNode, { type: 'Property' }>, indent: string): string {
  if (node.kind !== 'init' || node.method)
    refuse(node, 'an object in a window function has no methods', 'give it an arrow function: name: (x) => …')
  const value = expression(node.value, ASSIGNMENT, indent)
  if (node.computed) return `[${expression(node.key, ASSIGNMENT, indent)}]: ${value}`
  const key = node.key.type === 'Identifier' ? node.key.name : literal(node.key as Literal)
  if (/^['"]?__proto__/.test(key))
    refuse(node, 'an object in a window function has no prototype of its own', 'leave __proto__ out')
  return node.shorthand ? value : `${key}: ${value}`
}

function literal(node: Literal): string {
  if (typeof node.value === 'number') return Number.isFinite(node.value) ? String(node.value) : '1e999'
  if (typeof node.value === 'string') {
    const body = JSON.stringify(node.value).slice(1, -1)
    return `'${body.replace(/\\(.)|'/g, (whole, escaped) => (whole === "'" ? "\\'" : escaped === '"' ? '"' : whole))}'`
  }
  if (node.regex)
    return refuse(node, 'there are no regular expressions in a window function', 'it calculates with numbers')
  if (node.bigint) return refuse(node, 'there are no big integers in a window function', 'leave the n out')
  return String(node.value)
}

/** A function: an arrow, unless it calls itself by its name. */
function functionText(node: FunctionNode, indent: string): Written {
  if (node.async || node.generator)
    refuse(
      node,
      `a window function is no ${node.async ? 'async' : 'generator'} function`,
      'write (x) => { … return number }',
    )
  const params = `(${node.params.map((param) => expression(param, ASSIGNMENT, indent)).join(', ')})`
  const name = node.id?.name
  if (name !== undefined && (node.type === 'FunctionDeclaration' || names(node.body, name)))
    return written(
      `function ${name}${params} ${block((node.body as { body: AnyNode[] }).body, indent)}`,
      PRIMARY,
    )
  if (node.body.type !== 'BlockStatement') return arrow(params, node.body, indent)
  const [only, ...others] = node.body.body.filter(isSaid)
  if (only?.type === 'ReturnStatement' && only.argument && others.length === 0)
    return arrow(params, only.argument, indent)
  return written(`${params} => ${block(node.body.body, indent)}`, ASSIGNMENT)
}

function arrow(params: string, body: AnyNode, indent: string): Written {
  const text = expression(body, ASSIGNMENT, indent)
  return written(`${params} => ${text.startsWith('{') ? `(${text})` : text}`, ASSIGNMENT)
}

/** Whether a name is used anywhere below. */
const names = (node: AnyNode, name: string): boolean =>
  (node.type === 'Identifier' && node.name === name) || childrenOf(node).some((child) => names(child, name))

/** Statements that say something. */
const isSaid = (node: AnyNode) =>
  node.type !== 'EmptyStatement' && !(node.type === 'ExpressionStatement' && node.directive !== undefined)

const SIMPLE: ReadonlySet<string> = new Set([
  'ExpressionStatement',
  'ReturnStatement',
  'BreakStatement',
  'ContinueStatement',
])

function block(statements: readonly AnyNode[], indent: string): string {
  const inner = `${indent}  `
  const lines = statements.filter(isSaid).map((node) => {
    const text = statement(node, inner)
    // Where a line could be read as going on from the one before, a semicolon parts them.
    return `${inner}${/^[([`+\-/]/.test(text) ? ';' : ''}${text}`
  })
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
}

/** What a condition or a loop governs: one simple statement stands on its line, everything else in a block. */
function body(node: AnyNode, indent: string): string {
  const inside = (node.type === 'BlockStatement' ? node.body : [node]).filter(isSaid)
  if (inside.length === 1 && SIMPLE.has(inside[0]!.type)) return statement(inside[0]!, indent)
  return block(inside, indent)
}

function statement(node: AnyNode, indent: string): string {
  const part = (child: AnyNode, least = SEQUENCE) => expression(child, least, indent)
  switch (node.type) {
    case 'ExpressionStatement': {
      const text = part(node.expression)
      return /^(\{|function\b)/.test(text) ? `(${text})` : text
    }
    case 'VariableDeclaration':
      return declaration(node, indent)
    case 'FunctionDeclaration':
      return functionText(node, indent).text
    case 'ReturnStatement':
      return node.argument ? `return ${part(node.argument)}` : 'return'
    case 'BreakStatement':
    case 'ContinueStatement':
      if (node.label)
        refuse(node, 'there are no labels in a window function', 'put the inner loop into a function')
      return node.type === 'BreakStatement' ? 'break' : 'continue'
    case 'BlockStatement':
      return block(node.body, indent)
    case 'IfStatement': {
      const then = body(node.consequent, indent)
      const start = `if (${part(node.test)}) ${then}`
      if (!node.alternate || (node.alternate.type === 'BlockStatement' && node.alternate.body.length === 0))
        return start
      const otherwise =
        node.alternate.type === 'IfStatement'
          ? statement(node.alternate, indent)
          : body(node.alternate, indent)
      return `${start}${then.endsWith('}') && then.startsWith('{') ? ' ' : `\n${indent}`}else ${otherwise}`
    }
    case 'ForStatement': {
      const first =
        node.init == null
          ? ''
          : node.init.type === 'VariableDeclaration'
            ? declaration(node.init, indent)
            : part(node.init)
      const test = node.test ? ` ${part(node.test)}` : ''
      const update = node.update ? ` ${part(node.update)}` : ''
      return `for (${first};${test};${update}) ${body(node.body, indent)}`
    }
    case 'ForOfStatement': {
      const left =
        node.left.type === 'VariableDeclaration' ? declaration(node.left, indent) : part(node.left, CALL)
      return `for (${left} of ${part(node.right, ASSIGNMENT)}) ${body(node.body, indent)}`
    }
    case 'WhileStatement':
      return `while (${part(node.test)}) ${body(node.body, indent)}`
    case 'DoWhileStatement': {
      const inside = node.body.type === 'BlockStatement' ? node.body.body : [node.body]
      return `do ${block(inside, indent)} while (${part(node.test)})`
    }
    case 'SwitchStatement': {
      const inner = `${indent}  `
      const cases = node.cases.map(({ test, consequent }) => {
        const lines = block(consequent, inner).split('\n').slice(1, -1)
        return [`${inner}${test ? `case ${part(test)}` : 'default'}:`, ...lines].join('\n')
      })
      return `switch (${part(node.discriminant)}) {\n${cases.map((one) => `${one}\n`).join('')}${indent}}`
    }
    default:
      return refuseKind(node)
  }
}

function declaration(
  { kind, declarations }: Extract<AnyNode, { type: 'VariableDeclaration' }>,
  indent: string,
): string {
  const each = declarations.map(({ id, init }) => {
    const name = expression(id, CALL, indent)
    return init ? `${name} = ${expression(init, ASSIGNMENT, indent)}` : name
  })
  return `${kind} ${each.join(', ')}`
}

const REFUSED_KINDS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  AwaitExpression: ['a window function waits for nothing', 'it gets its windows and returns a number'],
  ClassExpression: ['there are no classes in a window function', 'write functions: const f = (a) => …'],
  ClassDeclaration: ['there are no classes in a window function', 'write functions: const f = (a) => …'],
  ForInStatement: [
    'for … in runs over names',
    'write for (const value of x), or count with for (let i = 0; …)',
  ],
  ImportExpression: ['a window function imports nothing', 'write what it needs into it'],
  LabeledStatement: ['there are no labels in a window function', 'put the inner loop into a function'],
  MetaProperty: ['a window function knows nothing of its module', 'it gets its windows and returns a number'],
  PrivateIdentifier: ['there are no classes in a window function', 'write functions: const f = (a) => …'],
  TaggedTemplateExpression: ['there are no tagged templates in a window function', 'call the function: f(a)'],
  ThisExpression: ['there is no this in a window function', 'the windows are its parameters'],
  ThrowStatement: ['a window function throws nothing', 'where there is no value, return NaN'],
  TryStatement: ['a window function catches nothing', 'where there is no value, return NaN'],
  YieldExpression: ['a window function is no generator', 'return a number'],
}

function refuseKind(node: AnyNode): never {
  const [message, hint] = REFUSED_KINDS[node.type] ?? [
    'this is not for window functions',
    'they calculate a number from windows of numbers',
  ]
  return refuse(node, message, hint)
}
