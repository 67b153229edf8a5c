import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import type { GraphNode, ParamValue, PortType } from './node.js'
import type { InputSpec, OperatorDefinition, ParamSpec } from './operator.js'
import { operatorNamed } from './registry.js'

/** Ranges that only keep a number finite are no ranges to a reader. */
export const isBounded = ({ min, max }: { readonly min: number; readonly max: number }): boolean =>
  Math.max(Math.abs(min), Math.abs(max)) < 1e300

/** How an operator is called, for error messages and prompts: `rsi(x: numeric = close, n: 1…1000 = 14)`. */
export function signatureOf(definition: OperatorDefinition): string {
  const inputs = definition.inputs.map(
    ({ name, type, defaultField, optional, variadic }) =>
      `${variadic ? '...' : ''}${name}${optional ? '?' : ''}: ${type}${defaultField ? ` = ${defaultField}` : ''}`,
  )
  const params = definition.params.map((param) => {
    const range =
      param.kind === 'choice'
        ? param.choices.map((choice) => `'${choice}'`).join('|')
        : param.kind === 'text'
          ? 'text'
          : param.kind === 'function'
            ? '(…windows) => number'
            : isBounded(param)
              ? `${param.min}…${param.max}`
              : 'number'
    const fallback = 'default' in param && param.default !== undefined ? ` = ${param.default}` : ''
    return `${param.name}: ${range}${fallback}`
  })
  const outputs = definition.outputs ? ` → .${definition.outputs.join(' .')}` : ''
  const list = takesFunction(definition) ? [`[${inputs.join(', ')}]`] : inputs
  return `${definition.name}(${inCallOrder(definition, list, params).join(', ')})${outputs}`
}

/** The last parameter is a function: callers write it last, and the inputs before it as a list. */
export const takesFunction = ({ params }: Pick<OperatorDefinition, 'params'>): boolean =>
  params.at(-1)?.kind === 'function'

/** What stands for inputs and parameters, in the order in which a call has them. */
export const inCallOrder = <Item>(
  definition: Pick<OperatorDefinition, 'params'>,
  inputs: readonly Item[],
  params: readonly Item[],
): Item[] =>
  takesFunction(definition)
    ? [...params.slice(0, -1), ...inputs, ...params.slice(-1)]
    : [...inputs, ...params]

/**
 * Checks one node against its operator, given the types of the nodes before it, fills in default parameters and
 * records its type.
 */
export function checkNode(node: GraphNode, types: Map<string, PortType>): GraphNode {
  const definition = operatorNamed(node.op, `node ${node.id}: `)
  const inputTypes = node.inputs.map((id) => types.get(id)!)
  checkInputs(node, definition, inputTypes)
  const params = checkParams(node, definition)
  const output = checkOutput(node, definition)
  if (node.mask !== undefined) {
    if (definition.category !== 'crossSection')
      throw usageError(
        'WRONG_INPUTS',
        `node ${node.id}: ${node.op} is not cross-sectional, so it takes no mask`,
      )
    if (types.get(node.mask) !== 'boolean')
      throw usageError('WRONG_TYPE', `node ${node.id}: the mask of ${node.op} must be a boolean`)
  }
  types.set(node.id, definition.type(inputTypes))
  return {
    id: node.id,
    op: node.op,
    inputs: node.inputs,
    params,
    ...(output === undefined ? {} : { output }),
    ...(node.mask === undefined ? {} : { mask: node.mask }),
  }
}

const fits = (type: PortType, wanted: InputSpec['type']) =>
  wanted === 'numeric' ? type !== 'boolean' : type === wanted

