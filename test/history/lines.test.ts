import { closeSync, openSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endOfLines, type Line, lineAt, readLines, readRange, splitLines } from '../../src/history/lines.js'
import { temporaryFolder } from './support.js'

function file(content: string | Buffer) {
  const path = join(temporaryFolder(), 'lines')
  writeFileSync(path, content)
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  return { path, fd, size: Buffer.byteLength(content) }
}

const shown = (lines: readonly Line[]) => lines.map(({ bytes, offset }) => [offset, bytes.toString()])

test('a range is what the file has of it', () => {
  const { fd } = file('0123456789')
  expect(readRange(fd, 2, 5).toString()).toBe('234')
  expect(readRange(fd, 8, 20).toString()).toBe('89')
  expect(readRange(fd, 20, 30)).toHaveLength(0)
  expect(readRange(fd, 5, 2)).toHaveLength(0)
})

describe('the end of the lines', () => {
  test.each([
    ['', 0],
    ['torn', 0],
    ['\n', 1],
    ['a\nb\n', 4],
    ['a\ntorn', 2],
    [`${'x'.repeat(65_535)}\n`, 65_536],
    [`a\n${'x'.repeat(65_536)}`, 2],
    [`a\n${'x'.repeat(200_000)}`, 2],
    ['x'.repeat(200_000), 0],
  ])('is behind the last LF', (content, end) => {
    const { fd } = file(content)
    expect(endOfLines(fd)).toBe(end)
  })

  test('before a place counts what is before it only', () => {
    const { fd } = file('a\nbc\nd\n')
    expect([0, 1, 2, 3, 5, 6, 7].map((size) => endOfLines(fd, size))).toEqual([0, 0, 2, 2, 5, 5, 7])
  })
})

test('bytes are split behind each LF, empty lines too, and a torn end is no line', () => {
  expect(shown(splitLines(Buffer.from('a\n\nbc\ntorn'), 100))).toEqual([
    [100, 'a'],
    [102, ''],
    [103, 'bc'],
  ])
  expect(splitLines(Buffer.from('torn'), 0)).toEqual([])
})

describe('the line at an offset', () => {
  test.each([0, 1, 16_383, 16_384, 16_385, 81_920, 500_000])('may be %d bytes long', (length) => {
    const { fd } = file(`first\n${'x'.repeat(length)}\nrest\n`)
    expect(lineAt(fd, 6)).toHaveLength(length)
    expect(lineAt(fd, 0)!.toString()).toBe('first')
    expect(lineAt(fd, 7 + length)!.toString()).toBe('rest')
  })

  test.each([0, 10, 16_384, 100_000])('is none where %d bytes without LF are left', (length) => {
    const { fd } = file(`first\n${'x'.repeat(length)}`)
    expect(lineAt(fd, 6)).toBeUndefined()
  })
})

describe('reading lines in pages', () => {
  async function pagesOf(content: string, pageBytes?: number, from = 0, to = Buffer.byteLength(content)) {
    const handle = await open(file(content).path)
    const pages: Line[][] = []
    for await (const page of readLines(handle, from, to, pageBytes)) pages.push(page)
    await handle.close()
    return pages
  }

  test('gives every line once, with its place, whatever the size of a page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 30 }).map((text) => text.replaceAll('\n', '·'))),
        fc.integer({ min: 1, max: 50 }),
        async (lines, pageBytes) => {
          const content = lines.map((line) => `${line}\n`).join('')
          let offset = 0
          const wanted = lines.map((line) => {
            const at = offset
            offset += Buffer.byteLength(line) + 1
            return [at, line]
          })
          expect(shown((await pagesOf(content, pageBytes)).flat())).toEqual(wanted)
        },
      ),
      { seed: 5, numRuns: 60 },
    )
  })

  test('keeps pages small, and a line longer than a page by itself', async () => {
    const pages = await pagesOf(`aa\nbb\ncc\n${'x'.repeat(40)}\ndd\n`, 6)
    expect(pages[0]!.map(({ bytes }) => bytes.toString())).toEqual(['aa', 'bb'])
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(3)
    expect(pages.flat()).toHaveLength(5)
  })

  test('begins and ends where it is told', async () => {
    expect(shown((await pagesOf('a\nb\nc\nd\n', 100, 2, 6)).flat())).toEqual([
      [2, 'b'],
      [4, 'c'],
    ])
    expect(await pagesOf('a\nb\n', 100, 4, 4)).toEqual([])
  })

  test('stops where the file has become shorter', async () => {
    expect(shown((await pagesOf('a\nb\n', 100, 0, 50)).flat())).toEqual([
      [0, 'a'],
      [2, 'b'],
    ])
  })
})
