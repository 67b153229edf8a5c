import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

/** Weekdays from 2021-01-04 on. */
function weekdays(count: number): string[] {
  const days: string[] = []
  for (let t = Date.parse('2021-01-04'); days.length < count; t += 86_400_000) {
    const day = new Date(t)
    if (day.getUTCDay() % 6 !== 0) days.push(day.toISOString().slice(0, 10))
  }
  return days
}

const DAYS = weekdays(60)
const SYMBOLS = ['A', 'B', 'C', 'D']

/** Prices that differ by symbol and day; `price` may take some away. */
function prices(
  price: (symbol: string, day: number, value: number) => number | '' = (_s, _d, v) => v,
): string {
  const rows = DAYS.flatMap((date, day) =>
    SYMBOLS.map((symbol, s) => {
      const value = price(symbol, day, 20 + 5 * s + Math.round(100 * Math.sin(day / (3 + s))) / 100)
      const cell = value === '' ? '' : value.toFixed(2)
      return `${date},${symbol},${cell},${cell},${value === '' ? '' : 1000 + s},${symbol === 'D' ? 'Mining' : 'Banks'}`
    }),
  )
  return ['date,symbol,open,close,volume,sector', ...rows, ''].join('\n')
}

function folder(files: Readonly<Record<string, string>>): string {
  const cwd = scratch()
  for (const [name, text] of Object.entries({ 'prices.csv': prices(), ...files }))
    writeFileSync(join(cwd, name), text)
  return cwd
}

const HEAD = "import { strategy, field, group, benchmark, atr, groupRank } from 'alphaloop'\n"
const scored = (score: string, more = '') =>
  `${HEAD}\nexport default strategy({\n  score: ${score},\n  select: { top: 2 },\n  rebalance: 'weekly',\n${more}})\n`

async function backtest(file: string, text: string, files: Readonly<Record<string, string>> = {}) {
  const cwd = folder({ [file]: text, ...files })
  const argv = ['backtest', file, '--data', 'prices.csv']
  return { plain: () => cli(argv, { cwd }), json: await cli([...argv, '--json'], { cwd }) }
}

async function factor(text: string, more: readonly string[] = []) {
  const cwd = folder({})
  return { cwd, ...(await cli(['factor', text, '--data', 'prices.csv', ...more], { cwd })) }
}

describe('what the data lacks is told with its line', () => {
  test.each([
    [
      'a field',
      scored("field('close').div(field('volum'))"),
      /^s\.ts:4:29: the data has no field "volum"; did you mean volume\?$/,
      { line: 4, column: 29 },
    ],
    [
      'a field behind a type',
      `${HEAD}const window: number = 5; const x = field('closs')\n${scored('x').slice(HEAD.length)}`,
      /^s\.ts:2:37: the data has no field "closs"; did you mean close\?$/,
      { line: 2, column: 37 },
    ],
    [
      'a field under another name of the function',
      scored("['close', 'P/E'].map((name) => field(name))[1]"),
      /^s\.ts:4:20: the data has no field "P\/E"$/,
      { line: 4, column: 20 },
    ],
    [
      'a field that an operator reads by itself',
      scored("field('close').div(atr(14))"),
      /^s\.ts:4:29: the data has no field "high", which atr reads$/,
      { line: 4, column: 29 },
    ],
    [
      'a group',
      scored("groupRank(field('close'), group('secto'))"),
      /^s\.ts:4:36: the data has no group "secto"; did you mean sector\?$/,
      { line: 4, column: 36 },
    ],
    [
      'a field of the benchmark',
      scored("field('close').sub(benchmark('volume'))"),
      /^s\.ts:4:29: the benchmark is the equal weight of all symbols, which has close and returns, but no "volume"$/,
      { line: 4, column: 29 },
    ],
  ])('%s', async (_what, text, message, place) => {
    const { json } = await backtest('s.ts', text)
    expect(json.code).toBe(2)
    expect(jsonOf(json).error.message).toMatch(message)
    expect(jsonOf(json).error).toMatchObject(place)
    expect(jsonOf(json).error.hint).toMatch(/^(it has |name a symbol)/)
  })

  test('a field in the JSON form', async () => {
    const text = JSON.stringify(
      {
        version: 1,
        name: 'volum',
        nodes: [
          { id: 'a', op: 'field', params: { name: 'close' } },
          { id: 'b', op: 'field', params: { name: 'volum' } },
          { id: 'c', op: 'mul', inputs: ['a', 'b'] },
        ],
        rule: { kind: 'score', score: 'c', select: { top: 1 } },
      },
      null,
      2,
    )
    const { json } = await backtest('s.json', text)
    const line = text.split('\n').findLastIndex((one) => one.includes('"volum"')) + 1
    expect(jsonOf(json).error).toMatchObject({ code: 'UNKNOWN_FIELD', line, column: 17 })
  })

  test('what is there is listed, and a field of the benchmark is told how to be had', async () => {
    const { plain } = await backtest('s.ts', scored("field('P/E')"))
    const { code, stdout, stderr } = await plain()
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('s.ts:4:10: the data has no field "P/E"')
    expect(stderr).toContain('it has close, dollarVolume, open, rawClose, returns, volume')
    const { json } = await backtest('s.ts', scored("field('close').sub(benchmark('volume'))"))
    expect(jsonOf(json).error.hint).toContain('--benchmark SPY')
  })

  test('a field in a factor', async () => {
    const { code, stderr } = await factor("close.div(field('P/E'))")
    expect(code).toBe(2)
    expect(stderr).toContain('expression:1:11: the data has no field "P/E"')
  })
})

