import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { compiledPath } from './compiled.js'
import type { WriterOrder } from './writer.js'

/** A process that runs a TypeScript file of this folder, killed at the end of the test if it still lives. */
export function startProcess(name: string, order: unknown, options: { quiet?: boolean } = {}): ChildProcess {
  const child = spawn(process.execPath, [compiledPath(name), JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr!.on('data', (text) => {
    said += text
  })
  child.on('exit', (code) => {
    if (code !== 0 && code !== null && !options.quiet)
      process.stderr.write(`${name} left with ${code}: ${said}\n`)
  })
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  })
  return child
}

export const startWriter = (order: WriterOrder): ChildProcess =>
  // Without a lock a writer may well stumble over another.
  startProcess('writer.ts', order, { quiet: order.withoutLock === true })

/** Resolves to the exit code, or the signal, of a process. */
export async function ended(child: ChildProcess): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.signalCode ?? child.exitCode!
}

/** Runs a writer as a thread of this process; resolves when it has appended all. */
export async function runWriterThread(order: WriterOrder): Promise<void> {
  const worker = new Worker(compiledPath('writer.ts'), { workerData: order, execArgv: [] })
  const [code] = (await once(worker, 'exit')) as [number]
  if (code !== 0) throw new Error(`a writer thread left with ${code}`)
}

/** The acknowledged records of a writer's file, by id. */
export function readAcknowledged(path: string): Map<string, number> {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    // The writer died before its first record.
  }
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => [line.slice(0, 36), Number(line.slice(37))]))
}
