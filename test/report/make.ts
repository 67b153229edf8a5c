import {
  type BacktestOptions,
  backtest,
  type StrategyBacktest,
} from '../../src/backtest/backtest-strategy.js'
import type { Panel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { field, rank, type StrategyOptions, strategy } from '../../src/strategy/api.js'

export const market = generateMarket({ symbols: 30, bars: 700, seed: 5 })
const close = field('close')

/** Monthly, the best eight of thirty, unless said otherwise. */
export function tested(
  options: Partial<StrategyOptions> = {},
  settings: BacktestOptions & { readonly panel?: Panel } = {},
): StrategyBacktest {
  const { panel = market, ...rest } = settings
  const made = strategy({
    name: 'Momentum',
    ...(options.signals || options.weights ? {} : { score: rank(close.pctChange(60)), select: { top: 8 } }),
    ...options,
  } as StrategyOptions)
  return backtest(made, panel, rest)
}

/** Every pair of tags closes, and nothing but text stands between them; void elements of HTML aside. */
export function tagsOf(markup: string): { name: string; attributes: Map<string, string> }[] {
  const open: string[] = []
  const tags: { name: string; attributes: Map<string, string> }[] = []
  for (const [, closing, name, rest] of markup.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*\s*\/?)>/g,
  )) {
    if (closing === '/') {
      const last = open.pop()
      if (last !== name) throw new Error(`</${name}> closes <${last}>`)
      continue
    }
    tags.push({
      name: name!,
      attributes: new Map(
        [...rest!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]),
      ),
    })
    if (!rest!.trimEnd().endsWith('/') && !/^(meta|link|br|hr|img|input)$/.test(name!)) open.push(name!)
  }
  if (open.length > 0) throw new Error(`<${open.join('>, <')}> is not closed`)
  return tags
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** The text that a reader sees: without style, script, and tags. */
export const visibleText = (html: string): string =>
  html
    .replace(/<(style|script)[^>]*>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&(\w+|#39);/g, (_, name: string) => ENTITIES[name] ?? `&${name};`)
    .replace(/ +/g, ' ')

// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects in there
export const dataOf = (html: string): any =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!)
