import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { peerScript, python, runPython } from './peers.js'

export interface BenchPanel {
  readonly panel: Panel
  /** Which generator made it. */
  readonly origin: string
  /** Where the peers find it; undefined where they are not here. */
  readonly folder: string | undefined
  dispose(): void
}

/**
 * A panel of N symbols × T bars, seed 7: the one that the peers' scripts read, where these and a Python with numpy
 * are there; else the built-in market of the same size.
 */
export function benchPanel(symbols: number, bars: number): BenchPanel {
  const script = peerScript('gen_panel.py')
  const interpreter = python('numpy')
  if (script === undefined || interpreter === undefined)
    return {
      panel: generateMarket({ symbols, bars, seed: 7 }),
      origin: 'the built-in market, seed 7',
      folder: undefined,
      dispose() {},
    }
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-bench-'))
  runPython(interpreter, [script, folder, '--n', String(symbols), '--t', String(bars), '--seed', '7'])
  const {
    dates,
    symbols: names,
    fields,
  } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as {
    dates: string[]
    symbols: string[]
    fields: string[]
  }
  const read = (name: string) => {
    const bytes = readFileSync(join(folder, `${name}.f64`))
    const values = new Float64Array(bytes.length / 8)
    new Uint8Array(values.buffer).set(bytes)
    return values
  }
  return {
    panel: createPanel({ dates, symbols: names, fields: new Map(fields.map((name) => [name, read(name)])) }),
    origin: 'gen_panel.py, seed 7',
    folder,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}
