import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfigText } from '../../src/config/load.js'
import { resolveConfig } from '../../src/config/resolve.js'
import { REGISTRY } from '../../src/graph/registry.js'
import * as library from '../../src/index.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { callName } from '../../src/strategy/signatures.js'
import { cli } from '../support/cli-io.js'

const ROOT = join(import.meta.dirname, '../..')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]!)

/** The commands that `alphaloop --help` lists. */
async function commands(): Promise<string[]> {
  const { stdout: text } = await cli(['--help'], { cwd: ROOT })
  const list = text.slice(text.indexOf('Commands:'), text.indexOf('Example:'))
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1]!)
}

describe('the README', () => {
  test('shows strategies that compile', async () => {
    const code = blocks('ts')
    expect(code.length).toBeGreaterThan(0)
    for (const source of code)
      await expect(compileStrategy(source, createQuickJsSandbox(), { language: 'ts' })).resolves.toBeDefined()
  })

  test('shows configuration that is valid', () => {
    const texts = blocks('yaml')
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts)
      expect(() => resolveConfig({ file: parseConfigText(text, 'README.md'), environment: {} })).not.toThrow()
  })

  test('lists every command there is, and no other', async () => {
    const listed = [...readme.matchAll(/^\| `alphaloop ([a-z]+)/gm)].map((match) => match[1]!)
    expect(listed.sort()).toEqual((await commands()).sort())
  })
})

test('links between the documents lead somewhere', () => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  const dead = documents.flatMap((document) =>
    [...readFileSync(join(ROOT, document), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map((match) => match[1]!)
      .filter((target) => !existsSync(join(ROOT, target)))
      .map((target) => `${document} → ${target}`),
  )
  expect(dead).toEqual([])
})

test('the folders that ARCHITECTURE.md maps are the ones there are', () => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  const mapped = [...text.matchAll(/^\| `src\/([a-z]+)` /gm)].map((match) => match[1]!)
  const there = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  expect(mapped.sort()).toEqual(there.sort())
})

test('every operator can be imported from the package by its name', () => {
  const missing = [...REGISTRY.keys()].map(callName).filter((name) => !(name in library))
  expect(missing).toEqual([])
})
