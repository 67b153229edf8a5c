import type { StrategyBacktest } from '../backtest/backtest-strategy.js'
import type { Panel } from '../data/panel.js'
import type { PanelBars } from '../research/factor.js'
import { studyFactor } from '../research/factor-study.js'
import type { ReportDocument } from './document.js'
import { createCanvas } from './draw.js'
import { factorDocument } from './factor/document.js'
import { type FactorReportOptions, type FactorSheet, factorSheet } from './factor/factor-sheet.js'
import { toHtml } from './html.js'
import { type MarkdownReport, toMarkdown } from './markdown.js'
import { tearsheetDocument } from './tearsheet/document.js'
import { type Tearsheet, type TearsheetOptions, tearsheet } from './tearsheet/tearsheet.js'

/** A report, ready to be written in either form; the same numbers give the same bytes. */
export interface RenderedReport<Data> {
  /** Its numbers; the HTML holds them as JSON too. */
  readonly data: Data
  /** One file that needs nothing else. */
  html(): string
  /** Markdown for GitHub; `folder` is where its pictures will lie, seen from the text. */
  markdown(folder: string): MarkdownReport
}

export const rendered = <Data>(data: Data, document: ReportDocument): RenderedReport<Data> => ({
  data,
  html: () => toHtml(document),
  markdown: (folder) => toMarkdown(document, folder),
})

/**
 * The tearsheet of a backtest: figures beside the benchmark's, equity, drawdowns, months, rolling Sharpe and beta,
 * exposure, turnover, trades, contribution, costs, and what all that cannot say.
 * @param panel the one that was backtested
 */
export async function renderTearsheet(
  result: StrategyBacktest,
  panel: Panel,
  options: TearsheetOptions = {},
): Promise<RenderedReport<Tearsheet>> {
  const sheet = tearsheet(result, panel, options)
  return rendered(sheet, tearsheetDocument(sheet, await createCanvas()))
}

/**
 * The report of a factor: rank IC by month, its distribution and decay, returns by fifth, turnover, coverage, by year
 * and by group.
 * @param values T × N, row-major, as `analyzeFactor` takes them
 * @param panel the market data, or a range of its bars
 */
export async function renderFactorReport(
  values: Float64Array,
  panel: PanelBars,
  options: FactorReportOptions,
): Promise<RenderedReport<FactorSheet>> {
  const sheet = factorSheet(studyFactor(values, panel), options)
  return rendered(sheet, factorDocument(sheet, await createCanvas()))
}
