import { relative } from 'node:path'
import type { MetricName, Metrics } from '../../backtest/types.js'
import { counted } from '../../base/counted.js'
import type { IterationRecord, MetricValues } from '../../history/record.js'
import type { RunSummary } from '../../loop/summary.js'
import { shellWord } from '../commands/common.js'
import type { Output } from '../output.js'
import { equityChart } from './chart.js'
import { durationText, METRIC_LABELS, metricText } from './figures.js'
import { table } from './table.js'
import { wrap } from './wrap.js'

/** What the end of a run shows, most telling first. */
const SHOWN: readonly MetricName[] = [
  'sharpe',
  'cagr',
  'volatility',
  'maxDrawdown',
  'calmar',
  'informationRatio',
  'turnover',
  'exposure',
  'trades',
  'winRate',
]

export interface RunReport {
  readonly summary: RunSummary
  readonly record: IterationRecord | null
  readonly benchmark: { readonly train: Metrics; readonly validation: Metrics }
  /** What the benchmark holds: a symbol, or the equal weight of all. */
  readonly benchmarkHolds: string
  readonly curve:
    | {
        readonly champion: ArrayLike<number>
        readonly benchmark: ArrayLike<number>
        readonly from: string
        readonly to: string
      }
    | undefined
  readonly market: string
  /** Arguments that going on needs beside the run directory. */
  readonly again: readonly string[]
  readonly out: Output
}

/** The end of a run, for a person: the champion beside the benchmark, what the run did, and what to try next. */
export function runReport(report: RunReport): string {
  const { summary, record, out } = report
  const { colors } = out
  const sections = [
    record === null ? noChampion(summary) : champion(report, record),
    counts(summary, out),
    record === null ? nextWithout(report) : nextWith(report, record),
  ]
  return sections
    .map((section) => section.trimEnd())
    .join('\n\n')
    .replace(/^/, colors.reset(''))
}

function champion(
  { benchmark, benchmarkHolds, curve, market, out }: RunReport,
  record: IterationRecord,
): string {
  const { colors } = out
  const { train, validation } = record.metrics ?? { train: null, validation: null }
  const value = (metrics: MetricValues | Metrics | null, name: MetricName) =>
    metricText(name, (metrics as MetricValues | null)?.[name])
  const figures = table(
    ['', 'train', 'benchmark', 'validation', 'benchmark'],
    SHOWN.map((name) => [
      METRIC_LABELS[name],
      value(train, name),
      OF_A_PORTFOLIO.has(name) ? '' : value(benchmark.train, name),
      value(validation, name),
      OF_A_PORTFOLIO.has(name) ? '' : value(benchmark.validation, name),
    ]),
    { colors, right: [1, 2, 3, 4] },
  )
  const chart =
    curve === undefined
      ? ''
      : `\n\n${equityChart(
          [
            { name: 'champion', values: curve.champion },
            { name: `benchmark (${benchmarkHolds})`, values: curve.benchmark },
          ],
          { width: out.columns, colors: colors.isColorSupported, from: curve.from, to: curve.to },
        )}`
  return `${colors.bold(`Champion: ${record.strategy!.name}`)}
iteration ${record.iteration}, ${record.proposer}, ${record.strategy!.hash.slice(0, 8)}
${wrap(record.champion.because, out.columns)}

${figures}
${wrap(`The benchmark holds ${benchmarkHolds}, without costs; the champion pays those of ${market}.`, out.columns)}${onTrain(train, benchmark.train, out)}${chart}`
}

/** A champion that is weaker than the benchmark where it was searched owes its crown to validation alone. */
function onTrain(train: MetricValues | null, benchmark: Metrics, out: Output): string {
  const own = train?.sharpe
  if (typeof own !== 'number' || benchmark.sharpe === null || own >= benchmark.sharpe) return ''
  const text = `Beware: on train it is behind the benchmark (Sharpe ${own.toFixed(2)} against ${benchmark.sharpe.toFixed(2)}). What it shows on validation may be luck.`
  return `\n${out.colors.yellow(wrap(text, out.columns))}`
}

/** Metrics that say nothing about a benchmark. */
const OF_A_PORTFOLIO: ReadonlySet<MetricName> = new Set([
  'turnover',
  'trades',
  'winRate',
  'informationRatio',
  'exposure',
])

const noChampion = (summary: RunSummary): string =>
  `No champion after ${summary.iterations} iterations: no strategy passed every gate.`

function counts(summary: RunSummary, out: Output): string {
  const list = (values: Readonly<Record<string, number>>) =>
    Object.entries(values)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(' · ')
  const rows: [string, string][] = [
    ['iterations', `${summary.iterations} (${summary.recorded} now, in ${durationText(summary.durationMs)})`],
    ['levels', list(summary.levels)],
    ['methods', list(summary.methods)],
    ['proposers', list(summary.proposers)],
    ['ended as', list(summary.statuses)],
    ['distinct strategies', `${summary.distinctStrategies} in ${summary.iterations} iterations`],
    ['trials', `${summary.trials}, champions with a part left out included`],
    ['speed', `${summary.evaluationsPerSecond.toFixed(1)} evaluations a second`],
    ...(summary.fallbacks > 0
      ? ([
          [
            'fallbacks',
            `${summary.fallbacks}: ${causesText(summary.fallbackCauses) || 'the model could not be asked'}`,
          ],
        ] as [string, string][])
      : []),
    ...modelRows(summary),
  ]
  return table(['', ''], rows, { colors: out.colors })
}

