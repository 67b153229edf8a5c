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
  /** Wall-clock time of reading one program's text, in milliseconds: ten times what an ordinary one of 256 KB takes. */
  readonly readMs: number
}

export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = Object.freeze({
  timeMs: 1000,
  memoryBytes: 32 * 1024 * 1024,
  // More lets deep recursion reach the end of the host's own stack, which ends the host.
  stackBytes: 256 * 1024,
  outputLength: 1024 * 1024,
  readMs: 3000,
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

/** A program's text as somebody wrote it. */
export interface SourceText {
  readonly source: string
  /** `expression`: one JavaScript expression and nothing else; the others are ES modules. */
  readonly language: 'ts' | 'js' | 'expression'
  /** Whether `calls` and `texts` are wanted (false). */
  readonly withCalls?: boolean
}

export interface ReadImport {
  readonly module: string
  readonly position: Position
  /** In braces; undefined for the default export. */
  readonly names: readonly { readonly name: string | undefined; readonly position: Position }[]
}

export interface ReadCall {
  /** Of the function or method. */
  readonly name: string
  /** Arguments that are a text or a number as they stand, undefined for every other one. */
  readonly values: readonly (string | number | undefined)[]
  /** Of the method's name, or of the call of a function. */
  readonly position: Position
}

export interface ReadText {
  readonly value: string
  readonly position: Position
  /** Name of the call that it is an argument of. */
  readonly within: string | undefined
}

/** A setting as it is written, its path with dots: `select.top`. */
export interface ReadSetting {
  readonly path: string
  readonly key: Position
  readonly value: Position
}

/** What a text says before it runs. Positions are those of `code`. */
export type SourceReading =
  | {
      readonly state: 'read'
      /** The text without its types; lines stay where they are, and columns up to the first type. */
      readonly code: string
      /** Those of `export … from` too. */
      readonly imports: readonly ReadImport[]
      readonly hasDefaultExport: boolean
      readonly exportedNames: readonly string[]
      /** The last statement is a bare expression: how models often end a program. */
      readonly endsWithExpression: boolean
      /** Of the one `strategy({ … })` that a module makes. */
      readonly settings: readonly ReadSetting[]
      readonly calls: readonly ReadCall[]
      readonly texts: readonly ReadText[]
    }
  | {
      readonly state: 'refused'
      /** The parser's words. */
      readonly message: string
      /** The text that `position` is of: without its types, or as it was written. */
      readonly code: string
      readonly position: Position | undefined
    }
  /** More words and signs than are read. */
  | { readonly state: 'tooLong'; readonly limit: number }
  /** Nested deeper than the parser's stack. */
  | { readonly state: 'tooDeep' }
  | { readonly state: 'stopped'; readonly limit: 'time' | 'memory' }

/**
 * Runs untrusted programs. Each starts in a realm of its own with the language and nothing else: no clock, no
 * randomness, no code from text, no files, network or process. A program that fails or runs over a limit is a result,
 * not an exception; `run` rejects only where the sandbox itself is broken.
 */
export interface Sandbox {
  /** Strips types and parses, without running anything; a text that takes too long is stopped like a program. */
  read(text: SourceText): Promise<SourceReading>
  run(program: SandboxProgram): Promise<SandboxResult>
  /** Gives back what it holds; programs that wait are rejected. */
  close(): Promise<void>
}
