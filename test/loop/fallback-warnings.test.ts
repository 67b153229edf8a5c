import { expect, test } from 'vitest'
import type { IterationRecord } from '../../src/history/record.js'
import type { LoopEvent } from '../../src/loop/events.js'
import { tellFallbacks } from '../../src/loop/fallback-warnings.js'
import { call, record } from './records.js'

const fellBack = (iteration: number, ...calls: ReturnType<typeof call>[]) =>
  record(iteration, {
    requested: 'llm',
    fallbackReason: `${calls[0]!.model} failed: ${calls[0]!.ended}.`,
    rounds: [{ asked: calls[0]!.model, answered: null, calls }],
  })

function warningsOf(records: readonly IterationRecord[]): string[] {
  const warnings: string[] = []
  const tell = tellFallbacks((event: LoopEvent) => {
    if (event.type === 'warning') warnings.push(event.message)
  })
  for (const one of records) tell({ type: 'iteration-recorded', record: one, done: 1, total: 9 })
  return warnings
}

test('a model that cannot be asked is told once, with the cause and where to look', () => {
  expect(
    warningsOf([record(0), fellBack(1, call('m', 'network')), fellBack(2, call('m', 'network'))]),
  ).toEqual([
    'Iteration 1: m failed: network. The Factor Graph steps in; `alphaloop doctor` checks the models. It is said once, and counted at the end.',
  ])
})

test('another model or another cause is told again', () => {
  expect(
    warningsOf([
      fellBack(1, call('m', 'network')),
      fellBack(2, call('m', 'notFound')),
      fellBack(3, call('n', 'network'), call('m', 'network')),
      fellBack(4, call('n', 'network')),
    ]),
  ).toHaveLength(3)
})

test('a budget that is spent is told once for all models, and what goes on', () => {
  const warnings = warningsOf([fellBack(3, call('m', 'budget')), fellBack(4, call('n', 'budget'))])
  expect(warnings).toEqual(['Iteration 3: m failed: budget. The Factor Graph goes on without models.'])
})

test('a model that is turned off has said so itself', () => {
  expect(warningsOf([fellBack(1, call('m', 'auth')), fellBack(2, call('m', 'disabled'))])).toEqual([])
})