/** `not reachable 2 times, budget spent 1 time`: why models were not asked, the most frequent first. */
const causesText = (causes: Readonly<Record<string, number>>): string =>
  Object.entries(causes)
    .sort(([, a], [, b]) => b - a)
    .map(([cause, count]) => `${WORDS[cause] ?? cause} ${counted(count, 'time')}`)
    .join(', ')

const WORDS: Readonly<Record<string, string>> = {
  timeout: 'no answer in time',
  rateLimit: 'rate limit',
  quota: 'quota spent',
  server: 'an error of the server',
  network: 'not reachable',
  auth: 'key refused',
  badRequest: 'request refused',
  notFound: 'not found',
  malformedReply: 'an answer that is no answer',
  disabled: 'turned off',
  budget: 'budget spent',
  aborted: 'stopped',
}

/** What asking models came to: 0 dollars are said only where every price is known. */
function modelRows({ models }: RunSummary): [string, string][] {
  if (models === null) return []
  const { calls, tokens, costUsd, byName, withoutPrice, estimatedCalls, replayedCalls, liveCalls } = models
  const answered = Object.entries(byName).map(([name, { asked, answered }]) =>
    // Who steps in for others answers more often than it is asked first.
    asked < answered
      ? `${name} ${answered} (asked first ${counted(asked, 'time')})`
      : `${name} ${answered} of ${asked}`,
  )
  const cost = [
    ...(costUsd === null ? [] : [`$${costUsd.toFixed(4)}`]),
    ...(withoutPrice.length > 0 ? [`unknown for ${withoutPrice.join(', ')}`] : []),
  ]
  const made = replayedCalls === 0 ? '' : ` (${replayedCalls} recorded before, ${liveCalls} made)`
  return [
    ['models', `${answered.join(' · ')} answered`],
    [
      'model calls',
      `${counted(calls, 'call')}${made}, ${counted(tokens, 'token')}, cost ${cost.join(' and ')}`,
    ],
    ...(estimatedCalls > 0
      ? ([
          [
            'of these, estimated',
            `${counted(estimatedCalls, 'call')} whose usage was not told, at the most that they may have come to`,
          ],
        ] as [string, string][])
      : []),
  ]
}

const place = (runDir: string): string => {
  const near = relative(process.cwd(), runDir)
  return shellWord(near !== '' && !near.startsWith('..') ? near : runDir)
}

function nextWith(report: RunReport, record: IterationRecord): string {
  const { summary, out } = report
  const dir = place(summary.runDir)
  return `${wrap(`The history is ${dir}/history.jsonl; every figure above comes from it.`, out.columns)}
Next:
${steps(
  [
    [`alphaloop champion show --run-dir ${dir}`, "the champion's code, metrics and lineage"],
    [`alphaloop champion export --run-dir ${dir}`, 'its code as a file of your own'],
    [`alphaloop history show ${record.iteration} --run-dir ${dir}`, 'its record, and what it was told'],
    [goOn(report), goOnIf(report)],
  ],
  out,
)}
${wrap(`The best of ${summary.trials} tries looks good even in noise: validation figures are not a promise.`, out.columns)}`
}

function nextWithout(report: RunReport): string {
  const dir = place(report.summary.runDir)
  return `The history is ${dir}/history.jsonl.
Next:
${steps(
  [
    [
      `alphaloop history list --level ${report.summary.levels.LEVEL_3 > 0 ? 'LEVEL_3' : 'LEVEL_2'} --run-dir ${dir}`,
      'what came close, and why it was refused',
    ],
    [goOn(report), goOnIf(report)],
  ],
  report.out,
)}`
}

const goOn = ({ summary: { runDir, iterations, total }, again }: RunReport): string =>
  [
    'alphaloop run',
    ...again,
    '--run-dir',
    place(runDir),
    '--iterations',
    iterations < total ? total : iterations * 2,
  ].join(' ')

/** More iterations are of no use where the purse is empty. */
const goOnIf = ({ summary: { stopped } }: RunReport): string =>
  stopped === 'budgetSpent'
    ? 'go on, once llm.budget is raised or its whenSpent says factorGraph'
    : 'go on where this run ended'

/** Commands with what they do, in columns where they fit beside each other, else one above the other. */
function steps(told: readonly (readonly [string, string])[], { colors, columns, command }: Output): string {
  const list = told.map(([line, what]) => [line.replace(/^alphaloop/, command), what] as const)
  const width = Math.max(...list.map(([line]) => line.length))
  const beside = list.every(([, what]) => width + what.length + 5 <= columns)
  return list
    .map(([line, what]) =>
      beside ? `  ${line.padEnd(width)}   ${colors.dim(what)}` : `  ${colors.dim(`# ${what}`)}\n  ${line}`,
    )
    .join('\n')
}
