import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChampionFacts, ExecutionFacts, HistoryEntry, IterationEntry } from '../../src/champion/entry.js'
import { DEFAULT_CHAMPION_POLICY } from '../../src/champion/policy.js'
import { asSentence, countWords } from '../../src/feedback/sentences.js'
import { type ChampionFigures, type FeedbackInput, summarize } from '../../src/feedback/summarize.js'
import { failure, success, unknownField } from './records.js'

const tell = (records: readonly HistoryEntry[], more: Partial<FeedbackInput> = {}) =>
  summarize({ records, champion: null, nextIteration: records.length, ...more })

const champion: ChampionFigures = {
  iteration: 2,
  crownedAt: 2,
  train: { sharpe: 1.5 },
  validation: { sharpe: 1.1, calmar: 0.8, maxDrawdown: -0.123 },
}

const refused = (
  gate: string,
  value: number | null,
  limit: number | null,
  also: string[] = [],
): ChampionFacts => ({
  updated: false,
  because: `secret ${value}`,
  gate,
  gates: [gate, ...also].map((name) => ({ gate: name, verdict: 'failed' as const, value, limit })),
})

describe('scenarios', () => {
  test('first iteration', () => {
    const { scenario, trend, text } = tell([])
    expect(scenario.kind).toBe('firstIteration')
    expect(trend).toBeNull()
    expect(text).toContain('These are the first iterations of the run: nothing was evaluated yet.')
    expect(text).toContain('a validation Sharpe of at least 0.50')
    expect(text).toContain('setting the baseline')
  })

  test('first scored', () => {
    const { scenario, text } = tell([failure(0, { status: 'error', error: unknownField }), success(1, 0.8)])
    expect(scenario).toEqual({ kind: 'firstScored', iteration: 1, value: 0.8 })
    expect(text).toContain('its train Sharpe is 0.80, and there is no earlier one')
  })

  test('improving by percent where the previous Sharpe is positive', () => {
    const { scenario, text } = tell([success(0, 0.8), success(1, 1)])
    expect(scenario.kind).toBe('improving')
    expect(text).toContain(
      'Iteration 1 improved: its train Sharpe is 1.00, up by 25.0% from 0.80 in iteration 0.',
    )
  })

  test('improving by an absolute figure where the previous Sharpe is negative or zero', () => {
    expect(tell([success(0, -0.2), success(1, 0.25)]).text).toContain('up by 0.45 from -0.20 in iteration 0')
    expect(tell([success(0, 0), success(1, 0.25)]).text).toContain('up by 0.25 from 0 in iteration 0')
    expect(tell([success(0, 1e-300), success(1, 2)]).text).toContain('up by more than 1000%')
  })

  test('declining, and compared with the last scored one, not with a failure between', () => {
    const between = failure(1, {
      status: 'rejected',
      error: { category: 'duplicate', message: 'equal to iteration 0' },
    })
    const { scenario, text } = tell([success(0, 1), between, success(2, 0.75)])
    expect(scenario).toMatchObject({ kind: 'declining', previous: { iteration: 0 } })
    expect(text).toContain('was worse: its train Sharpe is 0.75, down by 25.0% from 1.00 in iteration 0')
    expect(tell([success(0, -0.1), success(1, -0.4)]).text).toContain('down by 0.30 from -0.10')
  })

  test('flat below a change of 0.02', () => {
    expect(tell([success(0, 1), success(1, 1.019)]).scenario.kind).toBe('flat')
    expect(tell([success(0, 1), success(1, 0.981)]).scenario.kind).toBe('flat')
    expect(tell([success(0, 1), success(1, 1)]).text).toContain('the same as in iteration 0')
    expect(tell([success(0, 1), success(1, 1.03)]).scenario.kind).toBe('improving')
  })

  test('rejected before it ran: which check, by how much, what to do', () => {
    const { scenario, text } = tell([
      failure(0, {
        status: 'rejected',
        error: {
          category: 'limit',
          code: 'TOO_MANY_NODES',
          message: 'the graph has 212 nodes, 12 over the limit of 200',
        },
      }),
    ])
    expect(scenario.kind).toBe('rejected')
    expect(text).toContain(
      'Iteration 0 was rejected before it ran by the check limit (TOO_MANY_NODES): the graph has 212 nodes, 12 over the limit of 200.',
    )
    expect(text).toContain('What to do: Make the graph smaller')
  })

  test('error: category, message, place, what to do', () => {
    const { text } = tell([failure(0, { status: 'error', error: unknownField })])
    expect(text).toContain(
      'ended in an error of category unknown_field (UNKNOWN_FIELD): there is no field "roe"; nearest is "rvol".',
    )
    expect(text).toContain('The place is line 4, column 17.')
    expect(text).toContain('What to do: Use only the fields that this panel has')
    const { column: _, ...lineOnly } = unknownField
    expect(tell([failure(0, { status: 'error', error: lineOnly })]).text).toContain('The place is line 4.')
  })

  test("an error's own hint goes before the general advice", () => {
    const hinted = failure(0, { status: 'error', error: { ...unknownField, hint: 'write rvol' } })
    expect(tell([hinted]).text).toContain('What to do: write rvol.')
  })

  test('time-out, with and without details', () => {
    expect(tell([failure(0, { status: 'timeout' })]).text).toMatch(
      /stopped by the time-out\. What to do: Use fewer/,
    )
    const error = { category: 'timeout', message: 'over 30 seconds' }
    expect(tell([failure(0, { status: 'timeout', error })]).text).toContain(
      'stopped by the time-out: over 30 seconds.',
    )
  })

  test('ruined, and a run that could not be measured', () => {
    expect(tell([failure(0, { status: 'ruined' })]).text).toContain('was ruined')
    const unmeasured = success(0, null, { level: 'LEVEL_1', metricNotes: { train: { sharpe: 'no trades' } } })
    expect(tell([unmeasured]).text).toContain('its train Sharpe has no value: no trades.')
    expect(tell([success(0, null, { metrics: null })]).scenario.kind).toBe('unmeasured')
  })

  test('the objective of the config is the one that is told', () => {
    const by = (iteration: number, sortino: number) =>
      success(iteration, 9, { metrics: { train: { sharpe: 9, sortino }, validation: null } })
    const { text } = tell([by(0, 1), by(1, 1.5)], {
      policy: { ...DEFAULT_CHAMPION_POLICY, objective: 'sortino' },
    })
    expect(text).toContain('its train Sortino is 1.50, up by 50.0%')
    expect(text).not.toContain('Sharpe')
  })

  test('an infinite Calmar is told without a comparison', () => {
    const spotless = success(0, 1, { metrics: { train: { calmar: null, maxDrawdown: 0 }, validation: null } })
    const { scenario, text } = tell([spotless], {
      policy: { ...DEFAULT_CHAMPION_POLICY, objective: 'calmar' },
      champion: {
        iteration: 0,
        crownedAt: 0,
        validation: { calmar: null, maxDrawdown: 0 },
        train: { calmar: 1 },
      },
    })
    expect(scenario.kind).toBe('firstScored')
    expect(text).toContain('its train Calmar is infinite')
    expect(text).toContain('a validation Calmar as high, with a smaller drawdown or a smaller graph')
  })
})

