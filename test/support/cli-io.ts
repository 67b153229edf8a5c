import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Io } from '../../src/cli/io.js'
import { main } from '../../src/cli/main.js'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly columns?: number
  readonly colors?: boolean
  readonly live?: boolean
  readonly terminal?: boolean
}

/** Runs a command in this process, with nothing of this process's environment but what is given. */
export async function cli(argv: readonly string[], surroundings: Surroundings): Promise<Outcome> {
  const { cwd, env = {}, columns = 100, colors = false, live = false, terminal = false } = surroundings
  let stdout = ''
  let stderr = ''
  const io: Io = {
    command: 'alphaloop',
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    interactive: false,
    live,
    terminal,
    colors,
    noteColors: colors,
    columns,
    env: { ALPHALOOP_CACHE_DIR: cacheDir, ...env },
    cwd,
    onSignal: () => () => {},
    protocol: () => {
      throw new Error('a server of a protocol is a process of its own')
    },
    exit: (code) => {
      throw new Error(`exit ${code}`)
    },
  }
  const code = await main(argv, io)
  return { code, stdout, stderr }
}

/** The one object that `--json` printed; fails where there is anything else on stdout. */
// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects in there
export function jsonOf({ stdout }: Outcome): any {
  const lines = stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`stdout is not one line: ${stdout}`)
  return JSON.parse(lines[0]!)
}

export const BIN = join(import.meta.dirname, '../../dist/cli/bin.js')

/** Runs the built command as a process of its own. */
export function spawnCli(
  argv: readonly string[],
  options: {
    readonly cwd: string
    readonly env?: Readonly<Record<string, string>>
    readonly uid?: number
    /** Called with the process as soon as it runs. */
    readonly onStart?: (child: ReturnType<typeof spawn>) => void
  },
): Promise<Outcome> {
  const { cwd, env = {}, uid, onStart } = options
  const child = spawn(process.execPath, [BIN, ...argv], {
    cwd,
    env: { PATH: process.env.PATH!, ALPHALOOP_CACHE_DIR: cacheDir, ...env },
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  onStart?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : -1), stdout, stderr }),
    )
  })
}

/** A folder that goes when the test ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Read data is kept here for the time of one test file, never in the user's own cache. */
const cacheDir = mkdtempSync(join(tmpdir(), 'alphaloop-cli-cache-'))
process.on('exit', () => rmSync(cacheDir, { recursive: true, force: true }))
