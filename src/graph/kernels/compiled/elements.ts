/** The compiled elementwise operators and their numbers in kernels/elements.ts. */
export const ELEMENTS = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  min: 4,
  max: 5,
  neg: 6,
  abs: 7,
  sqrt: 8,
  sign: 9,
  /** Parameters: least, most. */
  clip: 10,
  /** Parameter: what stands where x is missing. */
  fill: 11,
  /** a/b − 1. */
  change: 12,
  /** a/b − 1, missing where b is infinite. */
  returns: 13,
  /** (a + b + c)/3. */
  typical: 14,
  where: 15,
  gt: 16,
  ge: 17,
  lt: 18,
  le: 19,
  eq: 20,
  ne: 21,
  missing: 22,
  and: 23,
  or: 24,
  not: 25,
} as const

export type ElementName = keyof typeof ELEMENTS

/** A compiled operator with its parameters. */
export interface CompiledElement {
  readonly name: ElementName
  readonly params?: readonly [number] | readonly [number, number]
}
