import { readFileSync } from 'node:fs'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { AlphaloopError, messageOf, usageError } from '../base/errors.js'
import type { ConfigFile } from './resolve.js'

/** Reads and parses a YAML configuration. @throws AlphaloopError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, INVALID_YAML */
export function loadConfigFile(path: string): ConfigFile {
  return parseConfigText(readText(path), path)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw usageError(
        'CONFIG_NOT_FOUND',
        `there is no configuration file ${path}`,
        '`alphaloop init` writes one; without one, every setting has a default',
        { file: path },
      )
    if (code === 'EISDIR')
      throw usageError('CONFIG_IS_FOLDER', `${path} is a folder`, 'name the file in it: alphaloop.yaml', {
        file: path,
      })
    throw new AlphaloopError('environment', 'CONFIG_UNREADABLE', `${path} cannot be read: ${code}`, {
      details: { file: path },
      cause: error,
    })
  }
}

/** Parses YAML text; `name` stands in messages. */
export function parseConfigText(text: string, name: string): ConfigFile {
  const lines = new LineCounter()
  const document: Document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const problem = document.errors[0]
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0])
    throw usageError(
      'INVALID_YAML',
      `${name}:${line}:${col}: ${problem.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')}`,
      'YAML wants `key: value`, and nested settings indented by spaces',
      { file: name, line, column: col },
    )
  }
  return {
    name,
    values: plainValues(document, name),
    line: (path) => lines.linePos(locate(document, path).offset).line,
    source(path) {
      const { node } = locate(document, path)
      return isScalar(node) && node.type === 'PLAIN' ? node.source : undefined
    },
  }
}

function plainValues(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    throw usageError(
      'INVALID_YAML',
      `${name}: ${messageOf(error)}`,
      'write the values out instead of repeating them by & and *',
      { file: name },
    )
  }
}

/** The node at a path and where its key starts; the nearest parent that stands in the file where it does not. */
function locate(document: Document, path: readonly (string | number)[]) {
  let node: unknown = document.contents
  let offset = 0
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (pair === undefined) return { node: undefined, offset }
      offset = (pair.key as { range?: [number, number, number] }).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? offset
    } else return { node: undefined, offset }
  }
  return { node, offset }
}
