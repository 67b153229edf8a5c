import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parse } from 'acorn'
import { transform } from 'sucrase'
import { describe, expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '../src')

/** Folders from the bottom up: a file imports from its own folder and from lower ones only. */
const LAYERS: readonly (readonly string[])[] = [
  ['base'],
  ['data'],
  ['graph'],
  ['sandbox'],
  ['strategy', 'library'],
  ['search', 'backtest', 'research'],
  ['validation'],
  ['champion'],
  ['history', 'config'],
  ['feedback', 'report'],
  ['llm', 'workers'],
  ['loop'],
  ['testing', 'speed'],
  ['compose'],
  ['index'],
  ['mcp'],
  ['cli'],
]

/** Reproducible from (graph, data hash, config, seed): no node:*, clock, environment or chance of their own. */
const SPINE = [
  'base',
  'graph',
  'strategy',
  'library',
  'search',
  'backtest',
  'research',
  'validation',
  'champion',
  'feedback',
  'report',
]
const SPINE_FILES = [
  'loop/step.ts',
  'loop/state.ts',
  'config/schema.ts',
  'config/resolve.ts',
  'config/leaves.ts',
  'data/panel.ts',
  'data/align.ts',
  'data/checks.ts',
]
/** Hashing is a pure function that happens to live in node:crypto. */
const MAY_IMPORT_NODE = ['base/hash.ts']

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replaceAll('\\', '/'))
  .sort()

const textOf = (path: string) => readFileSync(join(SRC, path), 'utf8')

/** The file's syntax tree; text inside strings is no code. */
const parsed = (path: string) =>
  parse(transform(textOf(path), { transforms: ['typescript'] }).code, {
    ecmaVersion: 'latest',
    sourceType: 'module',
  })

interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

function importsOf(path: string): Import[] {
  const text = textOf(path)
  const found: Import[] = []
  for (const match of text.matchAll(
    /^(import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm,
  ))
    found.push({ specifier: (match[3] ?? match[4])!, typeOnly: match[2] !== undefined })
  for (const match of text.matchAll(/\bimport\(\s*'([^']+)'/g))
    found.push({ specifier: match[1]!, typeOnly: false })
  return found
}

const folderOf = (path: string) => (path.includes('/') ? path.split('/')[0]! : path.replace(/\.ts$/, ''))
const layerOf = (folder: string) => LAYERS.findIndex((layer) => layer.includes(folder))

describe('the house', () => {
  test('every folder has its place in the layers', () => {
    const homeless = [...new Set(files.map(folderOf))].filter((folder) => layerOf(folder) < 0)
    expect(homeless, 'a new folder wants a place in LAYERS').toEqual([])
  })

  test('imports point from higher layers to lower ones', () => {
    const wrong: string[] = []
    for (const file of files) {
      const from = folderOf(file)
      for (const { specifier } of importsOf(file)) {
        if (!specifier.startsWith('.')) continue
        const target = relative(SRC, join(SRC, file, '..', specifier))
          .replaceAll('\\', '/')
          .replace(/\.js$/, '.ts')
        const to = folderOf(target)
        if (from === to || layerOf(to) < layerOf(from)) continue
        wrong.push(
          `${file} imports ${target}: ${to} stands above ${from}; what both need belongs into ${from} or below`,
        )
      }
    }
    expect(wrong).toEqual([])
  })

  test('the spine imports nothing of Node', () => {
    const spine = files.filter((file) => SPINE.includes(folderOf(file)) || SPINE_FILES.includes(file))
    const wrong = spine
      .filter((file) => !MAY_IMPORT_NODE.includes(file))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ specifier }) => specifier.startsWith('node:'))
          .map(({ specifier }) => `${file} imports ${specifier}: hand it in as an argument`),
      )
    expect(wrong).toEqual([])
  })

  test('the spine reads no clock, environment or chance', () => {
    const spine = files.filter((file) => SPINE.includes(folderOf(file)) || SPINE_FILES.includes(file))
    const wrong: string[] = []
    for (const file of spine) {
      walk(parsed(file), (node) => {
        const name = memberName(node)
        if (
          name !== undefined &&
          /^(Date\.now|Math\.random|process\.\w+|performance\.now|globalThis\.process)$/.test(name)
        )
          wrong.push(`${file} uses ${name}: time, chance and environment arrive as arguments`)
        if (
          node.type === 'NewExpression' &&
          nameOf(node.callee) === 'Date' &&
          (node.arguments as unknown[]).length === 0
        )
          wrong.push(`${file} uses new Date(): time arrives as an argument`)
      })
    }
    expect(wrong).toEqual([])
  })

  test('no default exports and no cycles between files', () => {
    const defaults = files.filter((file) =>
      parsed(file).body.some(({ type }) => type === 'ExportDefaultDeclaration'),
    )
    expect(defaults.filter((file) => !file.endsWith('.d.ts'))).toEqual([])
    const edges = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
          .map(({ specifier }) =>
            relative(SRC, join(SRC, file, '..', specifier))
              .replaceAll('\\', '/')
              .replace(/\.js$/, '.ts'),
          ),
      ]),
    )
    expect(cycles(edges)).toEqual([])
  })

  test('test fixtures are not imported by the product', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => /\/(test|bench|scripts)\//.test(specifier))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })
})

interface AnyNode {
  readonly type: string
  readonly [key: string]: unknown
}

function walk(node: unknown, visit: (node: AnyNode) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit)
  } else if (typeof node === 'object' && node !== null && 'type' in node) {
    visit(node as AnyNode)
    for (const value of Object.values(node)) walk(value, visit)
  }
}

const nameOf = (node: unknown): string | undefined =>
  (node as AnyNode | undefined)?.type === 'Identifier' ? ((node as AnyNode).name as string) : undefined

function memberName(node: AnyNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined
  const object = nameOf(node.object)
  const property = nameOf(node.property)
  return object === undefined || property === undefined ? undefined : `${object}.${property}`
}

function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      found.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    state.set(file, 'open')
    for (const next of edges.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of edges.keys()) visit(file, [])
  return found
}
