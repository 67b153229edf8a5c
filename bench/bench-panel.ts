import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '../src/base/rng.js'
import { createPanel, type Panel } from '../src/data/panel.js'
import { peersFolder, pythonWith, runPeerScript } from './peers.js'

const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const

export interface BenchPanel {
  readonly panel: Panel
  /** Where it comes from, for the record. */
  readonly source: 'gen_panel.py' | 'own generator'
  /** The folder with the files that the peers read; undefined with the own generator. */
  readonly folder: string | undefined
  /** Removes the files. */
  remove(): void
}

/**
 * A synthetic market of `symbols` × `bars`: that of the peers' gen_panel.py where it and numpy are there, else one of
 * our own of the same kind (log returns with a common factor, prices to 1e-4, whole volumes).
 */
export function benchPanel(symbols: number, bars: number, seed = 7): BenchPanel {
  const scripts = peersFolder()
  const python = scripts === undefined ? undefined : pythonWith('numpy')
  if (scripts === undefined || python === undefined)
    return { panel: ownPanel(symbols, bars, seed), source: 'own generator', folder: undefined, remove() {} }
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-bench-panel-'))
  const shape = ['--n', `${symbols}`, '--t', `${bars}`, '--seed', `${seed}`]
  runPeerScript(python, join(scripts, 'gen_panel.py'), [folder, ...shape])
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))
  const read = (name: string) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, `${name}.f64`))
    return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
  }
  return {
    panel: createPanel({
      dates: meta.dates,
      symbols: meta.symbols,
      fields: new Map(FIELDS.map((name) => [name, read(name)])),
    }),
    source: 'gen_panel.py',
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A copy of the panel in which a share of the bars of each symbol is missing, in all fields. */
export function withHoles(panel: Panel, share: number, seed = 1): Panel {
  const rng = createRng(seed, 'holes')
  const cells = panel.dates.length * panel.symbols.length
  const holes = Uint8Array.from({ length: cells }, () => (rng.next() < share ? 1 : 0))
  const fields = [...panel.fields].map(
    ([name, values]) => [name, values.map((v, i) => (holes[i] === 1 ? Number.NaN : v))] as const,
  )
  return createPanel({ dates: panel.dates, symbols: panel.symbols, fields: new Map(fields) })
}

const DAY_MS = 86_400_000

function ownPanel(symbols: number, bars: number, seed: number): Panel {
  const rng = createRng(seed, 'bench panel')
  const normal = () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  const columns = FIELDS.map(() => new Float64Array(bars * symbols))
  const [open, high, low, close, volume] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const cents = (v: number) => Math.max(Math.round(v * 1e4) / 1e4, 1e-4)
  const last = Float64Array.from({ length: symbols }, () => 10 * 50 ** rng.next())
  const looks = Array.from({ length: symbols }, () => ({
    beta: 0.5 + rng.next(),
    sigma: 0.01 + 0.02 * rng.next(),
    size: 10 + 5 * rng.next(),
  }))
  for (let t = 0; t < bars; t++) {
    const factor = 0.0003 + 0.01 * normal()
    for (let s = 0; s < symbols; s++) {
      const i = t * symbols + s
      const { beta, sigma, size } = looks[s]!
      const move = beta * factor + sigma * normal()
      const from = last[s]! * Math.exp(0.004 * normal())
      const to = last[s]! * Math.exp(move)
      last[s] = to
      open[i] = cents(from)
      close[i] = cents(to)
      high[i] = cents(Math.max(from, to) * Math.exp(Math.abs(0.006 * normal())))
      low[i] = cents(Math.min(from, to) * Math.exp(-Math.abs(0.006 * normal())))
      volume[i] = Math.floor(Math.exp(0.5 * normal() + size + 8 * Math.abs(move)))
    }
  }
  return createPanel({
    dates: Array.from({ length: bars }, (_, t) => new Date(1.26e12 + t * DAY_MS).toISOString().slice(0, 10)),
    symbols: Array.from({ length: symbols }, (_, s) => `S${String(s).padStart(4, '0')}`),
    fields: new Map(FIELDS.map((name, i) => [name, columns[i]!])),
  })
}
