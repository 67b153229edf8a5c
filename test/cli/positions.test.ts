import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { STRATEGY_TEMPLATE } from '../../src/cli/commands/init-templates.js'
import type { EvaluationSetup } from '../../src/workers/evaluation.js'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

// Threads run the built code only; here, where the sources run, strategies are evaluated in this process instead.
vi.mock('../../src/workers/threads.js', async () => {
  const { createInlineRunner } = await import('../../src/workers/inline.js')
  return {
    createThreadRunner: (setup: EvaluationSetup) => createInlineRunner(setup, () => performance.now()),
  }
})

/** January 2024 in weekdays: 0050 and BRK.B rise, 2330 falls, OLD has no price on the last two days. */
const DAYS = [2, 3, 4, 5, 8, 9, 10, 11, 12, 15].map((day) => `2024-01-${String(day).padStart(2, '0')}`)
const PRICES = DAYS.flatMap((date, t) => [
  `${date},0050,${100 + t},${100 + t}`,
  `${date},BRK.B,${200 + 2 * t},${200 + 2 * t}`,
  `${date},2330,${500 - t},${500 - t}`,
  ...(t < 8 ? [`${date},OLD,7,7`] : []),
])
const BEST = `import { strategy, field } from 'alphaloop'
export default strategy({ name: 'Rising', score: field('close').pctChange(3), select: { top: 2 } })
`

