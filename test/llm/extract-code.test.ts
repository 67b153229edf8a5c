import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extractCandidates, MOST_CANDIDATES } from '../../src/llm/extract-code.js'

const pieces = (reply: string) => extractCandidates(reply).map(({ language, text }) => [language, text])
const CODE = "export default strategy({ name: 'a' })"

describe('a fenced block', () => {
  test.each([
    ['ts', 'ts'],
    ['typescript', 'ts'],
    ['TypeScript', 'ts'],
    ['js', 'js'],
    ['javascript', 'js'],
    ['', 'ts'],
    ['ts title="a.ts"', 'ts'],
    ['{.js}', 'js'],
  ])('tagged %j is taken as %s', (tag, language) => {
    expect(pieces(`Here it is:\n\`\`\`${tag}\n${CODE}\n\`\`\`\nGood luck.`)).toEqual([[language, CODE]])
  })

  test('of JSON is JSON, whatever its tag says', () => {
    const json = '{ "version": 1 }'
    for (const tag of ['json', '', 'ts', 'js'])
      expect(pieces(`\`\`\`${tag}\n${json}\n\`\`\``)).toEqual([['json', json]])
  })

  test('may be fenced with tildes, and then hold backticks', () => {
    expect(pieces(`~~~ts\nconst a = \`b\`\n\`\`\`\n${CODE}\n~~~`)).toEqual([
      ['ts', `const a = \`b\`\n\`\`\`\n${CODE}`],
    ])
  })

  test('with a longer fence holds a shorter one', () => {
    expect(pieces(`\`\`\`\`ts\n// \`\`\`\n\`\`\`\n${CODE}\n\`\`\`\``)).toEqual([
      ['ts', `// \`\`\`\n\`\`\`\n${CODE}`],
    ])
  })

  test('is not opened by a line of inline code', () => {
    expect(pieces(`\`\`\`rank(x)\`\`\` is the idea:\n\`\`\`ts\n${CODE}\n\`\`\``)).toEqual([['ts', CODE]])
  })

  test('in a markdown block is found', () => {
    expect(pieces(`\`\`\`\`markdown\n# Idea\n\`\`\`ts\n${CODE}\n\`\`\`\n\`\`\`\``)).toEqual([['ts', CODE]])
    expect(pieces(`\`\`\`markdown\n\`\`\`ts\n${CODE}\n\`\`\`\n\`\`\``)).toEqual([['ts', CODE]])
  })

  test('in a list or a quotation loses its indent, and no more', () => {
    expect(pieces(`1. so:\n   \`\`\`ts\n   if (a) {\n     b()\n   }\n   \`\`\``)).toEqual([
      ['ts', 'if (a) {\n  b()\n}'],
    ])
    expect(pieces(`> \`\`\`ts\n> a(\n>   1)\n> \`\`\``)).toEqual([['ts', 'a(\n  1)']])
  })

  test('that the reply ends in is taken to the end, and known as open', () => {
    const [candidate] = extractCandidates(`So:\n\`\`\`ts\n${CODE}`)
    expect(candidate).toMatchObject({ text: CODE, closed: false })
  })

  test('with Windows line ends has plain ones', () => {
    expect(pieces('So:\r\n```ts\r\na()\r\nb()\r\n```\r\n')).toEqual([['ts', 'a()\nb()']])
  })

  test('knows how many lines of the reply stand before it', () => {
    const [first, second] = extractCandidates('one\n\n```ts\na()\n```\nseven\n```js\nb()\n```')
    expect([first!.lineOffset, second!.lineOffset]).toEqual([3, 7])
  })

  test('with typographic quotes comes as written first, then with plain ones', () => {
    expect(extractCandidates('```ts\nfield(‘close’, “x”)\n```')).toMatchObject([
      { text: 'field(‘close’, “x”)', straightened: false },
      { text: 'field(\'close\', "x")', straightened: true },
    ])
  })
})

describe('several blocks', () => {
  test('come in their order', () => {
    expect(pieces('```ts\na()\n```\nor\n```js\nb()\n```\nor\n```\nc()\n```').map(([, text]) => text)).toEqual(
      ['a()', 'b()', 'c()'],
    )
  })

  test('in other languages are passed over where one can be run', () => {
    expect(pieces('```bash\nnpm i\n```\n```ts\na()\n```\n```text\nout\n```')).toEqual([['ts', 'a()']])
  })

  test('in other languages only are named', () => {
    expect(extractCandidates('```python\nimport pandas as pd\n```')).toMatchObject([
      { language: 'other', tag: 'python' },
    ])
  })

  test('that are empty do not count', () => {
    expect(pieces('```ts\n\n```\n```ts\na()\n```')).toEqual([['ts', 'a()']])
  })

  test('beyond the eighth are left', () => {
    expect(extractCandidates('```ts\na()\n```\n'.repeat(100))).toHaveLength(MOST_CANDIDATES)
  })
})

describe('a reply without a block', () => {
  test('is taken whole', () => {
    expect(extractCandidates(CODE)).toMatchObject([{ language: 'ts', text: CODE, from: 'wholeReply' }])
    expect(extractCandidates('  {"version": 1}')).toMatchObject([{ language: 'json', from: 'wholeReply' }])
  })

  test('that talks of import and export is whole text, not code', () => {
    expect(extractCandidates('Please import the data, then export default results.')).toMatchObject([
      { from: 'wholeReply' },
    ])
  })

  test('that is blank has nothing', () => {
    expect(extractCandidates('')).toEqual([])
    expect(extractCandidates(' \n\t\r\n')).toEqual([])
  })
})

test('thoughts written out before the answer are passed over', () => {
  expect(extractCandidates('<think>\n```ts\ndraft()\n```\n</think>\n```ts\nfinal()\n```')).toMatchObject([
    { text: 'final()', lineOffset: 6 },
  ])
})

test('10 MB of hostile fences are read to an end', () => {
  const size = 10 * 1000 * 1000
  for (const piece of ['```ts\n', '`', '~~~\n> ', '> ', '```markdown\n', '\n', 'x', '“', '<think>', ' '])
    expect(extractCandidates(piece.repeat(size / piece.length)).length).toBeLessThanOrEqual(
      2 * MOST_CANDIDATES,
    )
})

test('any text gives pieces that stand in it', () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.constantFrom('```', '~~~', '````', 'ts', 'json', '\n', '\r\n', ' ', '> ', 'a()', '{', '“'))
        .map((parts) => parts.join('')),
      (reply) => {
        const lines = reply.split('\n')
        for (const { text, lineOffset, straightened } of extractCandidates(reply)) {
          if (straightened) continue
          text.split('\n').forEach((line, i) => {
            expect(lines[lineOffset + i]).toContain(line)
          })
        }
      },
    ),
    { seed: 7, numRuns: 500 },
  )
})
