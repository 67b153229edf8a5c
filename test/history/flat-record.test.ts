import { describe, expect, test } from 'vitest'
import { type FlatReading, looksFlat, readFlatRecord } from '../../src/history/flat-record.js'

const draftOf = (record: object) => {
  const reading: FlatReading = readFlatRecord({ iteration_num: 3, ...record })
  if (!reading.ok) throw new Error(reading.because)
  return reading.draft
}
const because = (record: object) => {
  const reading = readFlatRecord({ iteration_num: 3, ...record })
  return reading.ok ? undefined : reading.because
}

test('a record of the older format is known by its iteration_num', () => {
  expect([{ iteration_num: 0 }, { iteration: 0 }, null, 'iteration_num', [1]].map(looksFlat)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
})

test('with its number alone it is an iteration of which nothing is known', () => {
  expect(draftOf({})).toMatchObject({
    timestamp: '1970-01-01T00:00:00.000Z',
    method: 'factor_graph',
    strategy: null,
    execution: {
      status: 'error',
      durationMs: 0,
      error: { code: 'IMPORTED', message: 'the record names no error' },
    },
    metrics: null,
    level: 'LEVEL_0',
    champion: { updated: false },
    feedback: '',
    imported: { format: 'flat', iteration: 3 },
  })
  expect(draftOf({}).imported).not.toHaveProperty('method')
})

describe('the strategy', () => {
  test('has the name of its id and generation, or of its iteration', () => {
    expect(draftOf({ strategy_id: 7, strategy_generation: 0 }).strategy!.name).toBe('7 (generation 0)')
    expect(draftOf({ strategy_id: 'momentum' }).strategy!.name).toBe('momentum')
    expect(draftOf({ strategy_code: 'x = 1' }).strategy!.name).toBe('iteration 3')
  })

  test('has the hash of its code, or else of its name and generation', () => {
    const hash = (record: object) => draftOf(record).strategy!.hash
    expect(hash({ strategy_code: 'x', strategy_id: 'a' })).toBe(
      hash({ strategy_code: 'x', strategy_id: 'b' }),
    )
    expect(hash({ strategy_id: 'a', strategy_generation: 1 })).not.toBe(
      hash({ strategy_id: 'a', strategy_generation: 2 }),
    )
    expect(hash({ strategy_id: 'a' })).not.toBe(hash({ strategy_id: 'b' }))
    expect(draftOf({ strategy_id: 'a' }).strategy).not.toHaveProperty('code')
  })
})

describe('the time', () => {
  test.each([
    ['2025-10-28T12:34:56.789012', '2025-10-28T12:34:56.789Z'],
    ['2025-10-28 12:34:56', '2025-10-28T12:34:56.000Z'],
    ['2025-10-28T12:34:56+02:00', '2025-10-28T10:34:56.000Z'],
    ['2025-10-28T12:34:56Z', '2025-10-28T12:34:56.000Z'],
    [1_761_654_896, '2025-10-28T12:34:56.000Z'],
    [1_761_654_896_789, '2025-10-28T12:34:56.789Z'],
    [null, '1970-01-01T00:00:00.000Z'],
  ])('%s is %s', (timestamp, expected) => {
    expect(draftOf({ timestamp }).timestamp).toBe(expected)
  })

  test('that is none, or before 1970, is refused', () => {
    expect(because({ timestamp: 'soon' })).toBe('timestamp: soon is not a time')
    expect(because({ timestamp: '1969-12-31' })).toContain('is not a time')
  })
})

describe('the level', () => {
  test.each([
    ['LEVEL_2', 'LEVEL_2'],
    ['level 1', 'LEVEL_1'],
    ['Level_3_winning', 'LEVEL_3'],
    [' 0 ', 'LEVEL_0'],
    [2, 'LEVEL_2'],
  ])('%s is %s', (classification_level, level) => {
    expect(draftOf({ classification_level }).level).toBe(level)
  })

  test('that is not given follows from whether it ran; one that is none is refused', () => {
    expect(draftOf({ execution_result: { success: true } }).level).toBe('LEVEL_1')
    expect(draftOf({ execution_result: { success: false } }).level).toBe('LEVEL_0')
    expect(because({ classification_level: 4 })).toContain('4 is none of LEVEL_0,LEVEL_1')
  })
})

describe('the execution', () => {
  test('succeeded where any spelling says so, or where there are metrics and no result at all', () => {
    const status = (record: object) => draftOf(record).execution.status
    for (const said of ['success', 'COMPLETED', 'ok'])
      expect(status({ execution_result: { status: said } })).toBe('success')
    expect(status({ metrics: { sharpe_ratio: 1 } })).toBe('success')
    expect(status({ metrics: { sharpe_ratio: 1 }, execution_result: {} })).toBe('error')
    expect(status({ execution_result: { success: 'yes' } })).toBe('error')
  })

  test('failed with the message and category that were written, under any of their names', () => {
    const failed = (execution_result: object) => draftOf({ execution_result }).execution
    expect(failed({ error_message: 'a', error: 'b', error_type: 'T' })).toMatchObject({
      status: 'error',
      error: { category: 'T', message: 'a' },
    })
    expect(failed({ error: 'b', category: 'C' })).toMatchObject({ error: { category: 'C', message: 'b' } })
    expect(failed({ message: 'm' })).toMatchObject({ error: { category: 'imported', message: 'm' } })
    expect(failed({ status: 'Timeout' })).toMatchObject({ status: 'timeout' })
    expect(failed({ error_type: 'TimeoutError' })).toMatchObject({ status: 'timeout' })
  })

  test('took the seconds of any of their names; what is no duration is 0', () => {
    const durations = [
      { execution_time: 2 },
      { duration: 3 },
      { duration_seconds: 4 },
      { duration: -1 },
      { duration: 'x' },
    ]
    expect(durations.map((result) => draftOf({ execution_result: result }).execution.durationMs)).toEqual([
      2000, 3000, 4000, 0, 0,
    ])
  })
})

test('metrics have today’s names; drawdowns are negative whichever sign they had; a text is none', () => {
  const train = (metrics: object) => draftOf({ metrics }).metrics?.train
  expect(
    train({
      sortino_ratio: 1,
      annualized_return: 0.1,
      num_trades: 7,
      win_rate: 0.5,
      max_drawdown: null,
      note: 'x',
    }),
  ).toEqual({ sortino: 1, cagr: 0.1, trades: 7, winRate: 0.5, maxDrawdown: null })
  expect(train({ max_drawdown: 0.2 })).toEqual({ maxDrawdown: -0.2 })
  expect(train({ max_drawdown: -0.2 })).toEqual({ maxDrawdown: -0.2 })
  expect(Object.is(train({ max_drawdown: 0 })!.maxDrawdown, 0)).toBe(true)
  expect(draftOf({ metrics: { note: 'x' } }).metrics).toBeNull()
})

test('its id follows from its content: the same record has the same, another one another', () => {
  const record = { timestamp: '2025-10-28T12:34:56Z', strategy_code: 'x' }
  expect(draftOf(record).id).toBe(draftOf({ ...record }).id)
  expect(draftOf(record).id).not.toBe(draftOf({ ...record, strategy_code: 'y' }).id)
})
