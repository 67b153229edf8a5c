import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './root.js'

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
}

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: join(ROOT, 'bench'), encoding: 'utf8' }).trim()

/**
 * Appends one result of a benchmark to `bench/results/<name>.jsonl`, with what it was measured on, and
 * returns the file's path. `dirty`: the sources differ from the commit. `load`: processes that wanted to run over the
 * last 1, 5 and 15 minutes, this benchmark among them; figures of a busy machine are not to be compared.
 */
export function recordResult(
  name: string,
  result: { readonly workload: string; readonly figures: readonly Figure[] },
): string {
  const folder = join(ROOT, 'bench/results')
  const path = join(folder, `${name}.jsonl`)
  const [cpu] = cpus()
  const line = {
    commit: git('rev-parse', 'HEAD'),
    dirty: git('status', '--porcelain', '--', '../src') !== '',
    date: new Date().toISOString(),
    machine: {
      cpu: cpu?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${release()}`,
      load: loadavg().map((load) => Number(load.toFixed(2))),
    },
    node: process.version,
    ...result,
  }
  mkdirSync(folder, { recursive: true })
  appendFileSync(path, `${JSON.stringify(line)}\n`)
  return path
}
