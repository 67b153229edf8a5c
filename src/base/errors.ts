/**
 * Whose turn it is to act on an error; decides the exit code of a command.
 * `usage`: what was given is wrong. `data`: the market data is wrong. `environment`: disk, permission, network.
 * `failure`: the job itself failed.
 */
export type ErrorKind = 'usage' | 'data' | 'environment' | 'failure'

const EXIT_CODES: Record<ErrorKind, number> = { failure: 1, usage: 2, data: 3, environment: 4 }

export type ErrorDetails = Readonly<Record<string, unknown>>

/**
 * The one error type that leaves a public function. `message` says what is wrong and where, `hint` how to mend it,
 * `details` carries the data behind both (file, line, node, window, bars, …) for programs.
 */
export class AlphaloopError extends Error {
  readonly kind: ErrorKind
  /** Stable, in SCREAMING_SNAKE_CASE; programs match on it. */
  readonly code: string
  readonly hint: string | undefined
  readonly details: ErrorDetails

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    options: { hint?: string | undefined; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AlphaloopError'
    this.kind = kind
    this.code = code
    this.hint = options.hint === '' ? undefined : options.hint
    this.details = options.details ?? {}
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind]
  }

  /** The shape that `--json` prints under `error`. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...this.details,
    }
  }
}

/** A typed error for what the caller gave (exit code 2). */
export const usageError = (code: string, message: string, hint?: string, details?: ErrorDetails) =>
  new AlphaloopError('usage', code, message, { hint, ...(details ? { details } : {}) })

/** A typed error for market data that cannot be used (exit code 3). */
export const dataError = (code: string, message: string, hint?: string, details?: ErrorDetails) =>
  new AlphaloopError('data', code, message, { hint, ...(details ? { details } : {}) })

/** A typed error for the surroundings: disk, permission, network (exit code 4). */
export const environmentError = (code: string, message: string, hint?: string, details?: ErrorDetails) =>
  new AlphaloopError('environment', code, message, { hint, ...(details ? { details } : {}) })

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)
