/** JSON Schema, as much of it as the published schema of strategies uses. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

type Check = (value: unknown, argument: never, schema: JsonSchema) => boolean

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const TYPES: Record<string, (value: unknown) => boolean> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
}

const whenNumber = (holds: (value: number, limit: number) => boolean) => (value: unknown, limit: number) =>
  typeof value !== 'number' || holds(value, limit)

const CHECKS: Record<string, Check> = {
  type: (value, type: string) => TYPES[type]!(value),
  const: (value, only: unknown) => value === only,
  enum: (value, choices: unknown[]) => choices.includes(value),
  minimum: whenNumber((value, limit) => value >= limit),
  maximum: whenNumber((value, limit) => value <= limit),
  exclusiveMinimum: whenNumber((value, limit) => value > limit),
  exclusiveMaximum: whenNumber((value, limit) => value < limit),
  minLength: (value, n: number) => typeof value !== 'string' || [...value].length >= n,
  maxLength: (value, n: number) => typeof value !== 'string' || [...value].length <= n,
  minItems: (value, n: number) => !Array.isArray(value) || value.length >= n,
  maxItems: (value, n: number) => !Array.isArray(value) || value.length <= n,
  items: (value, item: JsonSchema) => !Array.isArray(value) || value.every((one) => conforms(one, item)),
  anyOf: (value, options: JsonSchema[]) => options.some((option) => conforms(value, option)),
  oneOf: (value, options: JsonSchema[]) => options.filter((option) => conforms(value, option)).length === 1,
  required: (value, names: string[]) => !isObject(value) || names.every((name) => Object.hasOwn(value, name)),
  properties: (value, properties: Record<string, JsonSchema>) =>
    !isObject(value) ||
    Object.entries(properties).every(
      ([name, property]) => !Object.hasOwn(value, name) || conforms(value[name], property),
    ),
  propertyNames: (value, name: JsonSchema) =>
    !isObject(value) || Object.keys(value).every((key) => conforms(key, name)),
  additionalProperties: (value, others: JsonSchema | false, { properties = {} }) =>
    !isObject(value) ||
    Object.keys(value)
      .filter((key) => !Object.hasOwn(properties as object, key))
      .every((key) => others !== false && conforms(value[key], others)),
}

const ANNOTATIONS = new Set(['$schema', 'description', 'default'])

/** Whether a value conforms to a schema. A keyword that is not known here is an error, not a pass. */
export function conforms(value: unknown, schema: JsonSchema): boolean {
  return Object.entries(schema).every(([keyword, argument]) => {
    if (ANNOTATIONS.has(keyword)) return true
    const check = CHECKS[keyword]
    if (check === undefined) throw new Error(`the schema uses ${keyword}, which this validator does not know`)
    return check(value, argument as never, schema)
  })
}
