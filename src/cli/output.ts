import pc from 'picocolors'
import { AlphaloopError } from '../base/errors.js'
import type { Io } from './io.js'

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
  readonly json: boolean
  readonly verbose: boolean
  readonly colors: ReturnType<typeof pc.createColors>
  readonly columns: number
  /** The command's result: the object with `--json`, else the text. */
  result(object: unknown, text: () => string): void
  /** One line for a person who watches. */
  info(line: string): void
  warn(line: string): void
  /** A line that the next one replaces; where there is no terminal, a line now and then. */
  progress(line: string): void
  error(error: unknown): number
}

/** Without a terminal, a progress line this often. */
const PROGRESS_EVERY_MS = 10_000

export function createOutput(io: Io, options: OutputOptions): Output {
  const colors = pc.createColors(io.colors)
  const json = options.json ?? false
  const quiet = options.quiet ?? false
  const verbose = options.verbose ?? false
  let drawn = false
  let lastProgress = Number.NEGATIVE_INFINITY

  const clear = () => {
    if (drawn) io.stderr('\r\u001b[2K')
    drawn = false
  }
  const line = (text: string) => {
    clear()
    io.stderr(`${text}\n`)
  }
  return {
    json,
    verbose,
    colors,
    columns: io.columns,
    result(object, text) {
      clear()
      io.stdout(json ? `${JSON.stringify(object)}\n` : `${text().trimEnd()}\n`)
    },
    info(text) {
      if (!quiet) line(text)
    },
    warn(text) {
      if (!quiet) line(`${colors.yellow('warning:')} ${text}`)
    },
    progress(text) {
      if (quiet) return
      if (io.interactive) {
        io.stderr(`\r\u001b[2K${text.slice(0, io.columns - 1)}`)
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
      io.stderr(`${colors.red('error:')} ${error.message}\n`)
      if (error.hint !== undefined) io.stderr(`${colors.cyan('hint:')} ${error.hint}\n`)
      if (verbose) {
        io.stderr(`${error.stack}\n`)
        if (error.cause instanceof Error) io.stderr(`caused by ${error.cause.stack}\n`)
      }
      return error.exitCode
    },
  }
}

/** System errors that say that the surroundings, not the job, are at fault. */
const ENVIRONMENT_CODES: Record<string, string> = {
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission is denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  EIO: 'the device reports an input/output error',
}

function asAlphaloopError(thrown: unknown): AlphaloopError {
  if (thrown instanceof AlphaloopError) return thrown
  const { code, path } = (thrown ?? {}) as NodeJS.ErrnoException
  const environment = code === undefined ? undefined : ENVIRONMENT_CODES[code]
  if (environment !== undefined)
    return new AlphaloopError('environment', code!, `${path ? `${path}: ` : ''}${environment}`, {
      hint: 'mend it and start the command again; a run goes on where it stopped',
      cause: thrown,
      ...(path ? { details: { path } } : {}),
    })
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AlphaloopError('failure', 'UNEXPECTED', `something unexpected happened: ${message}`, {
    hint: '--verbose shows where; please report it',
    cause: thrown,
  })
}