describe('a window longer than the data', () => {
  test('is refused with its line, what it needs and what there is', async () => {
    const { plain, json } = await backtest(
      's.ts',
      scored("field('close').sma(20).sub(field('close').sma(200))"),
    )
    expect(jsonOf(json).error).toMatchObject({
      code: 'WINDOW_TOO_LONG',
      line: 4,
      message: expect.stringMatching(/^s\.ts:4:52: n\d: sma\(200\) needs 200 bars but the panel has 60$/),
    })
    expect((await plain()).stderr).toContain('give it more bars of data, or a shorter window')
  })

  test('is refused where positions are asked for: no holdings would look like an order to sell', async () => {
    const cwd = folder({ 's.ts': scored("field('close').sma(200)") })
    const { code, stdout, stderr } = await cli(['positions', 's.ts', '--data', 'prices.csv'], { cwd })
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/s\.ts:4:25: n\d: sma\(200\) needs 200 bars but the panel has 60/)
  })

  test('is refused in a factor', async () => {
    const { code, stderr } = await factor('close.pctChange(60)')
    expect(code).toBe(2)
    expect(stderr).toMatch(/expression:1:7: n\d: pctChange\(60\) needs 61 bars but the panel has 60/)
    expect((await factor('close.pctChange(50)')).code).toBe(0)
  })

  test('is a warning where the strategy can do without it', async () => {
    const { json } = await backtest('s.ts', scored("field('close').sma(200).fillNaN(0).add(field('close'))"))
    expect(json.code).toBe(0)
    expect(jsonOf(json).warnings).toMatchObject([
      {
        code: 'WINDOW_TOO_LONG',
        message: expect.stringMatching(
          /sma\(200\) needs 200 bars but the panel has 60: it is missing at every bar/,
        ),
      },
    ])
  })

  test('counts the bars up to the end of the backtest', async () => {
    const cwd = folder({ 's.ts': scored("field('close').sma(40)") })
    const argv = ['backtest', 's.ts', '--data', 'prices.csv', '--json']
    expect((await cli(argv, { cwd })).code).toBe(0)
    const early = await cli([...argv, '--end', DAYS[30]!], { cwd })
    expect(jsonOf(early).error.message).toContain('sma(40) needs 40 bars but the panel has 31')
  })
})

describe('a group with one member', () => {
  const rowsOf = async (text: string) => {
    const { cwd, code } = await factor(text, ['--out', 'f.csv'])
    expect(code).toBe(0)
    return readFileSync(join(cwd, 'f.csv'), 'utf8')
      .split('\n')
      .filter((row) => row.includes(',D,'))
      .map((row) => Number(row.split(',')[2]))
  }

  test('has rank 1, no distance from its mean, and no z-score', async () => {
    expect(new Set(await rowsOf("groupRank(close, group('sector'))"))).toEqual(new Set([1]))
    expect(new Set(await rowsOf("groupDemean(close, group('sector'))"))).toEqual(new Set([0]))
    expect(await rowsOf("groupZscore(close, group('sector'))")).toEqual([])
    expect(await rowsOf("groupMean(close, group('sector'))")).toHaveLength(DAYS.length)
  })
})

