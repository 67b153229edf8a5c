import pc from 'picocolors'
import { AlphaloopError } from '../base/errors.js'
import { printable } from '../base/printable.js'
import type { Io } from './io.js'
import { wrap } from './render/wrap.js'
import { systemError } from './system-errors.js'

export interface OutputOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
}

/**
 * Where a command writes: results to stdout, everything else to stderr. With `--json`, stdout gets exactly one
 * object; with `--quiet`, stderr gets errors only.
 */
export interface Output {
  /** How a person calls this program. */
  readonly command: string
  readonly json: boolean
  readonly verbose: boolean
  readonly colors: ReturnType<typeof pc.createColors>
  readonly columns: number
  /** The command's result: the object with `--json`, else the text. */
  result(object: unknown, text: () => string): void
  /** One line for a person who watches. */
  info(line: string): void
  warn(line: string): void
  /** A line that the next one replaces, with a bar; where there is no terminal, a line now and then. */
  progress(line: string, share?: number): void
  error(error: unknown): number
}

/** Without a terminal, a progress line this often. */
const PROGRESS_EVERY_MS = 10_000

export function createOutput(io: Io, options: OutputOptions): Output {
  const colors = pc.createColors(io.colors)
  const noteColors = pc.createColors(io.noteColors)
  const json = options.json ?? false
  const quiet = options.quiet ?? false
  const verbose = options.verbose ?? false
  let drawn = false
  let lastProgress = performance.now()

  const clear = () => {
    if (drawn) io.stderr('\r\u001b[2K')
    drawn = false
  }
  const line = (text: string, indent = '') => {
    clear()
    // A log is searched line by line; a person's terminal breaks lines in the middle of words.
    io.stderr(`${io.live ? wrap(text, io.columns - 1, indent) : text}\n`)
  }
  return {
    json,
    verbose,
    colors,
    command: io.command,
    columns: io.columns,
    result(object, text) {
      clear()
      io.stdout(json ? `${JSON.stringify(object)}\n` : `${text().trimEnd()}\n`)
    },
    info(text) {
      if (!quiet) line(text, '  ')
    },
    warn(text) {
      if (!quiet) line(`${noteColors.yellow('warning:')} ${printable(text)}`, '  ')
    },
    progress(text, share) {
      if (quiet) return
      if (io.live) {
        const drawing = share === undefined ? text : `${bar(share)} ${text}`
        io.stderr(`\r\u001b[2K${drawing.slice(0, io.columns - 1)}`)
        drawn = true
      } else if (performance.now() - lastProgress > PROGRESS_EVERY_MS) {
        lastProgress = performance.now()
        line(text)
      }
    },
    error(thrown) {
      clear()
      const error = asAlphaloopError(thrown)
      if (json) io.stdout(`${JSON.stringify({ error: error.toJSON() })}\n`)
      io.stderr(`${noteColors.red('error:')} ${printable(error.message)}\n`)
      if (error.hint !== undefined) io.stderr(`${noteColors.cyan('hint:')} ${printable(error.hint)}\n`)
      if (verbose) {
        io.stderr(`${error.stack}\n`)
        if (error.cause instanceof Error) io.stderr(`caused by ${error.cause.stack}\n`)
      }
      return error.exitCode
    },
  }
}

const bar = (share: number): string => {
  const full = Math.round(share * 24)
  return `${'█'.repeat(full)}${'░'.repeat(24 - full)}`
}

function asAlphaloopError(thrown: unknown): AlphaloopError {
  if (thrown instanceof AlphaloopError) return thrown
  const fromSystem = systemError(thrown)
  if (fromSystem !== undefined) return fromSystem
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AlphaloopError('failure', 'UNEXPECTED', `something unexpected happened: ${message}`, {
    hint: '--verbose shows where; please report it',
    cause: thrown,
  })
}