describe('the decision', () => {
  const decided = (facts: ChampionFacts) =>
    tell([success(0, 1), success(1, 1.2, { champion: facts })], { champion }).text

  test.each<[string, number | null, number | null, string]>([
    ['level', 2, 3, 'only LEVEL_3 can be'],
    ['undefined', null, null, 'its validation Sharpe has no value'],
    ['first', 0.48, 0.5, 'missed the 0.50 that a first champion needs, narrowly (by less than 5% of it)'],
    ['margin', 1, 1.12, 'missed the margin over the champion, a target of 1.12, by 5% to 25% of it'],
    ['margin', null, null, 'it equals the champion without a smaller drawdown'],
    [
      'calmar',
      0.4,
      0.72,
      "its Calmar missed the least value that the champion's allows of 0.72, clearly (by 25% to 50% of it)",
    ],
    ['drawdown', 0.3, 0.135, 'with a limit of 13.5%, by far (by more than half of it)'],
    [
      'chance',
      0.55,
      0.6,
      'the chance that it is truly better missed the least value of 0.60, by 5% to 25% of it',
    ],
    ['chance', 0.5, 0, 'missed the least value of 0.'],
    ['novel rule', 0.5, 0.6, 'the gate novel rule refused it, by 5% to 25% of it'],
  ])('refused by %s (%d, limit %d)', (gate, value, limit, told) => {
    expect(decided(refused(gate, value, limit))).toContain(told)
  })

  test('refused by a constraint: which one, as the decision says it', () => {
    const because = 'Not champion (constraint): turnover a year is 30.12 on train, at most 8.00 is allowed.'
    expect(decided({ updated: false, because, gate: 'constraint' })).toContain(
      'It did not become champion: turnover a year is 30.12 on train, at most 8.00 is allowed.',
    )
  })

  test('names the other gates that refused', () => {
    expect(decided(refused('margin', 1, 1.1, ['calmar']))).toContain('It failed the calmar gate as well.')
    expect(decided(refused('margin', 1, 1.1, ['calmar', 'drawdown']))).toContain(
      'the calmar and drawdown gates as well',
    )
  })

  test('a crowning is told, and so is a refusal without a gate', () => {
    expect(decided({ updated: true, because: 'x' })).toContain('It is LEVEL_2. It became the champion.')
    expect(decided({ updated: false, because: 'x' })).toContain('It did not become champion.')
    const open = tell([success(0, 1, { champion: null })]).text
    expect(open).toContain('It is LEVEL_2.')
    expect(open).not.toMatch(/It (became|did not become)/)
  })
})

