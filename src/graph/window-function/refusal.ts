import type { Node } from 'acorn'

/** What a window function may not do, and where it does it; line and column count from 1 within the function. */
export interface Refusal {
  readonly message: string
  readonly hint: string
  readonly line: number
  readonly column: number
}

/** How a refusal travels from where it is noticed to where the function is read. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** Throws `Refused` at a node. */
export function refuse(node: Node, message: string, hint: string): never {
  const { line, column } = node.loc!.start
  throw new Refused({ message, hint, line, column: column + 1 })
}
