/** The surroundings of a command, so that tests can call it in their own process. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Both are a person's terminal: questions may be asked, a progress line may be redrawn. */
  readonly interactive: boolean
  readonly colors: boolean
  /** Columns of the terminal; 100 where there is none. */
  readonly columns: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Calls the handler on SIGINT and SIGTERM until the returned function is called. */
  onSignal(handler: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
  /** Leaves the process at once, for the second interrupt. */
  exit(code: number): never
}

export function processIo(): Io {
  const interactive = Boolean(process.stdout.isTTY && process.stderr.isTTY && process.stdin.isTTY)
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    interactive,
    colors:
      Boolean(process.stdout.isTTY) && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb',
    columns: process.stdout.columns ?? 100,
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
    exit: (code) => process.exit(code),
  }
}