describe('the champion section', () => {
  test('figures on validation, target by the rule of the coming iteration, gap on train', () => {
    const { text } = tell([success(3, 0.9)], { champion, nextIteration: 4 })
    expect(text).toContain(
      'The champion is iteration 2, with a Sharpe of 1.10, a Calmar of 0.80 and a max drawdown of 12.3% on validation.',
    )
    expect(text).toContain('The target is a validation Sharpe of at least 1.21, which is a lead of 0.11')
    expect(text).toContain('Its train Sharpe is 1.50, and iteration 3 is 0.60 below it.')
    expect(tell([success(3, 1.9)], { champion, nextIteration: 9 }).text).toMatch(
      /at least 1\.12, .*iteration 3 is 0\.40 above it/s,
    )
    expect(tell([success(3, 1.5)], { champion }).text).toContain('iteration 3 has the same')
    expect(tell([success(2, 1.5)], { champion }).text).toContain('Its train Sharpe is 1.50.')
    expect(tell([failure(3, { status: 'timeout' })], { champion }).text).toContain(
      'Its train Sharpe is 1.50.',
    )
  })

  test('a champion without figures sets the baseline again', () => {
    const { text } = tell([success(3, 1)], { champion: { iteration: 2, crownedAt: 2, validation: {} } })
    expect(text).toContain('its validation Sharpe has no value')
    expect(text).toContain('setting the baseline')
  })

  test('what is not known of the champion is left out', () => {
    const { text } = tell([success(3, 1)], {
      champion: { iteration: 2, crownedAt: 2, validation: { sharpe: 1 } },
    })
    expect(text).toContain('The champion is iteration 2, with a Sharpe of 1.00 on validation.')
    expect(text).not.toContain('Its train')
  })
})

describe('trend and window', () => {
  test('the last five scored values are told with their trend, failures aside', () => {
    const records = [
      success(0, 3),
      ...[0.4, 0.5, 0.6, 0.8].map((sharpe, i) => success(i + 1, sharpe)),
      failure(5, { status: 'timeout' }),
      success(6, 1),
    ]
    const { trend, text } = tell(records)
    expect(trend).toBe('strongly improving')
    expect(text).toContain(
      'Over the last 5 scored iterations the train Sharpe was 0.40, 0.50, 0.60, 0.80 and 1.00',
    )
    expect(text).toContain('Of the last 5 iterations, 4 ran to the end and 1 took too long.')
  })

  test('every outcome of the window is counted', () => {
    const error = { category: 'x', message: 'y' }
    const all: ExecutionFacts[] = [
      { status: 'ruined' },
      { status: 'rejected', error },
      { status: 'error', error },
      { status: 'timeout' },
    ]
    const { text } = tell(all.map((execution, i) => failure(i, execution)))
    expect(text).toContain(
      'Of the last 4 iterations, 1 ended in ruin, 1 went no further than the checks, 1 failed and 1 took too long.',
    )
  })

  test('looks, changes, notes and demotions are no iterations', () => {
    expect(tell([{ kind: 'note', id: 'n' }]).scenario.kind).toBe('firstIteration')
  })
})

describe('text from elsewhere', () => {
  test('becomes one sentence on one line, without paths, cut where it is long', () => {
    expect(asSentence('bad\n  window ')).toBe('bad window.')
    expect(asSentence('Really?')).toBe('Really?')
    expect(asSentence('')).toBe('')
    expect(asSentence('at /home/someone/run/strategy.ts line 3')).toBe('at [path] line 3.')
    expect(asSentence('at "C:\\Users\\someone\\s.ts" line 3;')).toBe('at "[path]" line 3.')
    expect(asSentence('close/lag(close, 20) - 1')).toBe('close/lag(close, 20) - 1.')
    expect(asSentence('one two three four', 2)).toBe('one two … (cut).')
  })
})

