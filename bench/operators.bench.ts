import { cpus, loadavg } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { Bench } from 'tinybench'
import type { Panel } from '../src/data/panel.js'
import { operatorWorks, type Work } from '../src/speed/works.js'
import { benchPanel, withHoles } from './bench-panel.js'
import { peerResult, peersFolder, pythonWith } from './peers.js'
import { type Figure, recordResult } from './record-result.js'

/*
 * What an operator costs: nanoseconds an element on one thread, median and minimum of the repetitions, dense and with
 * 5% missing, each also as a ratio to a warm copy of one panel in the same run. Where Python with pandas, numba and
 * bottleneck is there, the peers' script runs on the same panel. `npm run bench -- operators`; with `--record` the
 * figures are appended to results/operators.jsonl: on a machine that does nothing else. `--no-peers` leaves the peers out.
 */

const { values: flags } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    'no-peers': { type: 'boolean', default: false },
  },
})

const [SYMBOLS, BARS] = [500, 2500]
const REPETITIONS = 15
const MISSING = 0.05

/** How the peers' script calls our operators. */
const PEER_NAMES: Readonly<Record<string, string>> = {
  sma: 'mean',
  std: 'std',
  tsRank: 'rank',
  corr: 'corr',
  rank: 'cs_rank',
  ema: 'ewm',
}

interface Cost {
  readonly name: string
  readonly median: number
  readonly min: number
}

async function costs(works: readonly Pick<Work, 'name' | 'pieces' | 'run'>[]): Promise<Cost[]> {
  const bench = new Bench({ time: 0, iterations: REPETITIONS, warmupTime: 0, warmupIterations: 4 })
  for (const { name, run } of works) bench.add(name, run)
  await bench.run()
  return bench.tasks.map(({ name, result }, i) => {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`)
    const each = (ms: number) => (ms * 1e6) / works[i]!.pieces
    return { name, median: each(result.latency.p50), min: each(result.latency.min) }
  })
}

function copies(panel: Panel) {
  const copy = (name: string, from: Float64Array) => {
    const to = new Float64Array(from.length)
    return { name, pieces: from.length, run: () => to.set(from) }
  }
  const close = panel.fields.get('close')!
  return [
    copy('copy of the panel', close),
    copy('copy inside the L3 cache (4 MB to 4 MB)', close.slice(0, 500_000)),
    copy('copy outside it (64 MB to 64 MB)', new Float64Array(8_000_000).fill(1)),
  ]
}

const figures: Figure[] = []

function print(
  title: string,
  list: readonly Cost[],
  copy: number,
  most: (name: string) => number | undefined,
) {
  console.log(`\n${title.padEnd(46)} ${'median'.padStart(9)} ${'min'.padStart(9)} ${'× copy'.padStart(8)}`)
  for (const { name, median, min } of list) {
    const target = most(name)
    const note = target === undefined ? '' : `target ${target}: ${median <= target ? 'reached' : 'missed'}`
    console.log(
      `${name.padEnd(46)} ${median.toFixed(2).padStart(9)} ${min.toFixed(2).padStart(9)} ${(median / copy).toFixed(1).padStart(8)}  ${note}`,
    )
    const record = (what: string, value: number, unit: string) =>
      figures.push({ name: `${title}: ${name}, ${what}`, value: Number(value.toPrecision(4)), unit })
    record('median', median, 'ns/element')
    record('min', min, 'ns/element')
    record('median to a copy', median / copy, 'ratio')
  }
}

type PeerTable = Record<string, Record<string, readonly [number, number] | string>>

function peerCosts(folder: string, copy: number): void {
  const scripts = peersFolder()
  const python = pythonWith('pandas', 'numba', 'bottleneck', 'numpy')
  if (scripts === undefined || python === undefined) {
    console.log(
      '\nno peers: they need Python with pandas, numba and bottleneck, and the folder of their scripts',
    )
    return
  }
  const result = peerResult(python, join(scripts, 'bench_ops_py.py'), [folder]) as {
    ns_per_element_median_min: PeerTable
    env: Record<string, string>
  }
  console.log(`\npeers: ${JSON.stringify(result.env)}`)
  for (const [peer, table] of Object.entries(result.ns_per_element_median_min)) {
    const list = Object.entries(PEER_NAMES).flatMap(([name, called]) => {
      const cost = table[called]
      return Array.isArray(cost) ? [{ name, median: cost[0] as number, min: cost[1] as number }] : []
    })
    print(peer, list, copy, () => undefined)
  }
}

const { panel, source, folder, remove } = benchPanel(SYMBOLS, BARS)
try {
  const load = loadavg().map((v) => v.toFixed(2))
  console.log(
    `${cpus()[0]?.model.trim()} × ${cpus().length}, Node ${process.version}, load ${load.join(' ')}; ${SYMBOLS} × ${BARS} by ${source}, window 20; ns an element`,
  )
  const works = operatorWorks(panel)
  const most = (name: string) => works.find((work) => work.name === name)?.most
  const plain = await costs(copies(panel))
  const copy = plain[0]!.median
  print('warm copies', plain, copy, () => undefined)
  print('alphaloop', await costs(works), copy, most)
  print(
    `alphaloop, ${100 * MISSING}% missing`,
    await costs(operatorWorks(withHoles(panel, MISSING))),
    copy,
    most,
  )
  if (!flags['no-peers'] && folder !== undefined) peerCosts(folder, copy)
  if (flags.record) {
    const workload = `${SYMBOLS} × ${BARS} by ${source}, window 20, one thread`
    console.log(`recorded in ${relative(process.cwd(), recordResult('operators', { workload, figures }))}`)
  }
} finally {
  remove()
}
