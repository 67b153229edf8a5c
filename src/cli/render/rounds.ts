import { counted } from '../../base/counted.js'
import type { IterationRecord, ModelCall, ModelRound } from '../../history/record.js'
import { estimatedCalls } from '../../llm/earnings.js'
import type { Output } from '../output.js'
import { wrap } from './wrap.js'

/** What an iteration's models were asked and what became of each reply; undefined where none was asked. */
export function roundsText(
  { rounds = [], usage }: Pick<IterationRecord, 'rounds' | 'usage'>,
  { colors, columns }: Pick<Output, 'colors' | 'columns'>,
): string | undefined {
  if (rounds.length === 0) return undefined
  const head = `Asked ${counted(rounds.length, 'time')}${costText(rounds, usage)}:`
  return [colors.dim(head), ...rounds.map((round, i) => wrap(`${i + 1}. ${roundText(round)}`, columns))].join(
    '\n',
  )
}

/** What it cost; where the provider did not tell, what the budget counts for it, called so. */
function costText(rounds: ModelRound[], usage: IterationRecord['usage']): string {
  if (usage?.costUsd != null) return `, $${usage.costUsd.toFixed(4)}`
  const charges = rounds.flatMap(({ calls }) => calls.map(({ charged }) => charged.costUsd))
  if (estimatedCalls({ rounds }) === 0 || charges.includes(null)) return ''
  const most = charges.reduce<number>((sum, cost) => sum + cost!, 0)
  return `, at most $${most.toFixed(4)} (an estimate: the provider did not tell its usage)`
}

function roundText({ asked, answered, calls, outcome }: ModelRound): string {
  // Nothing is sent to a model whose purse is empty.
  if (answered === null && calls.length > 0 && calls.every(({ ended }) => ended === 'budget'))
    return `${asked} was not asked: ${calls[0]!.because ?? 'the budget is spent'}`
  const failures = calls.filter(({ ended }) => ended !== 'replied').map(failureText)
  const who =
    answered === null
      ? `${asked} was asked, and nobody answered`
      : answered === asked
        ? asked
        : `${answered} stepped in for ${asked}`
  const failed = failures.length === 0 ? '' : ` (${failures.join('; ')})`
  // Records of versions that did not say so.
  if (outcome === undefined || answered === null) return `${who}${failed}`
  const { became, error, strategy } = outcome
  const place = error?.line === undefined ? '' : `, line ${error.line}`
  const why = error === undefined ? '' : `${place}: ${error.message}`
  const which = strategy === undefined ? '' : ` ${strategy.slice(0, 8)}`
  return `${who}${failed}: ${WORDS[became] ?? became}${which}${why}`
}

const failureText = ({ model, ended, because, attempts }: ModelCall): string =>
  `${model} failed: ${(because ?? ended).replace(/\.$/, '')}${attempts > 1 && because === undefined ? `, ${attempts} attempts` : ''}`

const WORDS: Readonly<Record<string, string>> = {
  proposed: 'proposed',
  refused: 'refused',
  duplicate: 'a duplicate of',
  neverTrades: 'never trades,',
  failed: 'cannot be evaluated,',
  timeout: 'took too long,',
  crashed: 'the compiler crashed',
}
