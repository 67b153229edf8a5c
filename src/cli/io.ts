import { Console } from 'node:console'
import { basename } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** The surroundings of a command, so that tests can call it in their own process. */
export interface Io {
  /** How a person calls this program: `alphaloop`, or `npx alphaloop` where it is not installed by that name. */
  readonly command: string
  /** Resolves when the reader may be given more; short output need not wait for it. */
  readonly stdout: (text: string) => void | Promise<void>
  readonly stderr: (text: string) => void
  /** A person sits at both ends: questions may be asked. */
  readonly interactive: boolean
  /** stderr is a terminal: a progress line may be redrawn. */
  readonly live: boolean
  /** stdout is a terminal: what does not fit on a line may be cut. */
  readonly terminal: boolean
  /** stdout shows colours. */
  readonly colors: boolean
  /** stderr shows colours. */
  readonly noteColors: boolean
  /** Columns of the terminal; 100 where there is none. */
  readonly columns: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Calls the handler on SIGINT and SIGTERM until the returned function is called. */
  onSignal(handler: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
  /**
   * Both ends for a protocol of machines: from here on nothing else is written to stdout, and a reader that leaves is
   * the caller's to notice.
   */
  protocol(): { readonly input: Readable; readonly output: Writable }
  /** Leaves the process at once, for the second interrupt. */
  exit(code: number): never
}

function wantsColors({ isTTY }: { isTTY: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return Boolean(isTTY) && TERM !== 'dumb'
}

export function processIo(): Io {
  const interactive = Boolean(process.stdout.isTTY && process.stderr.isTTY && process.stdin.isTTY)
  return {
    command: commandName(process.argv[1], process.env.npm_command),
    stdout: (text) =>
      process.stdout.write(text)
        ? undefined
        : new Promise((resolve) => process.stdout.once('drain', () => resolve())),
    stderr: (text) => void process.stderr.write(text),
    interactive,
    live: Boolean(process.stderr.isTTY) && process.env.TERM !== 'dumb',
    terminal: Boolean(process.stdout.isTTY),
    colors: wantsColors(process.stdout),
    noteColors: wantsColors(process.stderr),
    columns: process.stdout.columns ?? process.stderr.columns ?? 100,
    env: process.env,
    cwd: process.cwd(),
    onSignal(handler) {
      const signals = ['SIGINT', 'SIGTERM'] as const
      const listeners = signals.map((signal) => {
        const listener = () => handler(signal)
        process.on(signal, listener)
        return () => process.off(signal, listener)
      })
      return () => {
        for (const off of listeners) off()
      }
    },
    protocol() {
      // The process leaves when a reader does; a server finishes what it is at.
      for (const stream of [process.stdout, process.stderr])
        stream.removeAllListeners('error').on('error', () => {})
      globalThis.console = new Console(process.stderr)
      return { input: process.stdin, output: process.stdout }
    },
    exit: (code) => process.exit(code),
  }
}

/** A link called `alphaloop` is on the path, unless npx made it for this call; anything else was started by its file. */
export const commandName = (script: string | undefined, npmCommand: string | undefined): string =>
  script !== undefined && basename(script) === 'alphaloop' && npmCommand !== 'exec'
    ? 'alphaloop'
    : 'npx alphaloop'
