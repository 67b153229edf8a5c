import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backtest } from '../../src/backtest/backtest-strategy.js'
import { METRIC_NAMES } from '../../src/backtest/types.js'
import type { Panel } from '../../src/data/panel.js'
import { readPanel } from '../../src/data/sources/open-dataset.js'
import { METRIC_LABELS, metricText } from '../../src/report/metric-text.js'
import { renderTearsheet } from '../../src/report/render.js'
import { field, rank, strategy } from '../../src/strategy/api.js'
import { chromiumPath, startChromium } from '../support/chromium.js'
import { sharedData } from '../support/shared-data.js'
import { picturesInPage, textsInPage } from './in-page.mjs'
import { dataOf, tagsOf, visibleText } from './make.js'

const close = field('close')
const STRATEGIES = [
  strategy({
    name: 'Momentum, top 20, monthly',
    universe: field('dollarVolume').sma(20).gt(5_000_000),
    score: rank(close.pctChange(120)),
    select: { top: 20 },
  }),
  strategy({
    name: 'Reversal, long and short, weekly',
    score: rank(close.pctChange(5)).neg(),
    select: { top: 40 },
    side: 'longShort',
    rebalance: 'weekly',
  }),
  strategy({
    name: 'Crossings with stops',
    signals: {
      enter: close.sma(20).crossAbove(close.sma(60)),
      exit: close.sma(20).crossBelow(close.sma(60)),
    },
    rebalance: 'daily',
    maxWeight: 0.05,
    exits: { stopLoss: 0.08, trailingStop: 0.12, maxHoldingBars: 120 },
  }),
]

const path = sharedData('sp500-5yr/all_stocks_5yr.csv.gz')
const executable = chromiumPath()

describe.skipIf(path === undefined)(
  `tearsheets on the S&P 500${path === undefined ? ' (skipped: no sp500-5yr here)' : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'alphaloop-sp500-'))
    let panel: Panel
    beforeAll(async () => {
      panel = await readPanel({ path: path!, onBadRows: 'missing', cacheDir: folder })
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    test.each(STRATEGIES.map((one) => [one.graph.name, one] as const))(
      '%s: the numbers read back are those of the backtest',
      async (name, one) => {
        const result = backtest(one, panel)
        const html = (await renderTearsheet(result, panel)).html()
        writeFileSync(join(folder, `${one.hash}.html`), html)
        tagsOf(html)
        const data = dataOf(html)
        expect(data.metrics).toEqual(result.metrics)
        expect(data.series.equity).toEqual([...result.simulation.equity])
        expect(data.trades.closed).toBe(result.metrics.trades)
        expect(data.strategy).toMatchObject({ name, hash: one.hash })
        const { symbols, borrow, financing } = data.contribution
        const pnl = symbols.reduce((sum: number, row: { pnl: number }) => sum + row.pnl, 0)
        expect(pnl - borrow - financing).toBeCloseTo(result.metrics.totalReturn!, 9)
        const text = visibleText(html).replaceAll('−', '-')
        for (const metric of METRIC_NAMES) {
          const label = METRIC_LABELS[metric].charAt(0).toUpperCase() + METRIC_LABELS[metric].slice(1)
          expect(text).toContain(`${label} ${metricText(metric, result.metrics[metric])} `)
        }
        expect(text).toContain('All 505 symbols still trade at the end.')
      },
    )

    test.skipIf(executable === undefined)(
      `in a browser they are whole: nothing faint, nothing cut, nothing over anything${executable === undefined ? ' (skipped: the Debian package chromium is not installed)' : ''}`,
      async () => {
        const browser = await startChromium(executable!)
        try {
          for (const [i, { hash }] of STRATEGIES.entries()) {
            const width = i === 1 ? 390 : 1280
            const context = await browser.newContext({
              colorScheme: i === 2 ? 'dark' : 'light',
              viewport: { width, height: 900 },
              offline: true,
            })
            const page = await context.newPage()
            await page.goto(pathToFileURL(join(folder, `${hash}.html`)).href)
            const texts = await page.evaluate(textsInPage)
            expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([])
            const pictures = await page.evaluate(picturesInPage)
            expect(pictures.flatMap(({ clashes }) => clashes)).toEqual([])
            expect(Math.max(...pictures.map(({ right }) => right))).toBeLessThanOrEqual(width + 1)
            expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
              width,
            )
            await context.close()
          }
        } finally {
          await browser.close()
        }
      },
    )
  },
)
