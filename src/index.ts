/** The library: what the commands do, with types and without global state. */

// Backtests and factors
export type {
  BacktestOptions,
  BenchmarkInfo,
  StrategyBacktest,
} from './backtest/backtest-strategy.js'
export type { BenchmarkSeries } from './backtest/benchmark-series.js'
export { type Contribution, type ContributionRow, contribution } from './backtest/contribution.js'
export { type HoldingsTable, parseHoldings } from './backtest/holdings.js'
export { MARKETS as markets } from './backtest/markets.js'
export {
  type Account,
  type Holding,
  type Order,
  type OrderPlan,
  type OrdersInput,
  planOrders,
  type Quote,
  type Target,
} from './backtest/orders.js'
export type { Positions, PositionsOptions } from './backtest/positions.js'
export { type RebalanceSchedule, rebalanceSchedule } from './backtest/schedule.js'
export type { Market, MetricName, Metrics, Simulation, Trade } from './backtest/types.js'
// Errors
export { AlphaloopError, type ErrorKind } from './base/errors.js'
// The learning loop
export {
  backtest,
  compileFactorText,
  compileStrategyCode,
  createEvaluator,
  createSandbox,
  factorValues,
  positions,
  type RunRequest,
  type RunResult,
  readPrompt,
  runLearningLoop,
  VERSION,
} from './compose.js'
export { loadConfigFile } from './config/load.js'
export { createConfig, resolveConfig } from './config/resolve.js'
export type { Config, ConfigSettings } from './config/schema.js'
// Market data
export type { DataIssue, DataOptions, Dataset, TableSummary } from './data/dataset.js'
export { type DatasetDescription, describeDataset } from './data/describe.js'
export type { GroupField, Panel } from './data/panel.js'
export { createPanel, panelPrefix } from './data/panel.js'
export { openDataset, readPanel } from './data/sources/open-dataset.js'
export { type WrittenTable, writeTable } from './data/sources/write-table.js'
export { describeMarket } from './data/synthetic/describe.js'
export { generateMarket } from './data/synthetic/market.js'
export type { MarketOptions } from './data/synthetic/options.js'
export type { Evaluator, EvaluatorOptions } from './graph/evaluate/columnar.js'
export { REGISTRY as operators } from './graph/registry.js'
export { strategyJsonSchema } from './graph/schema.js'
// Strategies as data
export { createStrategy, type Strategy, type StrategyInput } from './graph/strategy.js'
export type { StrategyGraph } from './graph/strategy-graph.js'
export type { WindowFunctions } from './graph/window-function/window-functions.js'
export { exportCsv, exportJsonLines } from './history/export.js'
export type { Fold } from './history/fold.js'
export { foldHistory } from './history/fold-history.js'
export { type ImportResult, importHistory } from './history/import.js'
// The history
export { JournalStore } from './history/journal-store.js'
export type {
  ChangeRecord,
  DemotionRecord,
  HistoryRecord,
  IterationRecord,
  LookRecord,
  NewerRecord,
  NoteRecord,
  RecordDraft,
} from './history/record.js'
export type { HistoryStore } from './history/store.js'
export { type HistoryVerdict, verifyHistory } from './history/verify.js'
export type { LoopEvent } from './loop/events.js'
export { openRecordings, type Recordings } from './loop/replay.js'
export type { LoopState } from './loop/state.js'
export type { StoredPrompt } from './loop/stored-prompt.js'
export { readChampion, readRun } from './loop/stored-run.js'
export type { RunSummary } from './loop/summary.js'
export type { FactorReportOptions, FactorSheet } from './report/factor/factor-sheet.js'
// Reports
export type { MarkdownReport } from './report/markdown.js'
export { type RenderedReport, renderFactorReport, renderTearsheet } from './report/render.js'
export type { Tearsheet, TearsheetOptions } from './report/tearsheet/tearsheet.js'
export { analyzeFactor, type FactorReport, type PanelBars } from './research/factor.js'
export { type FactorStudy, studyFactor } from './research/factor-study.js'
export { expressionOf } from './research/factor-values.js'
export type { Sandbox } from './sandbox/sandbox.js'
export { createWindowFunctions } from './sandbox/window-functions.js'
// Strategies as code: every operator is a function here and a method of expressions
export {
  abs,
  add,
  adx,
  and,
  argMax,
  argMin,
  aroon,
  atr,
  type BooleanExpr,
  barsSince,
  benchmark,
  beta,
  bollinger,
  bottom,
  bucket,
  type CrossSectionOptions,
  calendar,
  cci,
  clip,
  constant,
  cooldown,
  corr,
  count,
  cov,
  crossAbove,
  crossBelow,
  csZscore,
  cumMax,
  cumMin,
  custom,
  decayLinear,
  delta,
  demean,
  div,
  donchian,
  type Expr,
  efficiencyRatio,
  ema,
  eq,
  exp,
  ffill,
  field,
  fillNaN,
  ge,
  group,
  groupDemean,
  groupMean,
  groupRank,
  groupZscore,
  gt,
  hold,
  isNaN,
  keltner,
  kurt,
  lag,
  le,
  log,
  logReturn,
  lt,
  macd,
  max,
  median,
  mfi,
  min,
  mul,
  type Numeric,
  ne,
  neg,
  not,
  obv,
  or,
  type PanelExpr,
  pctChange,
  pow,
  product,
  quantile,
  rank,
  regressOut,
  residual,
  rSquared,
  rsi,
  type StrategyOptions,
  scale,
  sign,
  skew,
  slope,
  sma,
  sqrt,
  std,
  stochastic,
  strategy,
  streak,
  sub,
  sum,
  supertrend,
  tanh,
  top,
  tsMax,
  tsMin,
  tsRank,
  type VectorExpr,
  variance,
  type Windows,
  type WindowValue,
  where,
  wilder,
  williamsR,
  winsorize,
  zscore,
} from './strategy/api.js'
export { type NamedFactor, namedFactors } from './strategy/factors/catalog.js'
export { type Alpha158Name, alpha101, alpha158, type FactorNames } from './strategy/factors/named-factors.js'
export { strategyToCode } from './strategy/to-code.js'
