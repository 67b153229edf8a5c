import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRng } from '../src/base/rng.js'
import type { Panel } from '../src/data/panel.js'
import { openDataset } from '../src/data/sources/open-dataset.js'
import { generateMarket } from '../src/data/synthetic/market.js'
import { createEvaluator } from '../src/graph/evaluate/columnar.js'
import type { Strategy } from '../src/graph/strategy.js'
import { mutate } from '../src/search/mutate.js'
import { time } from '../src/speed/timing.js'
import { PEER_MARKET, population, scorer } from '../src/speed/workloads.js'
import { splitBars } from '../src/validation/splits.js'
import { createEvaluation } from '../src/workers/evaluation.js'
import { ROOT } from './root.js'
import { Report } from './support/timing.js'

/*
 * How time grows: with symbols, with bars, and with the number of strategies that were scored before; and what
 * reading the S&P file costs. `npm run bench -- scale`; `--record`; `--evaluations N` (10 000).
 */

const { values: flags } = parseArgs({
  options: { record: { type: 'boolean', default: false }, evaluations: { type: 'string', default: '10000' } },
})
const report = new Report()

/** Exponent b of the fit time = a·size^b, by least squares on the logarithms: 1 is linear growth. */
function exponent(sizes: readonly number[], times: readonly number[]): number {
  const x = sizes.map(Math.log)
  const y = times.map(Math.log)
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length
  const [mx, my] = [mean(x), mean(y)]
  const products = x.reduce((sum, v, i) => sum + (v - mx) * (y[i]! - my), 0)
  return products / x.reduce((sum, v) => sum + (v - mx) ** 2, 0)
}

/** Milliseconds to score a fixed set of strategies with nothing remembered. */
function scoringTime(panel: Panel, strategies: readonly Strategy[]): number {
  const score = scorer(panel)
  return time(() => {
    const evaluator = createEvaluator(panel)
    for (const strategy of strategies) score(strategy, evaluator)
  }, 1).min
}

const SYMBOLS = [125, 250, 500, 1_000]
const BARS = [625, 1_250, 2_500, 5_000]
const { parents: strategies } = population(generateMarket({ symbols: 125, bars: 625, seed: 7 }), 12, 0)
const growth = (name: string, sizes: readonly number[], panelOf: (size: number) => Panel) => {
  const times = sizes.map((size) => scoringTime(panelOf(size), strategies))
  for (const [i, size] of sizes.entries()) report.print(`12 strategies, ${size} ${name}`, times[i]!, 'ms')
  report.print(`growth with ${name}`, exponent(sizes, times), 'exponent', 'linear is 1')
}
growth('symbols (625 bars)', SYMBOLS, (symbols) => generateMarket({ symbols, bars: 625, seed: 7 }))
growth('bars (125 symbols)', BARS, (bars) => generateMarket({ symbols: 125, bars, seed: 7 }))

// Ten thousand different strategies, each a mutation of one of the newest.
const panel = generateMarket({ symbols: 60, bars: 750, seed: 7 })
const { train, validation } = splitBars(panel.dates.length)
const { evaluate } = createEvaluation(
  {
    panel,
    ranges: { train, validation },
    market: PEER_MARKET,
    limits: { maxNodes: 200, maxDepth: 30, maxFields: 10 },
    cacheBytes: 32 * 2 ** 20,
  },
  () => 0,
)
const { parents, space } = population(panel, 50, 0)
const total = Number(flags.evaluations)
const span = total / 10
const rng = createRng(7, 'scale')
const spent: number[] = []
// The first of all only warm the machine up: they are compiled while they run.
const WARM = 500
for (let i = -WARM; spent.length < total; i++) {
  // Always of the same fifty: what changes is how much went before, not how large the strategies have grown.
  const made = mutate(rng.pick(parents), { rng: rng.fork(i + WARM), space })
  if (!made.ok) continue
  const began = performance.now()
  evaluate(made.strategy.graph)
  if (i >= 0) spent.push(performance.now() - began)
}
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const [first, last] = [sum(spent.slice(0, span)) / span, sum(spent.slice(-span)) / span]
report.print(`first ${span} of ${total} evaluations`, first, 'ms each')
report.print(
  `last ${span} of ${total} evaluations`,
  last,
  'ms each',
  `${(last / first).toFixed(3)} of the first`,
)
report.print('heap and arrays after them', process.memoryUsage().rss / 2 ** 20, 'MB')

const shared = process.env.ALPHALOOP_SHARED_DATA ?? join(ROOT, '../shared/data')
const csv = join(shared, 'sp500-5yr/all_stocks_5yr.csv.gz')
if (!existsSync(csv)) console.log('reading a CSV is left out: the S&P file is not here')
else {
  const cacheDir = mkdtempSync(join(tmpdir(), 'alphaloop-bench-'))
  try {
    const read = async () => {
      const began = performance.now()
      const dataset = await openDataset({ path: csv, cacheDir })
      await dataset.load()
      return performance.now() - began
    }
    report.print('reading 619 040 rows, cold', await read(), 'ms', 'to reach 2 000')
    const warm: number[] = []
    for (let i = 0; i < 7; i++) warm.push(await read())
    report.print('reading them from the cache', warm.sort((a, b) => a - b)[3]!, 'ms', 'to reach 150')
  } finally {
    rmSync(cacheDir, { recursive: true, force: true })
  }
}
if (flags.record) report.record('scale', `${total} evaluations, 4 sizes each way`)
