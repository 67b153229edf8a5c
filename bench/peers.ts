import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.js'

/** The folder with the peers' scripts and the panel generator, or undefined where it is not there. */
export function peersFolder(): string | undefined {
  const folder = process.env.ALPHALOOP_SHARED_BENCH ?? join(ROOT, '../shared/bench')
  return existsSync(join(folder, 'gen_panel.py')) ? folder : undefined
}

/** A Python that can import all of the modules, of those that are usually there. */
export function pythonWith(...modules: string[]): string | undefined {
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0,
  )
}

/** What a script of the peers' folder prints. @throws Error with what it wrote to stderr */
export function runPeerScript(python: string, script: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python, [script, ...args], {
    encoding: 'utf8',
    // One thread each; what is measured with more says so.
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`${script} failed:\n${stderr}`)
  return stdout
}

/** The line of JSON that a script prints last. */
export const peerResult = (python: string, script: string, args: readonly string[]): unknown =>
  JSON.parse(runPeerScript(python, script, args).trim().split('\n').at(-1)!)
