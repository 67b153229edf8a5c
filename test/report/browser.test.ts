import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderFactorReport, renderTearsheet } from '../../src/report/render.js'
import { factorValues } from '../../src/research/factor-values.js'
import { field } from '../../src/strategy/api.js'
import { chromiumPath, startChromium } from '../support/chromium.js'
import { picturesInPage, textsInPage } from './in-page.mjs'
import { market, tested } from './make.js'

const executable = chromiumPath()
const why = executable === undefined ? ' (skipped: the Debian package chromium is not installed)' : ''

/** Contrast that WCAG 2.1 asks of text (AA, 1.4.3). */
const CONTRAST = 4.5
/** Text in pictures smaller than this on the screen is not readable, in CSS pixels. */
const SMALLEST_TEXT = 9.5

describe.skipIf(executable === undefined)(`reports in a browser${why}`, () => {
  let browser: Browser
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-report-'))
  const file = (name: string) => pathToFileURL(join(folder, name)).href

  beforeAll(async () => {
    const names = {
      name: 'Momentum & <i>friends</i>, a name that is long enough to break over more than one line',
    }
    const tearsheet = await renderTearsheet(
      tested({ ...names, side: 'longShort', rebalance: 'weekly', exits: { stopLoss: 0.1 } }),
      market,
    )
    writeFileSync(join(folder, 'tearsheet.html'), tearsheet.html())
    mkdirSync(join(folder, 'files'))
    for (const { name, svg } of tearsheet.markdown('files').pictures)
      writeFileSync(join(folder, 'files', name), svg)
    const factor = await renderFactorReport(factorValues(field('close').pctChange(20), market), market, {
      expression:
        'rank(close.pctChange(20)).sub(rank(close.pctChange(1).std(60))).winsorize(0.01).zscore().neg()',
      dataHash: market.hash,
    })
    writeFileSync(join(folder, 'factor.html'), factor.html())
    browser = await startChromium(executable!)
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Opens a page without a network; what it asks for or complains of is written down. */
  async function open(name: string, colorScheme: 'light' | 'dark', width: number) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, offline: true })
    const page = await context.newPage()
    const asked: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(file(name))
    return { page, asked, complaints, close: () => context.close() }
  }

  describe.each(['tearsheet.html', 'factor.html'])('%s', (name) => {
    test.each([
      ['light', 1280],
      ['dark', 1280],
      ['light', 390],
      ['dark', 390],
    ] as const)('%s, %i pixels wide', async (scheme, width) => {
      const { page, asked, complaints, close } = await open(name, scheme, width)
      expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([file(name)])
      expect(complaints).toEqual([])

      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)

      const texts = await page.evaluate(textsInPage)
      expect(texts.length).toBeGreaterThan(150)
      const faint = texts.filter(({ contrast }) => contrast < CONTRAST)
      expect(faint).toEqual([])
      // The scheme that was asked for is the one that is shown.
      expect(texts[0]!.background[0]! > 128).toBe(scheme === 'light')

      const pictures = await page.evaluate(picturesInPage)
      expect(pictures.length).toBeGreaterThanOrEqual(9)
      for (const { label, left, right, clashes, smallest } of pictures) {
        expect(label.length).toBeGreaterThan(20)
        expect(left).toBeGreaterThanOrEqual(-1)
        expect(right, label).toBeLessThanOrEqual(width + 1)
        expect(clashes, label).toEqual([])
        expect(smallest, label).toBeGreaterThan(SMALLEST_TEXT)
      }
      await close()
    })

    test('is read out in order: one main title, no level left out, every picture by its message', async () => {
      const { page, close } = await open(name, 'light', 1280)
      const levels = await page
        .locator('h1, h2, h3')
        .evaluateAll((all) => all.map((heading) => Number(heading.tagName.slice(1))))
      expect(levels.filter((level) => level === 1)).toHaveLength(1)
      levels.forEach((level, i) => {
        expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1)
      })
      const figures = await page.locator('figure').count()
      expect(await page.getByRole('img').count()).toBe(figures)
      await close()
    })

    test('on paper it is the light page with the wide pictures', async () => {
      const { page, close } = await open(name, 'dark', 390)
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      expect(await page.locator('svg.wide').first().isVisible()).toBe(true)
      expect(await page.locator('svg.narrow').first().isVisible()).toBe(false)
      expect((await page.evaluate(textsInPage))[0]!.background).toEqual([255, 255, 255])
      await close()
    })
  })

  test('a picture of the Markdown form opens by itself, in both schemes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, asked, complaints, close } = await open('files/equity.svg', scheme, 1280)
      expect(asked).toEqual([file('files/equity.svg')])
      expect(complaints).toEqual([])
      const colour = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
      expect(Number(/\d+/.exec(colour)![0]) > 128).toBe(scheme === 'light')
      await close()
    }
  })
})
