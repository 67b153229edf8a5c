import type { z } from 'zod'
import { usageError } from '../base/errors.js'
import { kindOf, schemaAt, shapeOf, wantsText } from './leaves.js'
import type { ConfigFile, Environment } from './resolve.js'
import { configSchema } from './schema.js'

const REFERENCE = /\$\{([^}]*)\}/g
const NAMED = /^([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?$/s

/**
 * A file's values with `${NAME}` and `${NAME:default}` filled in, anywhere in a text, also several times. A section
 * without any setting (all of them commented out) is left out.
 *
 * @throws AlphaloopError (usage) UNSET_VARIABLE, INVALID_REFERENCE, KEY_IN_CONFIG
 */
export function interpolate(
  value: unknown,
  environment: Environment,
  file: ConfigFile,
  path: readonly (string | number)[] = [],
): unknown {
  if (Array.isArray(value)) return value.map((item, i) => interpolate(item, environment, file, [...path, i]))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, item]) => item !== null || !isSection([...path, key]))
        .map(([key, item]) => [key, interpolate(item, environment, file, [...path, key])]),
    )
  const schema = schemaAt(configSchema, path)
  if (typeof value === 'string') return filledIn(value, environment, file, path, schema)
  // `benchmark: 0050` reads as the number 50; where a text is due, it is what was written.
  if (value !== null && schema !== undefined && wantsText(schema)) return file.source?.(path) ?? value
  return value
}

function filledIn(
  value: string,
  environment: Environment,
  file: ConfigFile,
  path: readonly (string | number)[],
  schema: z.core.$ZodType | undefined,
): unknown {
  const dotted = path.join('.')
  const line = file.line(path)
  const refuse = (code: string, problem: string, hint: string, details: Record<string, unknown> = {}) =>
    usageError(code, `${file.name}:${line}: ${problem}`, hint, {
      file: file.name,
      line,
      path: dotted,
      ...details,
    })
  let whole = false
  const text = value.replace(REFERENCE, (match, inside: string) => {
    const named = NAMED.exec(inside)
    if (named === null)
      throw refuse(
        'INVALID_REFERENCE',
        `${dotted} has ${match}, which names no variable`,
        `write \${NAME} or \${NAME:default}; a name has letters, digits and _`,
        { reference: match },
      )
    const [, name, fallback] = named
    if (path.at(-1) === 'apiKeyVariable')
      throw refuse(
        'KEY_IN_CONFIG',
        `${dotted} would hold the key itself, and it wants the name of the variable`,
        `write apiKeyVariable: ${name}`,
        { variable: name },
      )
    whole ||= match === value
    const found = environment[name!]
    if (found !== undefined && found !== '') return found
    if (fallback !== undefined) return fallback
    throw refuse(
      'UNSET_VARIABLE',
      `${dotted} reads the variable ${name}, which is not set`,
      `set ${name}, or write \${${name}:default}`,
      { variable: name },
    )
  })
  // A text that is one reference only takes the type that the setting wants: '0050' stays a text where one is due.
  return whole && schema !== undefined ? fromText(text, schema) : text
}

/** A path that holds settings of its own. */
function isSection(path: readonly PropertyKey[]): boolean {
  const schema = schemaAt(configSchema, path)
  return schema !== undefined && shapeOf(schema) !== undefined
}

/** A text as the schema wants it: JSON or comma-separated for lists and maps; texts stay texts (`0050`). */
export function fromText(text: string, schema: z.core.$ZodType): unknown {
  const kind = kindOf(schema)
  if (kind === 'string' || kind === 'enum') return text
  if (/^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // Not JSON: the schema's own complaint about the text is the better message.
      return text
    }
  }
  const parts = () => text.split(',').map((part) => part.trim())
  if (kind === 'array') return parts()
  if (kind === 'record') {
    const pairs = parts().map((part) => part.split('=', 2).map((side) => side.trim()))
    return pairs.every((pair) => pair.length === 2) ? Object.fromEntries(pairs) : text
  }
  return wantsText(schema) ? text : plainValue(text)
}

/** Numbers and booleans that were written as text. */
function plainValue(text: string): unknown {
  if (text === 'true') return true
  if (text === 'false') return false
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text
}
