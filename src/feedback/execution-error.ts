import type { AlphaloopError } from '../base/errors.js'
import type { ExecutionError } from '../history/record.js'

/** What kind of mistake an error code stands for, so that alike failures are counted together. */
export function categoryOf(code: string): string {
  if (code.startsWith('REPLY_')) return 'reply'
  if (code === 'WINDOW_TOO_LONG') return 'wrong argument'
  if (/FIELD|GROUP/.test(code)) return 'unknown field'
  if (/OPERATOR|METHOD/.test(code)) return 'unknown operator'
  if (/SYNTAX|IMPORT|EXPORT/.test(code)) return 'syntax'
  if (/LIMIT|TOO_LARGE/.test(code)) return 'limit'
  if (/PARAMETER|INPUTS|TYPE|OUTPUT/.test(code)) return 'wrong argument'
  if (/TIMEOUT|MEMORY|STACK/.test(code)) return 'resource'
  if (/PORTFOLIO|PRICES|SELECT|SIDE|WEIGHT/.test(code)) return 'portfolio setting'
  return 'strategy'
}

/** An error as the record of an iteration keeps it. */
export function executionErrorOf(error: AlphaloopError): ExecutionError {
  const { line, column } = placeOf(error)
  return {
    category: categoryOf(error.code),
    code: error.code,
    message: error.message,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
}

interface Place {
  readonly line: number | undefined
  readonly column: number | undefined
  readonly sourceLine: string | undefined
}

/** Where in the strategy's code it happened, as far as the error knows. */
export function placeOf({ details }: AlphaloopError): Place {
  const count = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined
  return {
    line: count(details.line),
    column: count(details.column),
    sourceLine: typeof details.sourceLine === 'string' ? details.sourceLine : undefined,
  }
}
