import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './root.js'
import { Report } from './support/timing.js'

/*
 * Peak memory of a learning loop on the medium panel: the built package in a process of its own, 300 iterations on
 * two workers with the default cache budget. `npm run bench -- memory`; `--iterations N`; `--record`.
 */

const { values: flags } = parseArgs({
  options: { record: { type: 'boolean', default: false }, iterations: { type: 'string', default: '300' } },
})
const folder = mkdtempSync(join(tmpdir(), 'alphaloop-bench-'))
const report = new Report()

/** Prints the peak of the whole process, threads included, when it ends. */
const WITNESS = `data:text/javascript,${encodeURIComponent(`
import { isMainThread } from 'node:worker_threads'
if (isMainThread && process.argv.includes('run'))
  process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS, process.uptime()))
`)}`

/** Peak memory in MB and seconds of a run with these arguments. */
function measure(name: string, iterations: string): { megabytes: number; seconds: number } {
  const args = [
    'run',
    '--data',
    'builtin:symbols=500,bars=2500',
    '--iterations',
    iterations,
    '--workers',
    '2',
    '--no-llm',
  ]
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', WITNESS, join(ROOT, 'dist/cli/bin.js'), ...args, '--run-dir', join(folder, name)],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      env: { ...process.env, ALPHALOOP_CACHE_DIR: join(folder, 'cache') },
    },
  )
  if (status !== 0) throw new Error(`the run failed:\n${stderr}`)
  const [, peak, uptime] = /^peak (\d+) ([\d.]+)$/m.exec(stderr)!
  return { megabytes: Number(peak) / 1024, seconds: Number(uptime) }
}

try {
  const built = spawnSync(process.execPath, [join(ROOT, 'scripts/setup-only.mjs')], { stdio: 'inherit' })
  if (built.status !== 0) throw new Error('the package cannot be built')
  const { megabytes, seconds } = measure('loop', flags.iterations)
  report.print(`peak of ${flags.iterations} iterations, two workers`, megabytes, 'MB', 'to reach 400')
  report.print('the whole run', seconds, 's')
  report.print('a run of one batch', measure('short', '8').megabytes, 'MB')
  if (flags.record) report.record('memory', `${flags.iterations} iterations on 500 × 2 500`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
