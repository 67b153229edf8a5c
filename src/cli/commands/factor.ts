import { resolve } from 'node:path'
import type { Command } from 'commander'
import { createSandbox, dataOptions } from '../../compose.js'
import type { Panel } from '../../data/panel.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import { createEvaluator } from '../../graph/evaluate/columnar.js'
import { availableFields } from '../../graph/evaluate/context.js'
import { panelValues } from '../../graph/expression.js'
import { analyzeFactor, type FactorReport } from '../../research/factor.js'
import { compileExpression } from '../../strategy/compile.js'
import type { CommandContext, Define } from '../main.js'
import type { Output } from '../output.js'
import { percentText } from '../render/figures.js'
import { table } from '../render/table.js'
import { writeOutput } from '../write-file.js'
import { type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

interface FactorOptions extends DataFlags {
  readonly out?: string
}

export function factorCommand(program: Command, define: Define): void {
  define<FactorOptions>(
    withDataOptions(program.command('factor <expression>'))
      .description('one factor: coverage, rank IC and its decay, quantile returns, turnover')
      .option('--out <file>', 'write date,symbol,value as CSV, finite values only')
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
  const { config, base } = loadConfig(context, undefined, flagValues(options, io.cwd))
  const dataset = await openDataset(dataOptions(config, base, io.env))
  for (const note of dataset.notes) out.warn(note)
  const panel = await dataset.load()
  const expression = await compileExpression(text, createSandbox(), {
    fields: availableFields(panel),
    limits: config.limits,
  })
  const [column] = createEvaluator(panel, { benchmark: config.benchmark }).evaluate(expression, [expression.root])
  const values = panelValues(column!, panel.dates.length, panel.symbols.length)
  const report = analyzeFactor(values, panel)
  if (options.out !== undefined) writeOutput(resolve(io.cwd, options.out), valueRows(values, panel))
  const result = {
    expression: text,
    key: expression.key,
    data: { hash: panel.hash, start: panel.dates[0], end: panel.dates.at(-1) },
    ...report,
    durationMs: performance.now() - started,
  }
  out.result(result, () => reportText(text, report, panel, out))
  return undefined
}

const ratio = (value: number | null, digits = 3): string => (value === null ? '–' : value.toFixed(digits))
const share = (value: number | null): string => (value === null ? '–' : percentText(value))

function reportText(text: string, report: FactorReport, panel: Panel, { colors }: Output): string {
  const { rankIc, decay, quantiles, turnover } = report
  return [
    `${colors.bold(text)}\n${panel.dates[0]} … ${panel.dates.at(-1)}, ${report.bars} bars, ${report.symbols} symbols, coverage ${share(report.coverage)}`,
    `rank IC with the next bar's return: mean ${ratio(rankIc.mean, 4)}, std ${ratio(rankIc.std)}, ICIR ${ratio(rankIc.icir)}, t ${ratio(rankIc.t, 2)} over ${rankIc.bars} bars`,
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
  ].join('\n\n')
}

/** Bar by bar: a whole panel as one text would be hundreds of megabytes. */
function* valueRows(values: Float64Array, { dates, symbols }: Panel): Generator<string> {
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
