import type { ReportDocument, Tile } from '../document.js'
import type { Canvas } from '../draw.js'
import { counted, decimal, percent, signedPercent } from '../text.js'
import { figures, provenance } from './figure-sections.js'
import { calendar, drawdowns, growth, throughTime } from './history-sections.js'
import type { Tearsheet } from './tearsheet.js'
import { contributions, costs, trades } from './trading-sections.js'

/** A tearsheet as a document, its pictures drawn. */
export function tearsheetDocument(sheet: Tearsheet, canvas: Canvas): ReportDocument {
  const { strategy, data, market } = sheet
  return {
    title: strategy.name,
    subtitle: `${data.start} to ${data.end} · ${counted(data.bars, 'bar')} · ${counted(data.symbols, 'symbol')} · ${market.name} · rebalanced ${strategy.rebalance}`,
    tiles: tiles(sheet),
    sections: [
      { title: 'Before you trust it', blocks: [{ kind: 'list', items: sheet.caveats }] },
      { title: 'Growth', blocks: growth(sheet, canvas) },
      { title: 'Drawdowns', blocks: drawdowns(sheet, canvas) },
      { title: 'Calendar', blocks: calendar(sheet) },
      { title: 'Through time', blocks: throughTime(sheet, canvas) },
      { title: 'Trades', blocks: trades(sheet, canvas) },
      { title: 'Contribution', blocks: contributions(sheet, canvas) },
      { title: 'Costs', blocks: costs(sheet, canvas) },
      { title: 'All figures', blocks: figures(sheet, canvas) },
      { title: 'How it was made', blocks: provenance(sheet) },
    ],
    data: sheet,
  }
}

function tiles({ metrics, benchmark, sharpeRange, costs }: Tearsheet): Tile[] {
  const other = benchmark.metrics
  return [
    { label: 'Return a year', value: percent(metrics.cagr), note: `benchmark ${percent(other.cagr)}` },
    {
      label: 'Sharpe',
      value: decimal(metrics.sharpe),
      note:
        sharpeRange === null
          ? `benchmark ${decimal(other.sharpe)}`
          : `95%: ${decimal(sharpeRange.low)} to ${decimal(sharpeRange.high)}; benchmark ${decimal(other.sharpe)}`,
    },
    {
      label: 'Deepest drawdown',
      value: percent(metrics.maxDrawdown),
      note: `benchmark ${percent(other.maxDrawdown)}`,
    },
    {
      label: 'Volatility a year',
      value: percent(metrics.volatility),
      note: `benchmark ${percent(other.volatility)}`,
    },
    {
      label: 'Information ratio',
      value: decimal(metrics.informationRatio),
      note: `beta ${decimal(metrics.beta)}, alpha ${signedPercent(metrics.alpha)} a year`,
    },
    {
      label: 'Costs a year',
      value: percent(costs.total, 2),
      note: `turnover ${decimal(metrics.turnover, 1)} times a year`,
    },
  ]
}
