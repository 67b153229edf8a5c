import type { z } from 'zod'

/** A setting's path (`['llm', 'timeoutSeconds']`) and its schema without default and optional wrappers. */
export interface Leaf {
  readonly path: readonly string[]
  readonly schema: z.core.$ZodType
}

/** The schema inside default, optional and prefault wrappers. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const definition = schema._zod.def as { type: string; innerType?: z.core.$ZodType }
  return definition.innerType === undefined ? schema : unwrap(definition.innerType)
}

/** The keys of an object schema, or undefined where it is none. */
export function shapeOf(schema: z.core.$ZodType): Record<string, z.core.$ZodType> | undefined {
  const definition = unwrap(schema)._zod.def as { type: string; shape?: Record<string, z.core.$ZodType> }
  return definition.type === 'object' ? definition.shape : undefined
}

/** The kind of value a schema wants: `string`, `number`, `enum`, `array`, `record`, … */
export const kindOf = (schema: z.core.$ZodType): string => (unwrap(schema)._zod.def as { type: string }).type

/** The schemas that a setting may have one of; itself alone where it is no union. */
function optionsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const inner = unwrap(schema)
  const definition = inner._zod.def as { type: string; options?: readonly z.core.$ZodType[] }
  return definition.type === 'union' ? definition.options! : [inner]
}

/** Whether a text is to stay one although it looks like a number: `0050` is a file or a symbol. */
export const wantsText = (schema: z.core.$ZodType): boolean =>
  optionsOf(schema).some((option) => kindOf(option) === 'string')

/** The schema at a path, list items included; undefined where there is no such setting. */
export function schemaAt(root: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = root
  for (const key of path) {
    const inner = unwrap(schema)
    const list = optionsOf(inner).find((option) => kindOf(option) === 'array')
    schema =
      list !== undefined
        ? (list._zod.def as unknown as { element: z.core.$ZodType }).element
        : shapeOf(inner)?.[key as string]
    if (schema === undefined) return undefined
  }
  return unwrap(schema)
}

/** Every setting that is not itself an object of settings. */
export function leavesOf(schema: z.core.$ZodType, path: readonly string[] = []): Leaf[] {
  const shape = shapeOf(schema)
  if (shape === undefined) return [{ path, schema: unwrap(schema) }]
  return Object.entries(shape).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
}

/** `llm.timeoutSeconds` → `ALPHALOOP_LLM_TIMEOUT_SECONDS`. */
export const environmentName = (path: readonly string[]): string =>
  `ALPHALOOP_${path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('_')}`
