import pc from 'picocolors'
import { expect, test } from 'vitest'
import { roundsText } from '../../src/cli/render/rounds.js'
import type { IterationRecord, ModelCall } from '../../src/history/record.js'

const out = { colors: pc.createColors(false), columns: 300 }
const call = (model: string, ended = 'replied', because?: string): ModelCall => ({
  model,
  ended,
  attempts: 1,
  inputTokens: 10,
  outputTokens: 20,
  costUsd: 0.5,
  charged: { calls: 1, tokens: 30, costUsd: 0.5 },
  ...(because === undefined ? {} : { because }),
})
const error = { category: 'x', code: 'X', message: 'there is no pctChnge', line: 3 }
const strategy = 'abcdef0123456789'

test('the talk with models is told round by round: who was asked, who answered, and what became of it', () => {
  const record: Pick<IterationRecord, 'rounds' | 'usage'> = {
    rounds: [
      { asked: 'big', answered: 'big', calls: [call('big')], outcome: { became: 'refused', error } },
      {
        asked: 'big',
        answered: 'small',
        calls: [call('big', 'timeout', 'no whole answer within 60 s'), call('small')],
        outcome: { became: 'neverTrades', strategy, error: { ...error, message: 'the universe is empty' } },
      },
      {
        asked: 'small',
        answered: 'small',
        calls: [call('small')],
        outcome: { became: 'duplicate', strategy },
      },
      {
        asked: 'small',
        answered: null,
        calls: [call('small', 'server', 'HTTP 500.')],
        outcome: { became: 'noAnswer' },
      },
    ],
    usage: {
      provider: 'openai',
      model: 'small',
      inputTokens: 10,
      outputTokens: 10,
      costUsd: 0.0123,
      latencyMs: 1,
      attempts: 1,
    },
  }
  expect(roundsText(record, out)!.split('\n')).toEqual([
    'Asked 4 times, $0.0123:',
    '1. big: refused, line 3: there is no pctChnge',
    '2. small stepped in for big (big failed: no whole answer within 60 s): never trades, abcdef01, line 3: the universe is empty',
    '3. small: a duplicate of abcdef01',
    '4. small was asked, and nobody answered (small failed: HTTP 500)',
  ])
})

test('nothing is said where no model was asked, and of older records what they say', () => {
  expect(roundsText({}, out)).toBeUndefined()
  expect(roundsText({ rounds: [{ asked: 'm', answered: 'm', calls: [call('m', 'replied')] }] }, out)).toBe(
    'Asked 1 time:\n1. m',
  )
  expect(
    roundsText(
      { rounds: [{ asked: 'm', answered: null, calls: [{ ...call('m', 'network'), attempts: 4 }] }] },
      out,
    ),
  ).toContain('m failed: network, 4 attempts')
})

test('a cost that the provider did not tell is called an estimate, and one without a price is not said', () => {
  const told = (change: Partial<ModelCall>) =>
    roundsText(
      { rounds: [{ asked: 'm', answered: 'm', calls: [call('m'), { ...call('m'), ...change }] }] },
      out,
    )
  const charged = { calls: 1, tokens: 9000, costUsd: 0.25 }
  expect(told({ inputTokens: null, outputTokens: null, costUsd: null, charged })).toContain(
    'Asked 1 time, at most $0.7500 (an estimate: the provider did not tell its usage):',
  )
  expect(told({ inputTokens: null, charged: { ...charged, costUsd: null } })).toContain('Asked 1 time:')
})

test('a model that was not asked because the budget is spent did not fail', () => {
  const spent = { ...call('m', 'budget', 'The budget of 3 calls is spent (3).'), attempts: 0 }
  expect(roundsText({ rounds: [{ asked: 'm', answered: null, calls: [spent] }] }, out)).toContain(
    '1. m was not asked: The budget of 3 calls is spent (3).',
  )
})
