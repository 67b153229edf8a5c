import { runBacktest } from '../backtest/backtest.js'
import type { BenchmarkInfo } from '../backtest/backtest-strategy.js'
import { evaluateRule } from '../backtest/strategy-rule.js'
import { createEvaluator } from '../graph/evaluate/columnar.js'
import type { Strategy } from '../graph/strategy.js'
import type { Workbench } from '../loop/workbench.js'
import type { Block, ReportDocument } from '../report/document.js'
import { createCanvas } from '../report/draw.js'
import { toHtml } from '../report/html.js'
import { toMarkdown } from '../report/markdown.js'
import { tearsheetDocument } from '../report/tearsheet/document.js'
import { tearsheet } from '../report/tearsheet/tearsheet.js'
import { createWindowFunctions } from '../sandbox/window-functions.js'
import { benchmarkMask } from '../workers/evaluation.js'
import { benchmarkName } from './benchmark-name.js'

/** The tearsheet of a strategy over train and validation, against the run's own benchmark. */
export async function drawSheet(strategy: Strategy, bench: Workbench): Promise<ReportDocument> {
  const { panel, setup, market } = bench
  const { benchmarkSymbol } = setup
  const range = { start: setup.ranges.train.start, end: setup.ranges.validation.end }
  const mask = benchmarkMask(setup)
  const evaluator = createEvaluator(panel, {
    cacheBytes: setup.cacheBytes,
    benchmark: benchmarkSymbol,
    windowFunctions: createWindowFunctions({ seconds: setup.customSeconds }),
  })
  const result = runBacktest({
    panel,
    ...evaluateRule(strategy, evaluator),
    portfolio: strategy.graph.portfolio,
    market,
    range,
    ...(mask === undefined ? {} : { benchmarkUniverse: mask }),
  })
  const benchmark: BenchmarkInfo =
    benchmarkSymbol === undefined
      ? { kind: 'equalWeight', name: benchmarkName(bench) }
      : { kind: 'symbol', name: benchmarkSymbol }
  return tearsheetDocument(
    tearsheet({ ...result, strategy, range, market, benchmark }, panel),
    await createCanvas(),
  )
}

export const sheetHtml = toHtml

/** Which symbols were held is told to nobody outside the machine. */
const KEPT_BACK: ReadonlySet<string> = new Set(['Contribution'])

/** What of a tearsheet is told: pictures as the words that stand for them, and no symbols. */
export const sheetMarkdown = (document: ReportDocument): string =>
  toMarkdown(
    {
      ...document,
      sections: document.sections
        .filter(({ title }) => !KEPT_BACK.has(title))
        .map(({ title, blocks }) => ({ title, blocks: blocks.flatMap(inWords) })),
    },
    '',
  ).text

function inWords(block: Block): Block[] {
  if (block.kind === 'beside') return block.blocks.flatMap(inWords)
  if (block.kind === 'picture')
    return [{ kind: 'text', text: `${block.picture.title}: ${block.picture.alt}` }]
  return [block]
}
