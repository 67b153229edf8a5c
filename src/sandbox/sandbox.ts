/** What an untrusted program may use up. */
export interface SandboxLimits {
  /** Wall-clock time of one program, in milliseconds. */
  readonly timeMs: number
  /** Memory of the engine with the program in it, in bytes; at least 16 MB. */
  readonly memoryBytes: number
  /** Call stack of one program, in bytes. */
  readonly stackBytes: number
  /** Length of the result, in UTF-16 code units. */
  readonly outputLength: number
}

export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = Object.freeze({
  timeMs: 1000,
  memoryBytes: 32 * 1024 * 1024,
  // More lets deep recursion reach the end of the host's own stack, which ends the host.
  stackBytes: 256 * 1024,
  outputLength: 1024 * 1024,
})

export interface SandboxProgram {
  /** The untrusted ES module, plain JavaScript. */
  readonly source: string
  /** Its name in positions. */
  readonly fileName: string
  /** Trusted script that runs before it in the same realm and sets up what it may use. */
  readonly prelude: string
  /** Trusted modules that it may import, by specifier; every other specifier is refused. */
  readonly modules: Readonly<Record<string, string>>
  /**
   * Name of a global function that the prelude leaves behind. It is taken away before the program runs, called with the
   * program's module namespace afterwards, and returns the result as one string.
   */
  readonly finish: string
}

/** A position in the program as it was given to the sandbox: line and column from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/**
 * How a program ended. One string is all that ever crosses from inside: `output` where it returned, and the
 * description of what it threw.
 */
export type SandboxResult =
  | { readonly state: 'returned'; readonly output: string }
  | {
      readonly state: 'threw'
      readonly name: string
      readonly message: string
      /** What the prelude attached to its errors, as JSON text; untrusted like everything else. */
      readonly details: string | undefined
      readonly position: Position | undefined
    }
  | {
      readonly state: 'stopped'
      readonly limit: 'time' | 'memory' | 'stack' | 'output'
      readonly position: Position | undefined
    }

/** What becomes of a program with which the engine itself goes down. */
export const ENGINE_DOWN: SandboxResult = Object.freeze({
  state: 'threw',
  name: 'Error',
  message: 'the program brought the JavaScript engine down',
  details: undefined,
  position: undefined,
})

/**
 * Runs untrusted programs. Each starts in a realm of its own with the language and nothing else: no clock, no
 * randomness, no code from text, no files, network or process. A program that fails or runs over a limit is a result,
 * not an exception; `run` rejects only where the sandbox itself is broken.
 */
export interface Sandbox {
  run(program: SandboxProgram): Promise<SandboxResult>
  /** Gives back what it holds; programs that wait are rejected. */
  close(): Promise<void>
}
