import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import type { OperatorDefinition } from './operator.js'
import { OPERATORS } from './operators/index.js'

/** Every operator by name: the one place that builder, checks, prompts and documentation read. */
export const REGISTRY: ReadonlyMap<string, OperatorDefinition> = new Map(
  OPERATORS.map((definition) => [definition.name, definition]),
)

/** The definition of an operator; an unknown name is an error that says which one was probably meant. */
export function operatorNamed(name: string, where = ''): OperatorDefinition {
  const definition = REGISTRY.get(name)
  if (definition !== undefined) return definition
  const meant = nearest(name, REGISTRY.keys())
  throw usageError(
    'UNKNOWN_OPERATOR',
    `${where}there is no operator ${JSON.stringify(name)}${meant ? `; did you mean ${meant}?` : ''}`,
    meant ? `write ${meant}` : '`alphaloop operators` lists every operator',
    { operator: name, ...(meant ? { nearest: meant } : {}) },
  )
}