describe('a universe', () => {
  test('that is empty on some days means cash on those days', async () => {
    const cwd = folder({
      's.ts': scored("field('close')", "  universe: field('volume').gt(0),\n"),
      'prices.csv': prices().replaceAll(
        /^(2021-02-[^\n]*),100\d,(\w+)$/gm,
        (_row, start: string, sector: string) => `${start},0,${sector}`,
      ),
    })
    const argv = ['backtest', 's.ts', '--data', 'prices.csv', '--equity', 'e.csv', '--json']
    const result = jsonOf(await cli(argv, { cwd }))
    expect(result.warnings).toEqual([])
    const exposure = new Map(
      readFileSync(join(cwd, 'e.csv'), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((row) => [row.split(',')[0]!, Number(row.split(',')[3])] as const),
    )
    expect(exposure.get('2021-01-29')).toBeCloseTo(1, 9)
    expect(exposure.get('2021-02-16')).toBe(0)
    expect(exposure.get('2021-03-16')).toBeCloseTo(1, 9)
  })

  test('that is empty on all days is told', async () => {
    const { plain, json } = await backtest(
      's.ts',
      scored("field('close')", "  universe: field('volume').lt(0),\n"),
    )
    expect((await plain()).stderr).toContain('The universe holds no symbol at any of the 11 rebalances')
    expect(jsonOf(json).warnings).toMatchObject([{ code: 'EMPTY_UNIVERSE', count: 11 }])
    expect(jsonOf(json).metrics.totalReturn).toBe(0)
  })
})

test('a score that is nowhere present is told', async () => {
  const { json } = await backtest('s.ts', scored("field('close').sub(1000).sqrt()"))
  expect(json.code).toBe(0)
  expect(jsonOf(json).warnings).toMatchObject([{ code: 'NEVER_INVESTED', count: 11 }])
})

test('a range without a rebalance is told', async () => {
  const text = scored("field('close')").replace("'weekly'", "'quarterly'")
  const cwd = folder({ 's.ts': text })
  const { code, stderr } = await cli(['backtest', 's.ts', '--data', 'prices.csv', '--end', '2021-02-26'], {
    cwd,
  })
  expect(code).toBe(0)
  expect(stderr).toContain('There is no rebalance ("quarterly") from 2021-01-04 to 2021-02-26')
})

describe('a rebalance day without any price', () => {
  // 2021-02-05 is a Friday, the last day of its week.
  const without = prices((_symbol, day, value) => (DAYS[day] === '2021-02-05' ? '' : value))

  test('sells what was held, and is told', async () => {
    const cwd = folder({ 's.ts': scored("field('close')"), 'prices.csv': without })
    const argv = ['backtest', 's.ts', '--data', 'prices.csv', '--trades', 't.csv', '--json']
    const result = jsonOf(await cli(argv, { cwd }))
    expect(result.warnings).toMatchObject([{ code: 'NO_CLOSES', count: 1 }])
    expect(result.warnings[0].message).toContain('On 1 rebalance day (2021-02-05) no symbol had a close')
    const trades = readFileSync(join(cwd, 't.csv'), 'utf8').trimEnd().split('\n').slice(1)
    expect(trades.filter((row) => row.includes('2021-02-08'))).toHaveLength(2)
    for (const value of Object.values(result.metrics)) expect(Number.isNaN(value)).toBe(false)
  })
})

describe('--benchmark', () => {
  test('says which symbol a factor compares with', async () => {
    const rows = async (more: readonly string[]) => {
      const { cwd, code } = await factor("close.div(benchmark('close'))", ['--out', 'f.csv', ...more])
      expect(code).toBe(0)
      return readFileSync(join(cwd, 'f.csv'), 'utf8').split('\n').slice(1, 5)
    }
    // The equal weight begins at 1; B costs 25 on the first day.
    expect((await rows([])).map((row) => Number(row.split(',')[2]))).toEqual([20, 25, 30, 35])
    expect((await rows(['--benchmark', 'B'])).map((row) => Number(row.split(',')[2]))).toEqual([
      0.8, 1, 1.2, 1.4,
    ])
  })

  test('of a symbol that the data lacks is refused with those that there are', async () => {
    const { code, stderr } = await factor("benchmark('close')", ['--benchmark', 'SPY'])
    expect(code).toBe(2)
    expect(stderr).toContain('the data has no symbol "SPY"')
    expect(stderr).toContain('it has 4: A, B, C, D')
  })
})
