import { spawnSync } from 'node:child_process'

export interface Python {
  readonly command: string
  /** Version of pandas. */
  readonly pandas: string
}

let found: Python | undefined | null = null

/** A Python that can import pandas 1.x (whose conventions the operators follow), or undefined. */
export function pythonWithPandas(): Python | undefined {
  if (found !== null) return found
  found = undefined
  // Debian's own comes second: a Python that somebody installed often stands in front of it, without pandas.
  for (const command of ['python3', '/usr/bin/python3']) {
    const { status, stdout } = spawnSync(command, ['-c', 'import pandas; print(pandas.__version__)'], {
      encoding: 'utf8',
    })
    if (status !== 0 || !/^1\./.test(stdout)) continue
    found = { command, pandas: stdout.trim() }
    break
  }
  return found
}
