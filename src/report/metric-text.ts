import type { MetricName } from '../backtest/types.js'

type Style = 'percent' | 'ratio' | 'count' | 'bars'

/** How each metric is shown to a person. */
const STYLES: Record<MetricName, Style> = {
  totalReturn: 'percent',
  cagr: 'percent',
  volatility: 'percent',
  sharpe: 'ratio',
  sortino: 'ratio',
  maxDrawdown: 'percent',
  calmar: 'ratio',
  ulcer: 'percent',
  turnover: 'ratio',
  costDrag: 'percent',
  exposure: 'percent',
  trades: 'count',
  winRate: 'percent',
  profitFactor: 'ratio',
  expectancy: 'percent',
  avgHoldingBars: 'bars',
  positiveMonths: 'percent',
  var95: 'percent',
  cvar95: 'percent',
  skew: 'ratio',
  kurtosis: 'ratio',
  beta: 'ratio',
  alpha: 'percent',
  trackingError: 'percent',
  informationRatio: 'ratio',
  upCapture: 'ratio',
  downCapture: 'ratio',
}

/** Names of the metrics in words. */
export const METRIC_LABELS: Record<MetricName, string> = {
  totalReturn: 'total return',
  cagr: 'return a year (CAGR)',
  volatility: 'volatility a year',
  sharpe: 'Sharpe',
  sortino: 'Sortino',
  maxDrawdown: 'max drawdown',
  calmar: 'Calmar',
  ulcer: 'ulcer index',
  turnover: 'turnover a year (one-way)',
  costDrag: 'costs a year',
  exposure: 'mean exposure',
  trades: 'closed trades',
  winRate: 'win rate',
  profitFactor: 'profit factor',
  expectancy: 'mean trade return',
  avgHoldingBars: 'mean bars held',
  positiveMonths: 'positive months',
  var95: 'VaR 95% (a bar)',
  cvar95: 'CVaR 95% (a bar)',
  skew: 'skew',
  kurtosis: 'excess kurtosis',
  beta: 'beta',
  alpha: 'alpha a year',
  trackingError: 'tracking error',
  informationRatio: 'information ratio',
  upCapture: 'up capture',
  downCapture: 'down capture',
}

/** A metric's value for a person; a dash where it has none. */
export function metricText(name: MetricName, value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  switch (STYLES[name]) {
    case 'percent':
      return `${(value * 100).toFixed(2)}%`
    case 'ratio':
      return value.toFixed(3)
    case 'bars':
      return value.toFixed(1)
    case 'count':
      return String(value)
  }
}
