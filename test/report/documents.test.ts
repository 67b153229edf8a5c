import { describe, expect, test } from 'vitest'
import { METRIC_NAMES } from '../../src/backtest/types.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { METRIC_LABELS, metricText } from '../../src/report/metric-text.js'
import { renderFactorReport, renderTearsheet } from '../../src/report/render.js'
import { cutBars } from '../../src/research/cut-bars.js'
import { factorValues } from '../../src/research/factor-values.js'
import { field } from '../../src/strategy/api.js'
import { dataOf, market, tagsOf, tested, visibleText } from './make.js'

const NAME = `<script>alert("x")</script> & 'co' | *b* \\ \`c\` </h1>`
const hostile = tested({ name: NAME })
const report = await renderTearsheet(hostile, market)
const html = report.html()

const factor = await renderFactorReport(factorValues(field('close').pctChange(20), market), market, {
  expression: 'close.pctChange(20) > 0 & "<b>"',
  dataHash: market.hash,
})

describe.each([
  ['a tearsheet', html],
  ['a factor report', factor.html()],
])('%s in HTML', (_, page) => {
  test('asks for nothing: no script that runs, no address, and a policy that forbids both', () => {
    const tags = tagsOf(page)
    const names = new Set(tags.map(({ name }) => name))
    for (const name of ['img', 'iframe', 'object', 'embed', 'a', 'form', 'base', 'image', 'use'])
      expect(names.has(name), name).toBe(false)
    expect(tags.filter(({ name }) => name === 'script').map((tag) => tag.attributes.get('type'))).toEqual([
      'application/json',
    ])
    expect(tags.filter(({ name }) => name === 'link').map((tag) => tag.attributes.get('href'))).toEqual([
      'data:,',
    ])
    for (const { attributes } of tags)
      for (const [key, value] of attributes) {
        expect(key.startsWith('on'), `${key}=${value}`).toBe(false)
        if (key !== 'xmlns') expect(value).not.toMatch(/^https?:|url\(/)
      }
    expect(page).not.toMatch(/@import|url\(/)
    const policy = tags.find(({ attributes }) => attributes.get('http-equiv') === 'Content-Security-Policy')!
    expect(policy.attributes.get('content')).toContain("default-src 'none'")
  })

  test('every picture says what it shows, every table has headers, headings come in order', () => {
    const tags = tagsOf(page)
    const pictures = tags.filter(({ name }) => name === 'svg')
    expect(pictures.length).toBeGreaterThan(10)
    for (const { attributes } of pictures) {
      expect(attributes.get('role')).toBe('img')
      expect(attributes.get('aria-label')!.length).toBeGreaterThan(20)
    }
    const levels = tags.filter(({ name }) => /^h\d$/.test(name)).map(({ name }) => Number(name[1]))
    expect(levels[0]).toBe(1)
    expect(levels.filter((level) => level === 1)).toHaveLength(1)
    levels.forEach((level, i) => {
      expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1)
    })
    for (const { attributes } of tags.filter(({ name }) => name === 'th'))
      expect(attributes.get('scope')).toMatch(/^(col|row)$/)
    const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    expect(tags[0]!.attributes.get('lang')).toBe('en')
  })

  test('nothing that is no number shows, in text or coordinates', () => {
    for (const word of ['NaN', 'Infinity', 'undefined', '[object'])
      expect(page.replace(/<script.*?<\/script>/s, ''), word).not.toContain(word)
  })
})

describe('a tearsheet in HTML', () => {
  test('its numbers can be read back: they are the metrics, to the last bit', () => {
    const data = dataOf(html)
    expect(data).toEqual(JSON.parse(JSON.stringify(report.data)))
    expect(data.metrics).toEqual(hostile.metrics)
    expect(data.series.equity).toEqual([...hostile.simulation.equity])
    expect(data.strategy).toMatchObject({ name: NAME, hash: hostile.strategy.hash })
    expect(data.data.hash).toBe(market.hash)
  })

  test('every metric is there in words, with its value', () => {
    const text = visibleText(html).replaceAll('−', '-')
    for (const name of METRIC_NAMES) {
      const label = METRIC_LABELS[name].charAt(0).toUpperCase() + METRIC_LABELS[name].slice(1)
      expect(text).toContain(`${label} ${metricText(name, hostile.metrics[name])} `)
    }
  })

  test('a name is text, whatever it says', () => {
    expect(visibleText(html)).toContain(NAME)
    expect(tagsOf(html).filter(({ name }) => name === 'script')).toHaveLength(1)
    expect(/<title>(.*?)<\/title>/.exec(html)![1]).toBe(
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39; | *b* \\ `c` &lt;/h1&gt; · alphaloop',
    )
  })

  test('the same backtest gives the same bytes', async () => {
    expect((await renderTearsheet(tested({ name: NAME }), market)).html()).toBe(html)
  })

  test('what it is measured against, and the risk-free rate, are told', async () => {
    const against = tested({}, { benchmark: market.symbols[3]!, riskFree: 0.02 })
    const page = (await renderTearsheet(against, market, { riskFree: 0.02 })).html()
    expect(visibleText(page)).toContain(`Benchmark: ${against.benchmark.name}.`)
    expect(visibleText(page)).toContain('Risk-free rate 2% a year')
    expect(visibleText(html)).toContain('Benchmark: equal weight of all symbols')
    // The benchmark's own figures are measured with the rate too.
    expect(dataOf(page).benchmark.metrics.sharpe).not.toBe(dataOf(html).benchmark.metrics.sharpe)
  })
})

describe('what has little to show is shown all the same', () => {
  const pages: [string, () => Promise<string>][] = [
    ['a strategy that never trades', async () => pageOf({ select: { threshold: 9 } })],
    ['one bar', async () => pageOf({}, { start: market.dates.at(-1)! })],
    ['five bars', async () => pageOf({}, { start: market.dates.at(-5)! })],
    [
      'one symbol',
      async () => {
        const one = generateMarket({ symbols: 1, bars: 100, seed: 2 })
        return (
          await renderTearsheet(tested({ score: field('close'), select: { top: 1 } }, { panel: one }), one)
        ).html()
      },
    ],
    [
      'stops of many kinds',
      async () =>
        pageOf({
          signals: {
            enter: field('close').gt(field('close').sma(20)),
            exit: field('close').lt(field('close').sma(20)),
          },
          rebalance: 'daily',
          exits: { stopLoss: 0.05, takeProfit: 0.1, maxHoldingBars: 15 },
        }),
    ],
  ]
  test.each(pages)('%s', async (_, make) => {
    const page = await make()
    tagsOf(page)
    expect(visibleText(page)).not.toMatch(/NaN|Infinity|undefined|null/)
    expect(dataOf(page).kind).toBe('tearsheet')
  })

  test('an account that is ruined ends there, and says so first', async () => {
    // Ten times the equity, short, in a market that rises.
    const result = tested(
      { side: 'short', grossExposure: 10, score: field('close'), select: { top: 2 } },
      { market: 'none' },
    )
    expect(result.simulation.status).toBe('ruined')
    const page = (await renderTearsheet(result, market)).html()
    tagsOf(page)
    expect(visibleText(page)).toContain('The equity was gone after')
    expect(visibleText(page)).not.toMatch(/NaN|Infinity|undefined/)
  })

  test('nothing held: that stands first, and no turnover is drawn', async () => {
    const page = await pageOf({ select: { threshold: 9 } })
    expect(dataOf(page).caveats[0]).toMatch(/^Nothing was ever held/)
    expect(page).not.toContain('Turnover by month')
    expect(visibleText(page)).toContain('Nothing was traded in any month')
    expect(await pageOf()).toContain('Turnover by month')
  })

  test('a late start stands first too', async () => {
    const page = await pageOf({ score: field('close').pctChange(252) })
    expect(dataOf(page).caveats[0]).toMatch(/^Nothing was held before \d{4}-\d\d-\d\d: \d+ of 700 bars/)
  })

  const pageOf = async (...args: Parameters<typeof tested>) =>
    (await renderTearsheet(tested(...args), market)).html()
})

describe('a tearsheet in Markdown', () => {
  const { text, pictures } = report.markdown('it (1)-files')

  test('every picture that it names is there, and every one there is named', () => {
    const named = [...text.matchAll(/!\[(.+)\]\((.+)\)/g)]
    expect(named.map(([, , path]) => path)).toEqual(pictures.map(({ name }) => `it%20%281%29-files/${name}`))
    for (const [, alt] of named) expect(alt!.length).toBeGreaterThan(20)
  })

  test('a picture is a file of its own, with its colours for light and dark', () => {
    for (const { svg } of pictures) {
      const [root] = tagsOf(svg)
      expect(root!.name).toBe('svg')
      expect(root!.attributes.get('xmlns')).toBe('http://www.w3.org/2000/svg')
      expect(svg).toContain('prefers-color-scheme:dark')
      const [x, y, width, height] = root!.attributes.get('viewBox')!.split(' ').map(Number)
      expect([x, y]).toEqual([-12, -12])
      expect([width, height].map(String)).toEqual(
        ['width', 'height'].map((name) => root!.attributes.get(name)),
      )
    }
  })

  test('rows of a table have as many cells as its head, whatever names say', () => {
    const cells = (line: string) => line.replaceAll('\\|', '').split('|').length
    const lines = text.split('\n')
    lines.forEach((line, i) => {
      if (/^\| [-:]+/.test(line)) {
        expect(cells(lines[i - 1]!)).toBe(cells(line))
        for (let row = i + 1; lines[row]?.startsWith('|'); row++)
          expect(cells(lines[row]!), lines[row]).toBe(cells(line))
      }
    })
    expect(text).toContain('| Sharpe |')
    expect(lines[0]).toBe(`# \\<script\\>alert("x")\\</script\\> & 'co' \\| \\*b\\* \\\\ \\\`c\\\` \\</h1\\>`)
  })

  test('code stands in a fence that it cannot end', () => {
    const fences = text.split('\n').filter((line) => /^`{3,}/.test(line))
    expect(fences).toHaveLength(2)
    expect(fences[0]).toMatch(/^`+ts$/)
    expect(fences[1]).toBe(fences[0]!.replace('ts', ''))
  })

  test('it has the figures of the HTML', () => {
    const sharpe = metricText('sharpe', hostile.metrics.sharpe).replace('-', '−')
    expect(text).toContain(`| Sharpe | ${sharpe} |`)
  })
})

describe('a factor report', () => {
  test('its numbers can be read back', () => {
    const data = dataOf(factor.html())
    expect(data).toEqual(JSON.parse(JSON.stringify(factor.data)))
    expect(data.report.rankIc.mean).toBeTypeOf('number')
    expect(data.decay).toHaveLength(20)
    const text = visibleText(factor.html()).replaceAll('−', '-')
    expect(text).toContain(`Mean rank IC ${data.report.rankIc.mean.toFixed(4)}`)
    expect(text).toContain('Within each sector')
  })

  test('the cumulative series end where sums and products of the bars do', () => {
    const { series, report: figures } = factor.data
    const known = series.rankIc.filter((value) => value !== null)
    expect(series.cumulativeIc.at(-1)).toBeCloseTo(
      known.reduce((a, b) => a + b, 0),
      10,
    )
    expect(series.cumulativeIc.at(-1)! / known.length).toBeCloseTo(figures.rankIc.mean!, 12)
    expect(series.fifths).toHaveLength(5)
  })

  test('too few symbols for ranks: it says so instead of drawing nothing', async () => {
    const few = generateMarket({ symbols: 4, bars: 60, seed: 1 })
    const page = await renderFactorReport(few.fields.get('close')!, few, {
      expression: 'close',
      dataHash: few.hash,
    })
    const text = visibleText(page.html())
    expect(text).toContain('No bar has a rank correlation.')
    expect(text).toContain('no bar has 5 symbols with a value and a return after it; the most is 4')
    expect(text).not.toMatch(/NaN|Infinity|undefined/)
    tagsOf(page.html())
  })

  test('a range of bars is reported as what it is', async () => {
    const cut = cutBars(factorValues(field('close').pctChange(20), market), market, { start: 100, end: 299 })
    const { data } = await renderFactorReport(cut.values, cut.panel, {
      expression: 'x',
      dataHash: market.hash,
    })
    expect(data.data).toMatchObject({ bars: 200, start: market.dates[100], end: market.dates[299] })
  })
})
