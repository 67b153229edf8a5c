import type { Market, Metrics } from '../backtest/types.js'
import { usageError } from '../base/errors.js'
import type { Config } from '../config/schema.js'
import type { DataOptions, Dataset } from '../data/dataset.js'
import type { Panel } from '../data/panel.js'
import { checkSources } from '../graph/evaluate/context.js'
import { checkWindows, rootsOf } from '../graph/first-values.js'
import type { Strategy } from '../graph/strategy.js'
import type { RunInfo, RunSettings } from '../history/record.js'
import type { Sandbox } from '../sandbox/sandbox.js'
import type { SearchSpace } from '../search/proposal.js'
import { compileStrategy, type StrategyLanguage } from '../strategy/compile.js'
import { inStrategyText } from '../strategy/place.js'
import {
  benchmarkMask,
  type EvaluationSetup,
  measureBenchmark,
  type RangeName,
} from '../workers/evaluation.js'
import type { Runner } from '../workers/runner.js'
import { conform } from './conform.js'
import { loadRanges } from './run-settings.js'
import { searchSpace, universeStrategy } from './search-space.js'
import { configHash } from './settings.js'

/**
 * What all proposals and evaluations of a run have in common: the bars up to the end of validation, what may be
 * proposed, and where it is compiled and evaluated. Nothing of it is written anywhere.
 */
export interface Workbench {
  readonly config: Config
  readonly panel: Panel
  /** What the run is made of, as its first record keeps it. */
  readonly settings: RunSettings
  readonly run: RunInfo
  readonly space: SearchSpace
  readonly market: Market
  readonly setup: EvaluationSetup
  readonly benchmark: Readonly<
    Record<RangeName, { readonly returns: Float64Array; readonly metrics: Metrics }>
  >
  readonly runner: Runner
  /**
   * Compiles, checks against the panel's fields, and puts into the run's constraints.
   * @throws AlphaloopError (usage) for what the author of the code can mend
   */
  compile(source: string, language: StrategyLanguage, fileName?: string): Promise<Strategy>
}

export interface WorkbenchParts {
  readonly config: Config
  readonly dataset: Dataset
  readonly data: DataOptions
  /** The settings that the run was created with; null for a new one. */
  readonly stored: RunSettings | null
  readonly version: string
  readonly market: Market
  readonly sandbox: Sandbox
  readonly createRunner: (setup: EvaluationSetup) => Runner
  readonly warn: (message: string) => void
}

/** @throws AlphaloopError (data, usage) where data or configuration cannot be used */
export async function openWorkbench(parts: WorkbenchParts): Promise<Workbench> {
  const { config, dataset, market, sandbox, warn } = parts
  for (const note of dataset.notes) warn(note)
  const { panel, split, settings } = await loadRanges(dataset, parts.data, config, parts.stored)
  const space = await searchSpace(config, panel, split, sandbox)
  if (config.fill === undefined && space.fill === 'nextClose')
    warn('the data has no open prices, so every strategy is filled at the next close')
  const setup: EvaluationSetup = {
    panel,
    ranges: { train: split.train, validation: split.validation },
    market,
    limits: config.limits,
    cacheBytes: config.cacheMegabytes * 1024 * 1024,
    customSeconds: config.limits.customSeconds,
    ...(config.benchmark === undefined ? {} : { benchmarkSymbol: knownSymbol(config.benchmark, panel) }),
    ...(space.universe === undefined ? {} : { benchmarkUniverse: universeStrategy(space.universe.subgraph) }),
  }
  const universe = benchmarkMask(setup)
  const benchmarkOn = (name: RangeName) =>
    measureBenchmark({ panel, range: setup.ranges[name], fill: space.fill, market, universe })
  return {
    config,
    panel,
    settings,
    run: { config: configHash(config), data: panel.hash, seed: config.seed, version: parts.version },
    space,
    market,
    setup,
    benchmark: { train: benchmarkOn('train'), validation: benchmarkOn('validation') },
    runner: parts.createRunner(setup),
    async compile(source, language, fileName) {
      const strategy = await compileStrategy(source, sandbox, {
        language,
        limits: config.limits,
        ...(fileName === undefined ? {} : { fileName }),
      })
      const text = { source, fileName: fileName ?? `strategy.${language}`, language }
      await inStrategyText(text, sandbox.read, () => {
        checkSources(strategy, panel, config.benchmark)
        checkWindows(strategy, rootsOf(strategy), panel.dates.length)
      })
      return conform(strategy, space, config)
    },
  }
}

function knownSymbol(symbol: string, panel: Panel): string {
  if (panel.symbols.includes(symbol)) return symbol
  throw usageError(
    'INVALID_CONFIG',
    `benchmark: the data has no symbol ${JSON.stringify(symbol)}`,
    `it has ${panel.symbols.length}: ${panel.symbols.slice(0, 8).join(', ')} …`,
    { path: 'benchmark', given: symbol },
  )
}
