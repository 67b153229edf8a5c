import { resolve } from 'node:path'
import type { Command } from 'commander'
import { counted } from '../../base/counted.js'
import { compileFactorText, dataOptions, inText } from '../../compose.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import { createEvaluator } from '../../graph/evaluate/columnar.js'
import { panelValues } from '../../graph/expression.js'
import { checkWindows } from '../../graph/first-values.js'
import { cutBars } from '../../research/cut-bars.js'
import { analyzeFactor, type FactorReport, type PanelBars } from '../../research/factor.js'
import { notesInWords } from '../../research/factor-notes.js'
import { createWindowFunctions } from '../../sandbox/window-functions.js'
import { checkOutputs, dataFiles } from '../check-outputs.js'
import { checkDates, checkRange } from '../date-range.js'
import type { CommandContext, Define } from '../main.js'
import type { Output } from '../output.js'
import { percentText } from '../render/figures.js'
import { table } from '../render/table.js'
import { writeOutput } from '../write-file.js'
import { reportForm, writeReport } from '../write-report.js'
import { configFile, type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

interface FactorOptions extends DataFlags {
  readonly out?: string
  readonly start?: string
  readonly end?: string
  readonly report?: string
  readonly benchmark?: string
}

export function factorCommand(program: Command, define: Define): void {
  define<FactorOptions>(
    withDataOptions(program.command('factor <expression>'))
      .description('one factor: coverage, rank IC and its decay, quantile returns, turnover')
      .option('--start <date>', 'first day; earlier bars only warm indicators up')
      .option('--end <date>', 'last day; later bars are not read')
      .option('--benchmark <symbol>', 'what benchmark(…) in the factor reads; default: equal weight')
      .option('--out <file>', 'write date,symbol,value as CSV, finite values only')
      .option('--report <file>', 'write a factor report: one .html file, or .md with pictures beside it')
      .addHelpText(
        'after',
        "\nExample:\n  $ alphaloop factor 'rank(close.pctChange(20))' --data prices.csv.gz",
      ),
    factor,
  )
}

async function factor(context: CommandContext, options: FactorOptions, text: string): Promise<undefined> {
  const { io, out } = context
  const started = performance.now()
  checkDates(options)
  if (options.report !== undefined) reportForm(options.report)
  const loaded = loadConfig(context, undefined, flagValues(options, io.cwd))
  const { config, base } = loaded
  const data = dataOptions(config, base, io.env)
  checkOutputs(
    io.cwd,
    [
      { name: '--out', path: options.out },
      { name: '--report', path: options.report },
    ],
    [...dataFiles(data), configFile(loaded)],
  )
  const dataset = await openDataset(data)
  for (const note of dataset.notes) out.warn(note)
  checkRange(options, dataset.dates)
  const panel = await dataset.load(options.end === undefined ? {} : { until: options.end })
  const expression = await compileFactorText(text, panel, { limits: config.limits })
  const evaluator = createEvaluator(panel, {
    benchmark: config.benchmark,
    windowFunctions: createWindowFunctions({ seconds: config.limits.customSeconds }),
  })
  const [column] = await inText({ source: text, fileName: 'expression', language: 'expression' }, () => {
    checkWindows(expression, [expression.root], panel.dates.length)
    return evaluator.evaluate(expression, [expression.root])
  })
  const start = options.start === undefined ? 0 : panel.dates.findIndex((date) => date >= options.start!)
  const cut = cutBars(panelValues(column!, panel.dates.length, panel.symbols.length), panel, {
    start,
    end: panel.dates.length - 1,
  })
  const report = analyzeFactor(cut.values, cut.panel)
  if (options.out !== undefined) writeOutput(resolve(io.cwd, options.out), valueRows(cut.values, cut.panel))
  if (options.report !== undefined) {
    const { renderFactorReport } = await import('../../report/render.js')
    const made = { expression: text, dataHash: panel.hash }
    writeReport(resolve(io.cwd, options.report), await renderFactorReport(cut.values, cut.panel, made))
  }
  const result = {
    expression: text,
    key: expression.key,
    data: { hash: panel.hash, start: cut.panel.dates[0], end: cut.panel.dates.at(-1) },
    ...report,
    durationMs: performance.now() - started,
  }
  out.result(result, () => reportText(text, report, cut.panel.dates, out))
  return undefined
}

const ratio = (value: number | null, digits = 3): string => (value === null ? '–' : value.toFixed(digits))
const share = (value: number | null): string => (value === null ? '–' : percentText(value))

function reportText(
  text: string,
  report: FactorReport,
  dates: readonly string[],
  { colors }: Output,
): string {
  const { rankIc, decay, quantiles, turnover } = report
  const notes = notesInWords(report.notes)
  return [
    `${colors.bold(text)}\n${dates[0]} … ${dates.at(-1)}, ${counted(report.bars, 'bar')}, ${counted(report.symbols, 'symbol')}, coverage ${share(report.coverage)}`,
    `rank IC with the next bar's return: mean ${ratio(rankIc.mean, 4)}, std ${ratio(rankIc.std)}, ICIR ${ratio(rankIc.icir)}, t ${ratio(rankIc.t, 2)} over ${counted(rankIc.bars, 'bar')}`,
    table(
      ['bars ahead', 'mean IC', 't'],
      decay.map(({ bars, mean, t }) => [String(bars), ratio(mean, 4), ratio(t, 2)]),
      { colors, right: [0, 1, 2] },
    ),
    table(
      ['fifth', 'mean return a bar'],
      quantiles.meanReturns.map((value, i) => [
        i === 0 ? 'lowest' : i === quantiles.meanReturns.length - 1 ? 'highest' : String(i + 1),
        value === null ? '–' : `${(value * 10_000).toFixed(2)} bp`,
      ]),
      { colors, right: [1] },
    ),
    `highest less lowest: ${quantiles.spread === null ? '–' : `${(quantiles.spread * 10_000).toFixed(2)} bp`} a bar (t ${ratio(quantiles.spreadT, 2)})`,
    `turnover a bar: top fifth ${share(turnover.top)}, bottom fifth ${share(turnover.bottom)}; rank autocorrelation ${ratio(turnover.rankAutocorrelation)}`,
    ...(notes.length === 0 ? [] : [colors.dim(notes.join('\n'))]),
  ].join('\n\n')
}

/** Bar by bar: a whole panel as one text would be hundreds of megabytes. */
function* valueRows(values: Float64Array, { dates, symbols }: PanelBars): Generator<string> {
  yield 'date,symbol,value\n'
  for (const [bar, date] of dates.entries()) {
    let rows = ''
    symbols.forEach((symbol, i) => {
      const value = values[bar * symbols.length + i]!
      if (Number.isFinite(value)) rows += `${date},${quoted(symbol)},${value.toPrecision(17)}\n`
    })
    yield rows
  }
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
