import type { IterationRecord } from '../history/record.js'
import type { LoopEvent } from './events.js'

/** How the calls ended for want of which an iteration fell back to the Factor Graph, each kind once. */
export function fallbackCauses({ rounds = [] }: Pick<IterationRecord, 'rounds'>): string[] {
  const last = rounds.at(-1)
  return last === undefined || last.answered !== null
    ? []
    : [...new Set(last.calls.map(({ ended }) => ended))]
}

/** A model that is turned off says so itself, once. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['auth', 'disabled', 'aborted'])

/**
 * Warns at the first iteration that a model could not be asked for, and again only where another model or another cause
 * is met: a misspelt name of a model would otherwise be a run of the Factor Graph that nobody notices.
 */
export function tellFallbacks(onEvent: (event: LoopEvent) => void): (event: LoopEvent) => void {
  const told = new Set<string>()
  return (event) => {
    onEvent(event)
    if (event.type !== 'iteration-recorded') return
    const { iteration, fallbackReason, rounds = [] } = event.record
    if (fallbackReason === undefined) return
    const calls = rounds.at(-1)?.calls ?? []
    const isNew = calls
      // A purse that is empty is empty for all.
      .map(({ model, ended }) => (ended === 'budget' ? ended : `${ended} ${model}`))
      .filter((_, i) => !TOLD_ELSEWHERE.has(calls[i]!.ended))
      .map((cause) => !told.has(cause) && told.add(cause) !== undefined)
    if (!isNew.includes(true)) return
    const spent = calls.every(({ ended }) => ended === 'budget')
    const advice = spent
      ? 'The Factor Graph goes on without models.'
      : 'The Factor Graph steps in; `alphaloop doctor` checks the models. It is said once, and counted at the end.'
    onEvent({ type: 'warning', message: `Iteration ${iteration}: ${fallbackReason} ${advice}` })
  }
}
