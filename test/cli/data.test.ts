import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

const GOOD = 'date,symbol,close\n2020-01-02,A,10\n2020-01-03,A,11\n2020-01-06,A,12\n'

function folder(files: Record<string, string>): string {
  const cwd = scratch()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, name, '..'), { recursive: true })
    writeFileSync(join(cwd, name), text)
  }
  return cwd
}

describe('data describe', () => {
  test('--json has the shape that other programs rely on', async () => {
    const cwd = folder({ 'prices.csv': `${GOOD}2020-01-06,A,12\n2020-01-06,B,5\n` })
    const outcome = await cli(['data', 'describe', 'prices.csv', '--json'], { cwd })
    expect(outcome.code).toBe(0)
    const result = jsonOf(outcome)
    expect(result).toMatchObject({ bars: 3, symbols: 2, start: '2020-01-02', end: '2020-01-06' })
    expect(result.hash).toMatch(/^[0-9a-f]{32}$/)
    expect(result.fields).toContainEqual(expect.objectContaining({ name: 'close', coverage: 4 / 6 }))
    expect(result.issues).toEqual([
      expect.objectContaining({
        severity: 'warning',
        code: 'DUPLICATE_EQUAL',
        symbol: 'A',
        date: '2020-01-06',
        line: 5,
        message: expect.stringContaining('repeats another'),
      }),
    ])
    expect(result.market).toBeUndefined()
  })

  test('the data of the configuration is described as what it is, not as the built-in market', async () => {
    const cwd = folder({ 'prices.csv': GOOD, 'alphaloop.yaml': 'data: prices.csv\n' })
    const { stdout } = await cli(['data', 'describe'], { cwd })
    expect(stdout).toContain('1 symbol, 3 bars')
    expect(stdout).not.toContain('Planted effects')
    expect((await cli(['data', 'describe', 'builtin:symbols=5,bars=300'], { cwd })).stdout).toContain(
      'Planted effects',
    )
  })

  test('columns of other names, by flag and by configuration', async () => {
    const cwd = folder({ 'p.csv': 'Day;Code;Last\n2020-01-02;A;10\n'.replaceAll(';', ',') })
    const flags = ['--columns', 'date=Day,symbol=Code,close=Last']
    expect(jsonOf(await cli(['data', 'describe', 'p.csv', '--json', ...flags], { cwd })).symbols).toBe(1)
    writeFileSync(
      join(cwd, 'alphaloop.yaml'),
      'data: p.csv\ndataOptions:\n  columns: { date: Day, symbol: Code, close: Last }\n',
    )
    expect(jsonOf(await cli(['data', 'describe', '--json'], { cwd })).symbols).toBe(1)
  })

  test('a path named twice, differently, is refused', async () => {
    const cwd = folder({ 'a.csv': GOOD, 'b.csv': GOOD })
    const { code, stderr } = await cli(['data', 'describe', 'a.csv', '--data', 'b.csv'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('two data sets are named: a.csv and --data b.csv')
  })
})

describe('data that cannot be used', () => {
  test.each([
    ['nope.csv', '', 3, 'there is no file or folder'],
    ['empty.csv', '', 3, 'is empty'],
    ['nodates.csv', 'symbol,close\nA,1\n', 3, 'has no date column; its columns are symbol, close'],
    ['conflict.csv', `${GOOD}2020-01-06,A,12.5\n`, 3, 'line 5: A 2020-01-06 – close is 12 and 12.5'],
    ['zero.csv', `${GOOD}2020-01-07,A,0\n`, 3, 'line 5: A 2020-01-07 – close is 0'],
    ['text.csv', `${GOOD}2020-01-07,A,abc\n`, 3, "line 5: A 2020-01-07 – close is 'abc'"],
    ['date.csv', `${GOOD}2020-13-45,A,12\n`, 3, "line 5: A – the date is '2020-13-45'"],
    ['folder/readme.md', 'no table', 3, 'holds no table'],
  ])('%s', async (name, text, exitCode, message) => {
    const cwd = name === 'nope.csv' ? scratch() : folder({ [name]: text })
    const path = name.startsWith('folder/') ? 'folder' : name
    const plain = await cli(['data', 'describe', path], { cwd })
    expect(plain.code).toBe(exitCode)
    expect(plain.stdout).toBe('')
    expect(plain.stderr).toContain(message)
    expect(plain.stderr).toContain('\nhint: ')
    expect(plain.stderr).not.toMatch(/^ +at /m)
    const json = await cli(['data', 'describe', path, '--json'], { cwd })
    expect(json.code).toBe(exitCode)
    expect(jsonOf(json).error).toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/),
      message: expect.stringContaining(message.split('\n')[0]!),
      hint: expect.any(String),
    })
  })

  test('--on-bad-rows goes on without the rows or the cells', async () => {
    const cwd = folder({ 'p.csv': `${GOOD}2020-01-07,A,0\n2020-01-07,B,5\n2020-01-08,A,13\n` })
    const bars = async (...flags: string[]) =>
      jsonOf(await cli(['data', 'describe', 'p.csv', '--json', ...flags], { cwd })).bars
    expect(await bars('--on-bad-rows', 'drop')).toBe(5)
    expect(await bars('--on-bad-rows', 'missing')).toBe(5)
    const { code, stderr } = await cli(['data', 'describe', 'p.csv', '--on-bad-rows', 'drp'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean drop?')
  })
})

describe('data check', () => {
  test('lists everything that is wrong at once, and exits with 3', async () => {
    const cwd = folder({
      'p.csv': `${GOOD}2020-01-07,A,0\n2020-01-08,A,abc\n2020-01-09,A,13\n2020-01-09,A,13\n`,
    })
    const { code, stdout } = await cli(['data', 'check', 'p.csv'], { cwd })
    expect(code).toBe(3)
    expect(stdout).toContain('error PRICE_NOT_POSITIVE: 1 price is 0 or below\n  line 5: A 2020-01-07')
    expect(stdout).toContain(
      "error BAD_NUMBER: 1 number cannot be read\n  line 6: A 2020-01-08 – close is 'abc'",
    )
    expect(stdout).toContain('warning DUPLICATE_EQUAL: 1 row repeats another\n  line 8: A 2020-01-09')
    const json = await cli(['data', 'check', 'p.csv', '--json'], { cwd })
    expect(json.code).toBe(3)
    expect(jsonOf(json)).toMatchObject({ errors: 2, warnings: 1 })
  })

  test('clean data, and data with warnings only, exit with 0', async () => {
    const cwd = folder({ 'p.csv': GOOD, 'w.csv': `${GOOD}2020-01-06,A,12\n` })
    expect(await cli(['data', 'check', 'p.csv'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no issues found'),
    })
    expect((await cli(['data', 'check', 'w.csv'], { cwd })).code).toBe(0)
  })
})

describe('data check says what it read', () => {
  const bad = `${GOOD}xx,A,5\n2020-01-07,B,0\n2020-01-08,B,4\n`
  const head = async (text: string, ...flags: string[]) => {
    const { stdout } = await cli(['data', 'check', 'p.csv', ...flags], {
      cwd: folder({ 'p.csv': text }),
      columns: 200,
    })
    return stdout.split('\n')[1]
  }

  test('rows, symbols and dates of clean data', async () => {
    expect(await head(GOOD)).toBe('3 rows: 1 symbol, 3 dates, 2020-01-02 … 2020-01-06')
  })

  test('what became of rows that cannot be used', async () => {
    expect(await head(bad, '--on-bad-rows', 'drop')).toBe(
      '6 rows read, 2 left out, 4 remain: 2 symbols, 4 dates, 2020-01-02 … 2020-01-08',
    )
    expect(await head(bad, '--on-bad-rows', 'missing')).toBe(
      '6 rows read, 1 left out, 5 remain (cells that cannot be used are missing): 2 symbols, 5 dates, 2020-01-02 … 2020-01-08',
    )
    expect(await head(bad)).toBe(
      '6 rows read, 2 left out, 4 remain: 2 symbols, 4 dates, 2020-01-02 … 2020-01-08; other commands stop on these errors unless given --on-bad-rows drop',
    )
  })

  test('for programs, too, and the exit code is that of an error', async () => {
    const cwd = folder({ 'p.csv': bad })
    const json = await cli(['data', 'check', 'p.csv', '--on-bad-rows', 'drop', '--json'], { cwd })
    expect(json.code).toBe(3)
    expect(jsonOf(json)).toMatchObject({
      rows: { read: 6, kept: 4 },
      symbols: 2,
      bars: 4,
      start: '2020-01-02',
      end: '2020-01-08',
    })
  })

  test('the built-in market has a row for each bar of a symbol', async () => {
    const cwd = scratch()
    const { rows } = jsonOf(await cli(['data', 'check', 'builtin:symbols=5,bars=300', '--json'], { cwd }))
    await cli(['data', 'generate', '--symbols', '5', '--bars', '300', '--out', 'm.csv'], { cwd })
    // The file has a row without prices for each symbol that is listed later.
    const [header, ...lines] = readFileSync(join(cwd, 'm.csv'), 'utf8').trim().split('\n')
    const close = header!.split(',').indexOf('close')
    const bars = lines.filter((line) => line.split(',')[close] !== '').length
    expect(bars).toBeGreaterThan(800)
    expect(rows).toEqual({ read: bars, kept: bars })
  })
})

test('every issue of data check says how it is mended, intraday bars as what they are', async () => {
  const cwd = folder({
    'p.csv':
      'date,symbol,close\n2020-01-02 09:30,A,1\n2020-01-02 09:31,A,2\n2020-01-03 09:30,A,2\n2020-01-04T09:30Z,A,4\n',
  })
  const { stdout } = await cli(['data', 'check', 'p.csv'], { cwd })
  expect(stdout.match(/^(error|warning) /gm)!.length).toBe(4)
  expect(stdout.match(/^ {2}hint: /gm)!.length).toBe(4)
  expect(stdout).toContain('hint: times of day differ: intraday bars are not supported; keep one bar a day')
  expect(stdout).not.toContain('--on-bad-rows')
  // An issue without places is said to its end.
  expect(stdout).toContain('each bar has the day that is written\n')
})

describe('data convert and data generate', () => {
  test('the same data in another form has the same hash', async () => {
    const cwd = scratch()
    const made = jsonOf(
      await cli(
        ['data', 'generate', '--symbols', '5', '--bars', '300', '--seed', '3', '--out', 'm.csv.gz', '--json'],
        { cwd },
      ),
    )
    expect(made).toMatchObject({ symbols: 5, bars: 300 })
    const converted = await cli(['data', 'convert', 'm.csv.gz', '--out', 'forms/m.parquet'], { cwd })
    expect(converted).toMatchObject({ code: 0, stderr: '' })
    const hashOf = async (path: string) =>
      jsonOf(await cli(['data', 'describe', path, '--json'], { cwd })).hash
    expect(await hashOf('forms/m.parquet')).toBe(await hashOf('m.csv.gz'))
  })

  test('noise has no planted effect, another seed is another market', async () => {
    const cwd = scratch()
    const generate = async (...flags: string[]) =>
      jsonOf(
        await cli(
          ['data', 'generate', '--symbols', '5', '--bars', '300', '--out', 'n.csv', '--json', ...flags],
          { cwd },
        ),
      )
    const noise = await generate('--noise')
    expect(JSON.stringify(noise.market)).not.toMatch(/"planted":0\.0*[1-9]/)
    const text = readFileSync(join(cwd, 'n.csv'), 'utf8')
    await generate('--noise', '--seed', '99')
    expect(readFileSync(join(cwd, 'n.csv'), 'utf8')).not.toBe(text)
  })

  test.each([
    [['generate', '--out', 'x.foo'], 'does not say in which format'],
    [['generate', '--out', 'x.csv', '--symbols', 'abc'], "symbols is 'abc'; it wants a number"],
    [['generate', '--out', 'x.csv', '--data', 'prices.csv'], 'prices.csv is not the built-in market'],
    [['generate', '--out', 'x.csv', '--data', 'builtin:sed=3'], "no setting 'sed'; did you mean seed?"],
  ])('%j is refused, and nothing is written', async (argv, message) => {
    const cwd = scratch()
    const { code, stderr } = await cli(['data', ...argv], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(existsSync(join(cwd, 'x.csv'))).toBe(false)
  })
})
