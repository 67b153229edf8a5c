import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of the peers' scripts: ALPHALOOP_SHARED_BENCH, or `../shared/bench` beside the project. */
const folder = process.env.ALPHALOOP_SHARED_BENCH ?? join(import.meta.dirname, '../../../shared/bench')

/** A script of the peers, undefined where it is not here. */
export function peerScript(name: string): string | undefined {
  const path = join(folder, name)
  return existsSync(path) ? path : undefined
}

/** A Python that has all these modules: the one on the path, else the system's; undefined where there is none. */
export function python(...modules: string[]): string | undefined {
  return ['python3', '/usr/bin/python3'].find((interpreter) => {
    try {
      execFileSync(interpreter, ['-c', modules.map((name) => `import ${name}`).join('\n')], {
        stdio: 'ignore',
      })
      return true
    } catch {
      return false
    }
  })
}

/** What a script prints. */
export const runPython = (interpreter: string, args: readonly string[]): string =>
  execFileSync(interpreter, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

/** The lines of JSON that a peer's script prints. */
export function peerResults(script: string, args: readonly string[], modules: readonly string[]): Peer[] {
  const path = peerScript(script)
  const interpreter = python(...modules)
  if (path === undefined || interpreter === undefined) {
    console.log(
      `${script}: left out, ${path === undefined ? 'it is not here' : `no Python with ${modules.join(', ')}`}`,
    )
    return []
  }
  return runPython(interpreter, [path, ...args])
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Peer)
}

export type Peer = { readonly peer: string } & Readonly<Record<string, unknown>>
