import type { Idle, PartCounts } from '../backtest/idle.js'
import { counted } from '../base/counted.js'
import type { Strategy } from '../graph/strategy.js'
import type { Rule } from '../graph/strategy-graph.js'
import type { ExecutionError } from '../history/record.js'
import type { Objection } from '../llm/propose.js'
import type { TryOut } from '../workers/evaluation.js'
import { evaluationError } from './judge.js'

/**
 * What there is to say against a strategy after it was tried out on train: it never trades, cannot be evaluated, or takes
 * too long. A crash is our own fault: its evaluation will record it.
 */
export function objectionTo(strategy: Strategy, tried: TryOut): Objection | undefined {
  switch (tried.state) {
    case 'ran':
      return tried.idle === undefined
        ? undefined
        : { became: 'neverTrades', error: neverTrades(strategy, tried.idle) }
    case 'refused':
      return { became: 'failed', error: withoutTimes(evaluationError(tried)) }
    case 'timedOut':
      return { became: 'timeout', error: evaluationError(tried) }
    case 'crashed':
      return undefined
  }
}

/** How far a window function got in which time is another thing each time; what a model is told can be replayed. */
const withoutTimes = (error: ExecutionError): ExecutionError =>
  error.code === 'CUSTOM_TIMEOUT'
    ? { ...error, message: error.message.replace(/ within [^"]*$/, ' in the time that its windows have') }
    : error

function neverTrades({ graph: { rule, portfolio } }: Strategy, idle: Idle): ExecutionError {
  const error = (told: string, hint: string): ExecutionError => ({
    category: 'unusable',
    code: 'NEVER_TRADES',
    message: `it never trades on train: ${told}`,
    hint,
  })
  if (idle.decisions === 0 && rule.kind !== 'signals')
    return error(
      `there is no rebalance (${JSON.stringify(portfolio.rebalance)}) in the whole range`,
      'rebalance more often',
    )
  const told = idle.parts.map((part) => partText(part))
  const empty = idle.parts.find(({ part, cells }) => cells === 0 && part !== 'exit')
  return error(told.join('; '), empty === undefined ? selectionHint(rule) : HINTS[empty.part])
}

const NAMES: Readonly<Record<PartCounts['part'], readonly [string, string]>> = {
  universe: ['universe', 'true'],
  score: ['score', 'finite'],
  eligible: ['what the score may choose from (finite, in the universe, with a close)', 'there'],
  enter: ['enter', 'true'],
  exit: ['exit', 'true'],
  weights: ['weights', 'finite and not 0'],
}

/** `score is finite for 90 of 120 cells (75%), on 11 of 12 decision days`. */
function partText({ part, days, ofDays, cells, ofCells }: PartCounts): string {
  const [name, says] = NAMES[part]
  const kind = part === 'enter' || part === 'exit' ? 'day' : 'decision day'
  if (cells === 0) return `${name} is ${says} for no symbol on any of ${counted(ofDays, kind)}`
  const share = Math.round((1000 * cells) / ofCells) / 10
  return `${name} is ${says} for ${cells} of ${ofCells} cells (${share}%), on ${days} of ${counted(ofDays, kind)}`
}

const HINTS: Readonly<Record<PartCounts['part'], string>> = {
  universe:
    'loosen the universe until it holds some symbols on most days: look at its comparisons one by one',
  score:
    'make the score finite: look for a window longer than the range, a division by 0, the root or logarithm of a negative number, or a field with gaps',
  eligible: 'make score and universe meet: the score is missing just where the universe is true',
  enter: 'loosen the entry condition until it is true for some symbols on many days',
  exit: 'let the exit condition be false for a while after an entry',
  weights: 'give some symbols a weight that is finite and not 0 on most days',
}

/** Everything is there, and nothing is picked all the same. */
function selectionHint(rule: Rule): string {
  if (rule.kind === 'signals')
    return 'let the entry be true on days on which the exit is false: where both are true, nothing is bought'
  if (rule.kind === 'weights') return 'give a weight to symbols that have a close on that day'
  return 'threshold' in rule.select
    ? `no score passes the threshold of ${rule.select.threshold}: lower it, or select the top or bottom symbols`
    : 'look at the limits of the portfolio (maxWeight, minTrade, maxTurnover): they leave nothing to buy'
}
