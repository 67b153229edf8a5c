import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '../../src')

test('the libraries that draw are loaded when a picture is drawn, and by no command that draws none', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const drawing: string[] = []
  const early: string[] = []
  for (const path of files) {
    const text = readFileSync(join(SRC, path), 'utf8')
    if (/import\('(@observablehq\/plot|linkedom)'\)/.test(text)) drawing.push(path)
    for (const [statement] of text.matchAll(/^(import|export)\s[^'"]*?from\s+'[^']+'/gm))
      if (/'(@observablehq\/plot|linkedom)'$/.test(statement) && !/^import type\s/.test(statement))
        early.push(`${path}: ${statement}`)
      else if (
        path.startsWith('cli') &&
        /report\/render\.js'$/.test(statement) &&
        !/^import type\s/.test(statement)
      )
        early.push(`${path}: ${statement}`)
  }
  expect(drawing).toEqual([join('report', 'draw.ts')])
  expect(early, 'import it where it is used: await import(…)').toEqual([])
})