function checkInputs(node: GraphNode, definition: OperatorDefinition, types: readonly PortType[]) {
  const specs = definition.inputs
  const variadic = specs.at(-1)?.variadic ?? false
  const least = specs.filter((spec) => !spec.optional).length
  const most = variadic ? Number.POSITIVE_INFINITY : specs.length
  if (types.length < least || types.length > most) {
    const wanted = variadic ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`
    throw usageError(
      'WRONG_INPUTS',
      `node ${node.id}: ${node.op} takes ${wanted} ${wanted === '1' ? 'input' : 'inputs'}, not ${types.length}`,
      signatureOf(definition),
      { node: node.id, operator: node.op },
    )
  }
  types.forEach((type, i) => {
    const spec = specs[Math.min(i, specs.length - 1)]!
    if (!fits(type, spec.type))
      throw usageError(
        'WRONG_TYPE',
        `node ${node.id}: ${node.op} needs a ${spec.type} as ${spec.name}, but ${node.inputs[i]} is a ${type}`,
        signatureOf(definition),
        { node: node.id, operator: node.op, input: spec.name, expected: spec.type, actual: type },
      )
  })
}

function checkParams(node: GraphNode, definition: OperatorDefinition): Record<string, ParamValue> {
  for (const name of Object.keys(node.params))
    if (!definition.params.some((param) => param.name === name)) {
      const meant = nearest(
        name,
        definition.params.map((param) => param.name),
      )
      throw usageError(
        'INVALID_PARAMETER',
        `node ${node.id}: ${node.op} has no parameter ${JSON.stringify(name)}${meant ? `; did you mean ${meant}?` : ''}`,
        signatureOf(definition),
        { node: node.id, operator: node.op, parameter: name },
      )
    }
  const params: Record<string, ParamValue> = {}
  for (const spec of definition.params) params[spec.name] = checkParam(node, definition, spec)
  const because = definition.checkParams?.(params, node.inputs.length)
  if (because !== undefined)
    throw usageError(
      'INVALID_PARAMETER',
      `node ${node.id}: ${node.op}: ${because}`,
      signatureOf(definition),
      {
        node: node.id,
        operator: node.op,
      },
    )
  return params
}

function checkParam(node: GraphNode, definition: OperatorDefinition, spec: ParamSpec): ParamValue {
  const refuse = (message: string) => {
    throw usageError(
      'INVALID_PARAMETER',
      `node ${node.id}: ${node.op}: ${message}`,
      signatureOf(definition),
      {
        node: node.id,
        operator: node.op,
        parameter: spec.name,
        given: given ?? null,
      },
    )
  }
  // Object.hasOwn: a parameter called `constructor` must not be found on the prototype.
  const own = Object.hasOwn(node.params, spec.name) ? node.params[spec.name] : undefined
  const given = own ?? ('default' in spec ? spec.default : undefined)
  if (given === undefined) return refuse(`${spec.name} is missing`)!
  switch (spec.kind) {
    case 'text':
      if (typeof given !== 'string' || given === '' || given.length > 200)
        refuse(`${spec.name} must be a text of 1 to 200 characters`)
      return given
    case 'function':
      return readFunction(node, spec, given)
    case 'choice':
      if (typeof given !== 'string' || !spec.choices.includes(given))
        refuse(`${spec.name} must be one of ${spec.choices.join(', ')}, not ${JSON.stringify(given)}`)
      return given
    default: {
      const kind = spec.kind === 'integer' ? 'a whole number' : 'a number'
      if (
        typeof given !== 'number' ||
        !Number.isFinite(given) ||
        given < spec.min ||
        given > spec.max ||
        (spec.kind === 'integer' && !Number.isInteger(given))
      ) {
        const future =
          typeof given === 'number' && given < 0 && spec.kind === 'integer'
            ? '; a negative one would read the future'
            : ''
        const range = isBounded(spec) ? ` from ${spec.min} to ${spec.max}` : ''
        refuse(`${spec.name} must be ${kind}${range}, not ${JSON.stringify(given)}${future}`)
      }
      // −0 and 0 are one value: they must not give two hashes.
      return (given as number) === 0 ? 0 : given
    }
  }
}

function readFunction(
  node: GraphNode,
  spec: Extract<ParamSpec, { kind: 'function' }>,
  given: ParamValue,
): string {
  const where = `node ${node.id}: ${node.op}`
  const read = spec.read(String(given))
  if (read.state === 'read') return read.text
  const { message, hint, line, column, sourceLine } = read
  throw usageError('INVALID_FUNCTION', `${where}: line ${line} of the function: ${message}`, hint, {
    node: node.id,
    operator: node.op,
    parameter: spec.name,
    given,
    problem: message,
    functionLine: line,
    functionColumn: column,
    functionSource: sourceLine,
  })
}

function checkOutput(node: GraphNode, { name, outputs }: OperatorDefinition): string | undefined {
  if (outputs === undefined) {
    if (node.output !== undefined)
      throw usageError(
        'UNKNOWN_OUTPUT',
        `node ${node.id}: ${name} has one output, so .${node.output} does not exist`,
      )
    return undefined
  }
  const output = node.output ?? outputs[0]!
  if (!outputs.includes(output)) {
    const meant = nearest(output, outputs)
    throw usageError(
      'UNKNOWN_OUTPUT',
      `node ${node.id}: ${name} has no output .${output}${meant ? `; did you mean .${meant}?` : ''}`,
      `its outputs are .${outputs.join(', .')}`,
    )
  }
  return output
}
