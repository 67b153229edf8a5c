import { cpus, totalmem } from 'node:os'
import type { Command } from 'commander'
import { usageError } from '../../base/errors.js'
import { dataOptions } from '../../compose.js'
import type { Panel } from '../../data/panel.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import { copyTime, time } from '../../speed/timing.js'
import { START } from '../../speed/workloads.js'
import { operatorWorks, strategyWorks } from '../../speed/works.js'
import type { CommandContext, Define } from '../main.js'
import { table } from '../render/table.js'
import { type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

/** What is measured where no data is given: the panel that published figures are for. */
const MEDIUM = 'builtin:symbols=500,bars=2500,seed=7'

interface Measured {
  readonly name: string
  /** Median and least of the repetitions, in the unit. */
  readonly median: number
  readonly min: number
  readonly unit: 'ns/element' | 'ms/strategy'
  /** Median over the time of a warm copy of as many values (an operator), of one whole field (a strategy). */
  readonly copies: number
}

export function benchCommand(program: Command, define: Define): void {
  define<DataFlags & { readonly seconds?: string }>(
    withDataOptions(program.command('bench'))
      .description('how fast operators and strategies are on this machine, on your data or a made-up market')
      .option('--seconds <n>', 'time for each figure; more makes it steadier', '0.5')
      .addHelpText('after', '\nExample:\n  $ alphaloop bench --data prices.csv.gz'),
    bench,
  )
}

async function bench(
  context: CommandContext,
  options: DataFlags & { readonly seconds?: string },
): Promise<undefined> {
  const { io, out } = context
  const seconds = Number(options.seconds)
  if (!(seconds > 0 && seconds <= 60))
    throw usageError(
      'INVALID_OPTION',
      `--seconds is ${options.seconds}; it must be a number above 0 and at most 60`,
    )
  const given = options.data === undefined ? { ...options, data: [MEDIUM] } : options
  const { config, base } = loadConfig(context, undefined, flagValues(given, io.cwd))
  const dataset = await openDataset(dataOptions(config, base, io.env))
  for (const note of dataset.notes) out.warn(note)
  const panel = await dataset.load()
  checkSize(panel)

  const cells = panel.dates.length * panel.symbols.length
  const copy = copyTime(cells).median
  const measured: Measured[] = []
  const measure = (name: string, pieces: number, unit: Measured['unit'], run: () => unknown) => {
    out.progress(name)
    const { median, min } = time(run, seconds)
    const each = (ms: number) => (unit === 'ns/element' ? ms * 1e6 : ms) / pieces
    const copies = unit === 'ns/element' ? median / copy : median / pieces / copy
    measured.push({ name, median: each(median), min: each(min), unit, copies })
  }
  for (const { name, pieces, run } of operatorWorks(panel)) measure(name, pieces, 'ns/element', run)
  for (const { name, pieces, run } of strategyWorks(panel)) measure(name, pieces, 'ms/strategy', run)

  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  }
  const data = { hash: panel.hash, bars: panel.dates.length, symbols: panel.symbols.length }
  out.result({ machine, data, copyNsPerElement: (copy * 1e6) / cells, measured }, () =>
    [
      `${machine.cpu} × ${machine.cores}, ${machine.memoryGb} GB, Node ${machine.node}; ${data.symbols} symbols × ${data.bars} bars, one thread`,
      `a warm copy of one field: ${((copy * 1e6) / cells).toFixed(2)} ns an element, ${copy.toFixed(2)} ms`,
      ...(['ns/element', 'ms/strategy'] as const).map((unit) =>
        table(
          [unit === 'ns/element' ? 'operator, window 20' : 'strategy, all metrics', unit, 'least', '× copy'],
          measured
            .filter((one) => one.unit === unit)
            .map(({ name, median, min, copies }) => [
              name,
              median.toPrecision(3),
              min.toPrecision(3),
              copies.toPrecision(3),
            ]),
          { colors: out.colors, right: [1, 2, 3] },
        ),
      ),
    ].join('\n\n'),
  )
  return undefined
}

function checkSize({ dates, fields }: Panel): void {
  const least = START + 100
  if (dates.length < least)
    throw usageError(
      'TOO_FEW_BARS',
      `the data has ${dates.length} bars; the strategies that are timed look back a year, and need ${least}`,
      'leave --data out to time a made-up market',
      { bars: dates.length, least },
    )
  if (!fields.has('open'))
    throw usageError(
      'NO_OPEN_PRICES',
      'the data has no open prices, at which the strategies that are timed trade',
      'leave --data out to time a made-up market',
    )
}