describe('any history', () => {
  const text = fc.constantFrom(
    'sma needs 500 bars but the panel has 320; shorten the window',
    'unexpected token',
    `a very long message ${'that goes on and on '.repeat(80)}`,
    '',
    'line one\nline two',
  )
  const error = fc.record({
    category: fc.constantFrom('syntax', 'unknown_field', 'limit', 'duplicate', 'runtime', 'sandbox', ''),
    code: fc.constantFrom('A', 'TOO_DEEP', null),
    message: text,
    line: fc.option(fc.integer({ min: 1, max: 99 })),
    column: fc.option(fc.integer({ min: 1, max: 99 })),
    hint: fc.option(text),
  })
  const execution: fc.Arbitrary<ExecutionFacts> = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ status: 'success' as const }) },
    fc.record({ status: fc.constant('ruined' as const) }),
    fc.record({
      status: fc.constantFrom('rejected' as const, 'error' as const),
      error,
    }) as fc.Arbitrary<ExecutionFacts>,
    fc.record({ status: fc.constant('timeout' as const), error: fc.option(error) }),
  )
  const metric = fc.oneof(fc.constant(null), fc.double({ min: -3, max: 3, noNaN: true }))
  /** Figures of a challenger on validation: no other number of the text has these digits. */
  const PLANTED = 77.7713
  const planted = { sharpe: PLANTED, sortino: PLANTED, calmar: PLANTED, maxDrawdown: -PLANTED, cagr: PLANTED }
  const decision = fc.oneof(
    fc.constant<ChampionFacts>({ updated: true, because: `Takes over: ${PLANTED}.` }),
    fc
      .constantFrom('level', 'undefined', 'first', 'margin', 'calmar', 'drawdown', 'chance')
      .map((gate): ChampionFacts => refused(gate, PLANTED, 1.25)),
  )
  const records: fc.Arbitrary<HistoryEntry[]> = fc
    .array(
      fc.record({
        execution,
        sharpe: metric,
        drawdown: metric,
        champion: decision,
        level: fc.constantFrom('LEVEL_1' as const, 'LEVEL_2' as const, 'LEVEL_3' as const),
      }),
      { maxLength: 12 },
    )
    .map((rows) =>
      rows.map(
        ({ execution: how, sharpe, drawdown, champion: decided, level }, iteration): IterationEntry => {
          if (how.status !== 'success') return failure(iteration, how)
          const train = {
            sharpe,
            sortino: sharpe,
            calmar: null,
            maxDrawdown: drawdown,
            cagr: 0.1,
            informationRatio: sharpe,
          }
          return success(iteration, sharpe, {
            metrics: { train, validation: planted },
            champion: decided,
            level,
          })
        },
      ),
    )
  const input: fc.Arbitrary<FeedbackInput> = fc
    .record({
      records,
      champion: fc.option(
        fc.record({
          iteration: fc.integer({ min: 0, max: 12 }),
          crownedAt: fc.integer({ min: 0, max: 12 }),
          train: fc.option(fc.record({ sharpe: metric })),
          validation: fc.record({ sharpe: metric, calmar: metric, maxDrawdown: metric }),
        }),
      ),
      objective: fc.constantFrom(
        'sharpe' as const,
        'sortino' as const,
        'calmar' as const,
        'activeSharpe' as const,
      ),
      maxWords: fc.constantFrom(200, 500),
    })
    .map(({ objective, ...rest }) => ({
      ...rest,
      nextIteration: rest.records.length,
      policy: { ...DEFAULT_CHAMPION_POLICY, objective },
    }))

  test('gives whole sentences of at most 500 words, true to the outcome, silent about validation', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { text: told } = summarize(given)
        expect(countWords(told)).toBeLessThanOrEqual(given.maxWords!)
        for (const paragraph of told.split('\n\n')) expect(paragraph).toMatch(/^[A-Z][^\n]*[.!?]$/)
        expect(told).not.toMatch(/NaN|undefined|null|Infinity|\[object|\.\.|: \.| {2}/)
        expect(told).not.toMatch(/77\.?7/)
        const latest = given.records.at(-1)
        if (latest?.kind === 'iteration' && latest.execution.status === 'success')
          expect(told).not.toMatch(/error|time-out|rejected/i)
        if (latest?.kind === 'iteration' && latest.execution.status === 'error')
          expect(told).toMatch(/ended in an error/)
      }),
      { seed: 14, numRuns: 1000 },
    )
  })
})
