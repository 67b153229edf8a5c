import { z } from 'zod'
import { kindOf, shapeOf, unwrap } from './leaves.js'

/** What a setting may be, in words: `a whole number from 1 to 64`. Undefined where the schema does not say. */
export function allowedText(schema: z.core.$ZodType): string | undefined {
  const shape = shapeOf(schema)
  if (shape !== undefined) return `a group of settings: ${Object.keys(shape).join(', ')}`
  if (kindOf(schema) === 'record') return 'a group of names: { date: Day, symbol: Code }'
  return wordsFor(z.toJSONSchema(unwrap(schema), { io: 'input', unrepresentable: 'any' }) as JsonSchema)
}

interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

function wordsFor(schema: JsonSchema): string | undefined {
  if (schema.anyOf !== undefined)
    return schema.anyOf
      .map(wordsFor)
      .filter((text) => text !== undefined)
      .join(' or ')
  if (schema.const !== undefined) return String(schema.const)
  if (schema.enum !== undefined) return listed(schema.enum.map(String))
  switch (schema.type) {
    case 'integer':
    case 'number':
      return numberWords(schema)
    case 'boolean':
      return 'true or false'
    case 'string':
      if (schema.format === 'uri') return 'an address that begins with http:// or https://'
      if (schema.pattern !== undefined) return undefined
      return schema.minLength ? 'a text that is not empty' : 'a text'
    case 'array': {
      const count =
        schema.maxItems === 1 ? ' with one item at most' : schema.minItems ? ' that is not empty' : ''
      const items = schema.items === undefined ? undefined : wordsFor(schema.items)
      return `a list${count}${items === undefined ? '' : `, each item ${items}`}`
    }
    case 'object':
      return 'a group of settings'
    default:
      return undefined
  }
}

function numberWords(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const number = schema.type === 'integer' ? 'a whole number' : 'a number'
  if (minimum !== undefined && maximum !== undefined) {
    const range = `${number} from ${minimum} to ${maximum}`
    return schema.type === 'number' && minimum === 0 && maximum === 1 ? `${range} (29% is 0.29)` : range
  }
  const limits = [
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(minimum === undefined ? [] : [`of at least ${minimum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
    ...(maximum === undefined ? [] : [`of at most ${maximum}`]),
  ]
  return limits.length === 0 ? number : `${number} ${limits.join(' and ')}`
}

const listed = (options: readonly string[]): string =>
  options.length < 2 ? options.join('') : `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`
