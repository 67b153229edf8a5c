/** The configuration that `init` writes: what people change, with its meaning; `config show` lists every setting. */
export const configTemplate = (given: { data: string; market: string; iterations: number }): string => `\
# alphaloop configuration. \`alphaloop config show\` prints every setting, its value and where it came from.
# Values may read the environment: \${NAME} or \${NAME:default}. Rates are fractions: 0.2 is 20%.

# A CSV, CSV.gz, TSV or Parquet file, a folder with one file per symbol, or "builtin". Relative to this file.
data: ${JSON.stringify(given.data)}
# data: [prices.csv, fundamentals.csv, sectors.csv]   # a list joins tables to the first
dataOptions:
  # universe: [sp500.csv]      # symbol,from,to: the field sp500 is 1 while a symbol is a member
  # adjustments: factors.csv   # symbol,date,price_factor,split_factor: splits and dividends
  # renames: tickers.csv       # file,date,ticker: one company behind changing tickers
  # groups: [gics]             # numbers that are codes of groups
  # staleAfterDays: 400        # how long an announced value stays known

# Costs and days of a year: us-stock, tw-stock, crypto or none.
market: ${given.market}

# How many strategies a run proposes and evaluates in all, and the seed of all chance in it.
iterations: ${given.iterations}
seed: 1

# Your own strategies: evaluated first, improved from there.
start:
  - strategies/momentum.ts

# What makes a strategy better: sharpe, sortino, calmar or activeSharpe (over the benchmark).
objective: sharpe

# What a champion must keep to.
constraints:
  # universe: "close.gt(5)"
  # maxTurnover: 12        # one-way, a year: 1 is the whole portfolio once
  # maxDrawdown: 0.4

# The data is split by time; nothing in a run ever reads the last part.
split:
  train: 0.6
  validation: 0.2
  test: 0.2
  gapBars: 21

# A language model proposes this share of the strategies, once one is configured below.
innovationRate: 0.2
llm:
  models: []
  # models:
  #   - provider: openai                     # or anthropic, google, openrouter
  #     model: gpt-4.1-mini
  #     apiKeyVariable: OPENAI_API_KEY       # the NAME of the variable; keys never stand in files
  #   - model: qwen3                         # any OpenAI-compatible server, a local one included
  #     baseUrl: http://localhost:11434/v1
  # budget:
  #   maxCostUsd: 5
`

/** The example strategy that \`init\` writes. */
export const STRATEGY_TEMPLATE = `\
import { strategy, field, rank } from 'alphaloop'

const close = field('close')

// Strong over the last quarter, calm over the last month; the 20 best, equally weighted, changed once a month.
export default strategy({
  name: 'Calm momentum',
  score: rank(close.pctChange(60)).sub(rank(close.pctChange(1).std(20))),
  select: { top: 20 },
  weight: 'equal',
  rebalance: 'monthly',
  exits: { trailingStop: 0.25 },
})
`
