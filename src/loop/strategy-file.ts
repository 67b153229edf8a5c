import { readFileSync } from 'node:fs'
import { AlphaloopError, usageError } from '../base/errors.js'

/** The text of a strategy file. @throws AlphaloopError (usage) STRATEGY_NOT_FOUND, or (environment) unreadable */
export function readStrategyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR')
      throw usageError(
        'STRATEGY_NOT_FOUND',
        code === 'ENOENT' ? `there is no strategy file ${path}` : `${path} is a folder`,
        'give a .ts, .js or .json file',
        {
          file: path,
        },
      )
    throw new AlphaloopError('environment', 'STRATEGY_UNREADABLE', `${path} cannot be read: ${code}`, {
      details: { file: path },
      cause: error,
    })
  }
}

/** The language of a strategy file by its ending. @throws AlphaloopError (usage) STRATEGY_LANGUAGE */
export function languageOf(path: string): 'ts' | 'js' | 'json' {
  const ending = /\.(ts|mts|js|mjs|json)$/.exec(path)?.[1]
  if (ending === undefined)
    throw usageError(
      'STRATEGY_LANGUAGE',
      `${path}: a strategy file ends in .ts, .js or .json`,
      'rename it to what it holds',
    )
  return ending === 'json' ? 'json' : ending.endsWith('ts') ? 'ts' : 'js'
}