/** One folder for the file: what was read once is not read again. */
const cwd = mkdtempSync(join(tmpdir(), 'alphaloop-positions-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
writeFileSync(join(cwd, 'prices.csv'), `date,symbol,open,close\n${PRICES.join('\n')}\n`)
writeFileSync(join(cwd, 'rising.ts'), BEST)

/** Writes a holdings file and names it. */
function holding(rows: string): string[] {
  const name = `holdings-${++files}.csv`
  writeFileSync(join(cwd, name), `symbol,shares\n${rows}\n`)
  return ['--holdings', name]
}
let files = 0

const ARGS = ['positions', 'rising.ts', '--data', 'prices.csv']
const json = async (...flags: string[]) => jsonOf(await cli([...ARGS, ...flags, '--json'], { cwd }))

describe('a holdings file without a row cash', () => {
  test('has no money, and says so, whether it holds something or not', async () => {
    const held = await json(...holding('0050,10'), '--market', 'none')
    expect(held.cash.before).toBe(0)
    expect(held.warnings).toContainEqual({
      code: 'NO_CASH_ROW',
      message: expect.stringContaining('has no row cash: the account is taken to have no money'),
    })
    const empty = await cli([...ARGS, ...holding(''), '--json'], { cwd })
    expect([empty.code, jsonOf(empty).error.code]).toEqual([2, 'BAD_ACCOUNT'])
  })

  test('has the money that the command names', async () => {
    const { cash, warnings } = await json(...holding(''), '--cash', '500')
    expect(cash.before).toBe(500)
    expect(warnings).not.toContainEqual(expect.objectContaining({ code: 'NO_CASH_ROW' }))
  })

  test.each([
    ['compressed', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /unpack it first/],
    ['in Big5', Buffer.from([0xa5, 0x78, 0xa6, 0x80]), /save it as CSV in UTF-8/],
    ['in UTF-16', Buffer.from('symbol,shares', 'utf16le'), /save it as CSV in UTF-8/],
  ])('%s is told to be no text', async (_, bytes, hint) => {
    writeFileSync(join(cwd, 'bytes.csv'), bytes)
    const outcome = await cli([...ARGS, '--holdings', 'bytes.csv', '--json'], { cwd })
    expect(jsonOf(outcome).error).toMatchObject({
      code: 'BAD_HOLDINGS',
      message: expect.stringMatching(/bytes\.csv is no text in UTF-8$/),
      hint: expect.stringMatching(hint),
    })
  })
})

describe('positions --json', () => {
  test('has the targets, the orders from the holdings, and what is left', async () => {
    const held = holding('0050,10\n2330,3\ncash,1000')
    const found = await json(...held, '--market', 'none')
    expect(found).toMatchObject({
      strategy: { name: 'Rising', hash: expect.stringMatching(/^[0-9a-f]{32}$/) },
      data: { end: '2024-01-15', symbols: 4 },
      decision: { date: '2024-01-15', state: 'unlessLast', last: null, next: '2024-01-31', fill: 'nextOpen' },
      market: { name: 'none' },
      lot: 1,
      source: 'rising.ts',
      // 10 × 109 + 3 × 491 + 1000
      equity: 3563,
      cash: { before: 1000, after: 3563 - 16 * 109 - 8 * 218 },
      notTradable: [],
    })
    expect(found.targets).toEqual([
      { symbol: '0050', weight: 0.5, value: 1781.5, price: 109, shares: 16 },
      { symbol: 'BRK.B', weight: 0.5, value: 1781.5, price: 218, shares: 8 },
    ])
    expect(
      found.orders.map(({ side, shares, symbol, action }: Record<string, unknown>) =>
        [side, shares, symbol, action].join(' '),
      ),
    ).toEqual(['sell 3 2330 close', 'buy 8 BRK.B open', 'buy 6 0050 increase'])
    expect(found.holdings.map(({ symbol, shares }: Record<string, unknown>) => [symbol, shares])).toEqual([
      ['0050', 16],
      ['BRK.B', 8],
    ])
    // The data is old whenever this is run.
    expect(found.warnings.map(({ code }: { code: string }) => code)).toEqual(['OLD_DATA'])
  })

  test('starts from cash where there are no holdings', async () => {
    expect((await json()).equity).toBe(100_000)
    expect((await json('--capital', '5000')).equity).toBe(5000)
    expect((await json('--cash', '4000')).equity).toBe(4000)
  })

  test('the cash named goes before the row, and capital stands for both', async () => {
    const held = holding('0050,10\ncash,1000')
    const cashOf = async (...flags: string[]) => (await json(...held, ...flags)).cash.before
    expect(await cashOf()).toBe(1000)
    expect(await cashOf('--cash', '7')).toBe(7)
    expect(await cashOf('--capital', '2000')).toBe(2000 - 1090)
    const { cash, warnings } = await json(...held, '--capital', '1000')
    expect(cash.before).toBe(-90)
    expect(warnings).toContainEqual({
      code: 'ON_CREDIT',
      message:
        'the holdings are worth 1090.00, more than the capital of 1000: the account is taken to owe 90.00',
    })
  })

  test('Taiwan trades lots of 1000 unless odd lots are asked for; coins are bought in fractions', async () => {
    const lots = async (...flags: string[]) => {
      const { lot, orders } = await json('--capital', '1000000', ...flags)
      for (const { shares } of orders)
        expect(Math.abs(shares / lot - Math.round(shares / lot))).toBeLessThan(1e-3)
      return lot
    }
    expect(await lots('--market', 'tw-stock')).toBe(1000)
    expect(await lots('--market', 'tw-stock', '--lots', '1')).toBe(1)
    expect(await lots('--market', 'us-stock')).toBe(1)
    expect(await lots('--market', 'crypto')).toBe(1e-8)
    expect(await lots('--fractional')).toBe(1e-8)
  })

  test('costs of the market are in the orders', async () => {
    const { orders, cost, market } = await json('--market', 'tw-stock', '--lots', '1')
    expect(market.costs.commission).toBe(0.001425)
    expect(orders[0].cost).toBeCloseTo(orders[0].value * 0.001925, 9)
    expect(cost).toBeCloseTo(orders[0].cost + orders[1].cost, 9)
  })

  test('what cannot be traded is listed with the reason', async () => {
    const held = holding('OLD,10\n50,4\ncash,1000')
    const { notTradable } = await json(...held)
    expect(
      Object.fromEntries(notTradable.map((one: { symbol: string; why: string }) => [one.symbol, one.why])),
    ).toEqual({
      OLD: 'no price on 2024-01-15; the last is 7 of 2024-01-11',
      50: 'the data has no symbol "50"; did you mean 0050?',
    })
  })
})

test('a person is told the day, the orders and what they leave', async () => {
  const held = holding('0050,10\n2330,3\nXYZ,5\ncash,1000')
  const { code, stdout, stderr } = await cli([...ARGS, ...held], { cwd, columns: 120 })
  expect(code, stderr).toBe(0)
  for (const part of [
    '2024-01-15 is no rebalance day: the strategy rebalances monthly, and next on 2024-01-31',
    'Account: 3,563.00 = 2,563.00 in holdings + 1,000.00 cash',
    'Orders (3)',
    'Afterwards',
    'Cash left: ',
    'Not tradable',
    'the data has no symbol "XYZ"',
  ])
    expect(stdout.replaceAll('\n', ' ')).toContain(part)
  expect(stdout).toMatch(/^sell +3 {2}2330 +491\.00 +1,473\.00 +1\.47 {2}close$/m)
  expect(stderr).toMatch(/the data ends on 2024-01-15, \d+ days ago/)
  const quiet = await cli([...ARGS, ...held, '--quiet'], { cwd, columns: 120 })
  expect(quiet.stderr).toBe('')
  expect(quiet.stdout).toBe(stdout)
})

test('--out writes the orders as a table', async () => {
  const held = holding('2330,3')
  await cli([...ARGS, ...held, '--market', 'none', '--out', 'out/orders.csv'], { cwd })
  expect(readFileSync(join(cwd, 'out/orders.csv'), 'utf8').split('\n')).toEqual([
    'symbol,side,shares,price,value,cost,from,to,action,reason',
    '2330,sell,3,491,1473,0,3,0,close,rebalance',
    '0050,buy,6,109,654,0,0,6,open,rebalance',
    'BRK.B,buy,3,218,654,0,0,3,open,rebalance',
    '',
  ])
})

test('on schedule, a day between rebalances orders nothing', async () => {
  const held = holding('2330,3')
  const flags = [...held, '--on-schedule']
  expect((await json(...flags)).orders).toEqual([])
  const { stdout } = await cli([...ARGS, ...flags], { cwd, columns: 120 })
  expect(stdout).toContain('Orders: none.')
  expect(stdout.replaceAll('\n', ' ')).toContain('Only what exit rules close is ordered')
})

describe('the champion of a run', () => {
  test('is held where no file is named, with the settings of its run', async () => {
    const own = scratch()
    writeFileSync(
      join(own, 'mine.yaml'),
      'data: builtin:symbols=30,bars=1800\ncosts: { slippage: 0.0001 }\nstart: [calm.ts]\n',
    )
    writeFileSync(join(own, 'calm.ts'), STRATEGY_TEMPLATE)
    const run = await cli(
      ['run', 'mine.yaml', '--iterations', '1', '--no-llm', '--run-dir', 'runs/one', '--json'],
      { cwd: own },
    )
    expect(run.code, run.stderr).toBe(0)
    const { champion } = jsonOf(run)
    expect(champion).not.toBeNull()
    const named = jsonOf(await cli(['positions', '--run-dir', 'runs/one', '--json'], { cwd: own }))
    expect(named).toMatchObject({
      strategy: { hash: champion.hash, name: champion.name },
      market: { name: 'us-stock', costs: { slippage: 0.0001 } },
      source: 'champion of runs/one, iteration 0',
      // All of the data, the sealed part too: what counts is what to hold today.
      data: { bars: 1800 },
    })
    const newest = jsonOf(await cli(['positions', '--json'], { cwd: own }))
    expect(newest.strategy).toEqual(named.strategy)
    expect(newest.targets).toEqual(named.targets)
    const fresh = jsonOf(
      await cli(['positions', '--data', 'builtin:symbols=30,bars=1801', '--json'], { cwd: own }),
    )
    expect(fresh.data.bars).toBe(1801)
  })

  test('is missed where there is no run', async () => {
    const { code, stderr } = await cli(['positions', '--data', 'builtin'], { cwd: scratch() })
    expect(code).toBe(2)
    expect(stderr).toContain('there is no run under')
  })
})

describe('what was given is wrong', () => {
  test.each<[string, string[], string, string]>([
    ['a file and a run', ['--run-dir', 'r'], 'USAGE', 'both a strategy file and a run are given'],
    ['cash and capital', ['--cash', '1', '--capital', '2'], 'BAD_ACCOUNT', 'the one follows from the other'],
    ['lots and fractions', ['--lots', '1', '--fractional'], 'USAGE', 'contradict each other'],
    ['a lot of nothing', ['--lots', '0'], 'BAD_LOT', 'a lot of 0 shares'],
    ['an amount that is none', ['--cash', 'much'], 'USAGE', "'much' is not a number"],
    ['an empty amount', ['--cash', ''], 'USAGE', 'is not a number'],
    ['a fill that is none', ['--fill', 'now'], 'INVALID_FILL', '--fill is now'],
    ['a day that is none', ['--start', '2024-02-30'], 'INVALID_DATE', 'no day of the calendar'],
    [
      'a start after the data',
      ['--start', '2025-01-01'],
      'EMPTY_RANGE',
      'the data has no bar from 2025-01-01 on',
    ],
    ['a market that is none', ['--market', 'mars'], 'INVALID_CONFIG', 'mars'],
    ['no such holdings', ['--holdings', 'no.csv'], 'HOLDINGS_NOT_FOUND', 'there is no holdings file'],
    ['a folder of holdings', ['--holdings', 'folder'], 'HOLDINGS_NOT_FOUND', 'is a folder'],
    ['bad holdings', ['--holdings', 'holdings.csv'], 'BAD_HOLDINGS', 'holdings.csv, line 3: the shares of B'],
  ])('%s', async (_, flags, code, message) => {
    mkdirSync(join(cwd, 'folder'), { recursive: true })
    writeFileSync(join(cwd, 'holdings.csv'), 'symbol,shares\nA,1\nB,x\n')
    const outcome = await cli([...ARGS, ...flags, '--json'], { cwd })
    expect(outcome.code).toBe(2)
    expect(jsonOf(outcome).error).toMatchObject({ code, message: expect.stringContaining(message) })
  })
})
