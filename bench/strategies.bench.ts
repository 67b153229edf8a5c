import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { backtest } from '../src/backtest/backtest-strategy.js'
import type { Strategy } from '../src/graph/strategy.js'
import { copyTime, time } from '../src/speed/timing.js'
import { momentum, PEER_MARKET, population, START } from '../src/speed/workloads.js'
import { strategyWorks } from '../src/speed/works.js'
import { splitBars } from '../src/validation/splits.js'
import { createEvaluation, type EvaluationSetup } from '../src/workers/evaluation.js'
import { createThreadRunner } from '../src/workers/threads.js'
import { benchPanel } from './bench-panel.js'
import { peersFolder, pythonWith, runPeerScript } from './peers.js'
import { peerEquity } from './support/peer-accounting.js'
import { Report } from './support/timing.js'

/*
 * What a strategy costs, on the medium panel, beside the peers where they are here. `npm run bench -- strategies`;
 * `--small` for a panel of 100 × 1 250, `--record` appends the figures to results/strategies.jsonl.
 */

const { values: flags } = parseArgs({
  options: { record: { type: 'boolean', default: false }, small: { type: 'boolean', default: false } },
})
const [symbols, bars] = flags.small ? [100, 1_250] : [500, 2_500]
const made = benchPanel(symbols, bars)
const { panel } = made
const report = new Report()
console.log(`${symbols} × ${bars}: ${made.source}`)

try {
  const copy = copyTime(symbols * bars)
  report.print('a warm copy of one panel', copy.median, 'ms')
  for (const { name, pieces, most, run } of strategyWorks(panel)) {
    const { median, min } = time(run)
    const ms = median / pieces
    const note = `min ${(min / pieces).toFixed(4)}, ${(ms / copy.median).toFixed(2)} copies; to reach ${most}`
    report.print(name, ms, 'ms/strategy', note)
  }
  await mutations()
  compareWithPeers()

  /** A thousand children of fifty, train and validation, on one thread and on two. */
  async function mutations(): Promise<void> {
    const { train, validation } = splitBars(panel.dates.length)
    const setup: EvaluationSetup = {
      panel,
      ranges: { train, validation },
      market: PEER_MARKET,
      limits: { maxNodes: 200, maxDepth: 30, maxFields: 10 },
      cacheBytes: 128 * 2 ** 20,
    }
    const drawn = performance.now()
    const { parents, children } = population(panel, 50, 1_000)
    report.print('drawing 1 000 mutations', performance.now() - drawn, 'ms')
    const { evaluate } = createEvaluation(setup, () => 0)
    const count = (list: readonly Strategy[]) => {
      for (const { graph } of list) {
        const { state } = evaluate(graph)
        if (state !== 'scored' && state !== 'ruined') throw new Error(`a mutation is ${state}`)
      }
    }
    count(parents)
    const began = performance.now()
    count(children)
    report.print('1 000 mutations of 50, one thread', 1e6 / (performance.now() - began), 'strategies/s')
    const runner = createThreadRunner(setup, {
      threads: 2,
      timeoutSeconds: 600,
    })
    await Promise.all(parents.map(({ graph }) => runner.evaluate(graph)))
    const start = performance.now()
    await Promise.all(children.map(({ graph }) => runner.evaluate(graph)))
    const perSecond = 1e6 / (performance.now() - start)
    report.print('1 000 mutations of 50, two threads', perSecond, 'strategies/s', 'to reach 500')
    await runner.close()
  }

  /** The peers' figures, and whether their equity is ours. */
  function compareWithPeers(): void {
    const scripts = peersFolder()
    const python = scripts === undefined ? undefined : pythonWith('numpy', 'pandas', 'numba')
    if (scripts === undefined || python === undefined || made.folder === undefined) {
      console.log(
        'the peers are left out: their scripts or a Python with numpy, pandas and numba are not here',
      )
      return
    }
    const results = (script: string) =>
      runPeerScript(python, join(scripts, script), [made.folder!])
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    for (const peer of results('bench_momentum_py.py')) {
      report.print(`peer ${peer.peer}: MOM single`, peer.ms_per_strategy as number, 'ms/strategy')
      const cached = peer.cached_sweep_ms_per_strategy
      if (typeof cached === 'number') report.print(`peer ${peer.peer}: MOM sweep`, cached, 'ms/strategy')
      if (peer.peer === 'numpy_lean') checkEquity(peer.digest as { final: number })
    }
    for (const peer of results('bench_formula_py.py')) {
      const [rows] = peer.cached_rows_ms_per_strategy as [number]
      report.print(`peer ${peer.peer}`, rows, 'ms/strategy')
    }
  }

  /** Whether our engine held the same symbols over the same bars as the peer: then the peer's accounting gives its figure. */
  function checkEquity({ final }: { final: number }): void {
    const { simulation } = backtest(momentum(20, 20), panel, {
      market: PEER_MARKET,
      start: panel.dates[START]!,
    })
    const equity = peerEquity(simulation, panel, 1e6)
    const same = Math.abs(equity / final - 1) < 1e-9
    console.log(
      `equity at the end by the peer's accounting: ${equity} from our trades, ${final} its own: ${same ? 'the same' : 'NOT the same'}`,
    )
    console.log(`by ours, everything invested and costs paid from it: ${1e6 * simulation.equity.at(-1)!}`)
    if (!same) process.exitCode = 1
  }

  if (flags.record) report.record('strategies', `${symbols} × ${bars}, ${made.source}`)
} finally {
  made.remove()
}
