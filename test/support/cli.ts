import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** The built command; `npm test` builds it before the first test. */
export const BIN = join(import.meta.dirname, '../../dist/cli/bin.js')

/** The environment without what is said to the tests, or to the command by whoever runs them. */
const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('ALPHALOOP_')),
)

export interface CliResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** User and group that the process runs as; needs root. */
  readonly uid?: number
  /** Leads a process group of its own, to which signals can be sent as a terminal does. */
  readonly group?: boolean
}

export interface RunningCli {
  readonly child: ChildProcess
  readonly done: Promise<CliResult>
  /** What it has said so far, both streams. */
  readonly said: () => string
}

/** Starts the command as a process of its own. One that is still there when the test ends is killed. */
export function startCli(
  args: readonly string[],
  { cwd, env = {}, uid, group = false }: CliOptions,
): RunningCli {
  const options: SpawnOptions = {
    cwd,
    env: { ...surroundings, NO_COLOR: '1', ALPHALOOP_CACHE_DIR: CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
    detached: group,
  }
  const child = spawn(process.execPath, [BIN, ...args], options)
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let stdout = ''
  let stderr = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { child, done, said: () => stdout + stderr }
}

/** Runs the command to its end. */
export const cli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  startCli(args, options).done

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Read data is kept once for all commands of a test file. */
const CACHE = mkdtempSync(join(tmpdir(), 'alphaloop-cli-cache-'))
process.on('exit', () => rmSync(CACHE, { recursive: true, force: true }))
