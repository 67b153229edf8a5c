import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { blocksOf, dataOf, readPage, runPage } from '../support/guide.js'
import { sharedData } from '../support/shared-data.js'
import { typeErrors } from '../support/type-errors.js'

const GUIDE = join(import.meta.dirname, '../../docs/guide')
const pages = readdirSync(GUIDE).filter((name) => name.endsWith('.md'))

describe('the guide does what it says', () => {
  for (const name of pages) {
    const page = readPage(join(GUIDE, name))
    const wanted = dataOf(page)
    const data = wanted === undefined ? undefined : sharedData(wanted)
    const missing = wanted !== undefined && data === undefined
    if (blocksOf(page).some(({ language }) => language === 'ts' || language === 'sh'))
      test.skipIf(missing)(missing ? `${name} (skipped: no ${wanted} here)` : name, () => {
        expect(runPage(page, data)).toEqual([])
      })
  }

  test('its programs have the types that the package promises', () => {
    const programs = new Map(
      pages.flatMap((name) =>
        blocksOf(readPage(join(GUIDE, name)))
          // What a page shows to be wrong is wrong on purpose.
          .filter(({ language, file }) => language === 'ts' && !file?.startsWith('wrong'))
          .map(({ text, line }) => [join(GUIDE, `${name}-line-${line}.ts`), text] as const),
      ),
    )
    expect(programs.size).toBeGreaterThan(0)
    expect(typeErrors(programs)).toEqual([])
  })

  test('its index links to every page', () => {
    const index = readPage(join(GUIDE, 'README.md'))
    const linked = [...index.matchAll(/\]\(([\w-]+\.md)\)/g)].map((match) => match[1]!)
    expect(linked.sort()).toEqual(pages.filter((name) => name !== 'README.md').sort())
  })
})

describe('an output that is not what the page shows is noticed', () => {
  const page = (printed: string) =>
    `\`\`\`sh\necho one; echo 2 ms; echo three\n\`\`\`\n\n\`\`\`text\n${printed}\`\`\`\n`

  test('word for word, but for what … stands for', () => {
    expect(runPage(page('one\n2 ms\nthree\n'), undefined)).toEqual([])
    expect(runPage(page('one\n… ms\nthree\n'), undefined)).toEqual([])
    expect(runPage(page('one\n…\n'), undefined)).toEqual([])
    expect(runPage(page('one\n… ms\nfour\n'), undefined)).toHaveLength(1)
    expect(runPage(page('one\n'), undefined)).toHaveLength(1)
    expect(runPage(page('on.\n…\n'), undefined)).toHaveLength(1)
  })

  test('a program with a wrong type is noticed', () => {
    const program = "import { backtest } from 'alphaloop'\nbacktest('momentum')\n"
    expect(typeErrors(new Map([[join(GUIDE, 'x.ts'), program]]))).toEqual([
      expect.stringMatching(/^x\.ts:2: Expected 2-3 arguments/),
    ])
  })

  test('a block that fails stops the page, with its line', () => {
    expect(() => runPage('text\n\n```sh\nfalse\n```\n', undefined)).toThrow(/line 3 ended with 1/)
  })
})
