import { homedir } from 'node:os'
import { sep } from 'node:path'
import { AlphaloopError, messageOf } from '../base/errors.js'
import type { RunChoice } from './desk.js'

/** An error as a tool tells it. */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string
  /** Line, column, nearest name and the like. */
  readonly [detail: string]: string | number | boolean | undefined
}

/** Details that say where things lie on the machine. */
const PLACES: ReadonlySet<string> = new Set(['path', 'runDir', 'file', 'folder', 'cause', 'code', 'message'])

/** What was thrown, without paths of the machine. What is no error of ours is a defect: the log gets its stack. */
export function problemOf(
  thrown: unknown,
  hide: (text: string) => string,
  log: (line: string) => void,
): Problem {
  if (!(thrown instanceof AlphaloopError)) {
    log(`error: ${(thrown instanceof Error && thrown.stack) || messageOf(thrown)}`)
    return {
      code: 'UNEXPECTED',
      message: `something unexpected happened: ${hide(messageOf(thrown))}`,
      hint: 'the log of the server (its standard error) shows where; please report it',
    }
  }
  const { code, message, hint, details } = thrown
  const told: Record<string, string | number | boolean> = {}
  for (const [key, value] of Object.entries(details)) {
    if (PLACES.has(key)) continue
    if (typeof value === 'string') told[key] = hide(value)
    else if (typeof value === 'number' || typeof value === 'boolean') told[key] = value
  }
  return { code, message: hide(message), ...(hint === undefined ? {} : { hint: hide(hint) }), ...told }
}

/**
 * Takes paths of the machine out of a text: what lies in the run directory or beside the configuration is named from
 * there, of everything else only its own name is left.
 */
export function pathHider(choice: Partial<RunChoice>, cwd: string): (text: string) => string {
  const { runDir, base } = choice
  const roots = [...new Set([runDir, base, cwd, homedir()])].filter(
    (root): root is string => root !== undefined && root.length > 1,
  )
  // The longest first, or a folder above would leave a part of what lies deeper.
  roots.sort((a, b) => b.length - a.length)
  return (text) => {
    let hidden = text
    for (const root of roots) {
      const name = root === runDir ? 'the run directory' : root === homedir() ? '~' : 'the working folder'
      hidden = hidden.replaceAll(`${root}${sep}`, '').replaceAll(root, name)
    }
    return hidden.replace(ABSOLUTE, (_, before: string, path: string) => {
      const name = path.split(/[\\/]/).filter(Boolean).at(-1)!
      return `${before}…/${name}`
    })
  }
}

/** Two steps at least: `close/open` and `a/b` are no paths. */
const ABSOLUTE = /(^|[\s"'`(=:,[])((?:file:\/\/)?(?:[A-Za-z]:)?(?:[\\/][\w.@+-]+){2,}[\\/]?)/g
