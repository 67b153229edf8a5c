import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { transform } from 'sucrase'
import { afterAll } from 'vitest'

/*
 * Processes and threads of the tests run plain JavaScript: a loader of TypeScript would take most of a second in each
 * of hundreds of starts, and `dist` may be older than the sources.
 */

const ROOT = join(import.meta.dirname, '../../..')

/** Compiles a file of the project and all that it imports from there into a folder. */
function compile(entry: string, target: string): void {
  const done = new Set<string>()
  const visit = (source: string) => {
    if (done.has(source)) return
    done.add(source)
    const text = readFileSync(source, 'utf8')
    const { code } = transform(text, { transforms: ['typescript'], disableESTransforms: true })
    const out = join(target, relative(ROOT, source)).replace(/\.ts$/, '.js')
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(out, code)
    for (const [, specifier] of code.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g))
      visit(join(dirname(source), specifier!.replace(/\.js$/, '.ts')))
  }
  visit(entry)
}

let folder: string | undefined
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})
const compiled = new Map<string, string>()

/** The path of a file of this folder as JavaScript; compiled when it is first asked for. */
export function compiledPath(name: string): string {
  const known = compiled.get(name)
  if (known !== undefined) return known
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'alphaloop-compiled-'))
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  }
  const source = join(import.meta.dirname, name)
  compile(source, folder)
  const path = join(folder, relative(ROOT, source)).replace(/\.ts$/, '.js')
  compiled.set(name, path)
  return path
}
