import { basename, isAbsolute, join } from 'node:path'
import { AlphaloopError } from '../base/errors.js'
import type { Config } from '../config/schema.js'
import { executionErrorOf } from '../feedback/execution-error.js'
import type { Strategy } from '../graph/strategy.js'
import type { StartStrategy } from './ports.js'
import { languageOf, readStrategyFile } from './strategy-file.js'

/** The user's strategies that have no record yet; null stands for those that have one. */
export async function compileStarts(
  config: Config,
  base: string,
  recorded: number,
  compile: (source: string, language: 'ts' | 'js' | 'json', fileName: string) => Promise<Strategy>,
): Promise<(StartStrategy | null)[]> {
  const starts: (StartStrategy | null)[] = []
  for (const [i, file] of config.start.entries()) {
    if (i < recorded) {
      starts.push(null)
      continue
    }
    const path = isAbsolute(file) ? file : join(base, file)
    const code = readStrategyFile(path)
    try {
      const strategy = await compile(code, languageOf(path), basename(path))
      starts.push({ state: 'compiled', file, strategy, code })
    } catch (error) {
      if (!(error instanceof AlphaloopError)) throw error
      const known = executionErrorOf(error)
      starts.push({ state: 'broken', file, error: { ...known, message: `${file}: ${known.message}` } })
    }
  }
  return starts
}
