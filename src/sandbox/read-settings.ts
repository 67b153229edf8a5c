import type { Expression, Node, ObjectExpression, Program } from 'acorn'
import type { Position, ReadSetting } from './sandbox.js'

/** Where the settings of a program's one `strategy({ … })` stand; none where there are several, or none is written out. */
export function settingsOf(program: Program): ReadSetting[] {
  const [call, second] = topExpressions(program).filter(
    (node) =>
      node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'strategy',
  )
  if (call?.type !== 'CallExpression' || second !== undefined) return []
  const [given] = call.arguments
  const written = given?.type === 'Identifier' ? constant(program, given.name) : given
  return written?.type === 'ObjectExpression' ? entriesOf(written, '', 0) : []
}

function topExpressions(program: Program): Expression[] {
  return program.body
    .flatMap((statement): (Expression | null | undefined)[] => {
      switch (statement.type) {
        case 'ExpressionStatement':
          return [statement.expression]
        case 'ExportDefaultDeclaration':
          return [statement.declaration as Expression]
        case 'VariableDeclaration':
          return statement.declarations.map(({ init }) => init)
        case 'ExportNamedDeclaration':
          return statement.declaration?.type === 'VariableDeclaration'
            ? statement.declaration.declarations.map(({ init }) => init)
            : []
        default:
          return []
      }
    })
    .filter((node): node is Expression => node != null)
}

/** What a name of the program's top level was declared as. */
function constant(program: Program, name: string): Expression | null | undefined {
  for (const statement of program.body) {
    if (statement.type !== 'VariableDeclaration') continue
    for (const { id, init } of statement.declarations)
      if (id.type === 'Identifier' && id.name === name) return init
  }
  return undefined
}

/** Settings are two levels deep. */
const DEEPEST = 3

function entriesOf(object: ObjectExpression, within: string, depth: number): ReadSetting[] {
  return object.properties.flatMap((property) => {
    if (property.type !== 'Property' || property.computed) return []
    const { key, value } = property
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : undefined
    if (name === undefined) return []
    const path = within === '' ? name : `${within}.${name}`
    const deeper =
      value.type === 'ObjectExpression' && depth < DEEPEST ? entriesOf(value, path, depth + 1) : []
    return [{ path, key: positionOf(key), value: positionOf(value) }, ...deeper]
  })
}

/** Line and column from 1. */
export const positionOf = (node: Node): Position => {
  const { line, column } = node.loc!.start
  return { line, column: column + 1 }
}
