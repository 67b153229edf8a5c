import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

describe('init', () => {
  test('writes a valid configuration and a strategy that backtests on the built-in market', async () => {
    const cwd = scratch()
    const made = await cli(['init', 'research'], { cwd })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toContain('cd research && alphaloop run')
    const folder = join(cwd, 'research')
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('runs/\n')
    const shown = jsonOf(await cli(['config', 'show', '--json'], { cwd: folder }))
    expect(shown.config).toMatchObject({ data: 'builtin', iterations: 50, start: ['strategies/momentum.ts'] })
    const backtest = await cli(['backtest', 'strategies/momentum.ts', '--json'], { cwd: folder })
    expect(backtest.code).toBe(0)
    expect(jsonOf(backtest).trades).toBeGreaterThan(100)
  })

  test('what the flags say stands in the configuration; a relative path counts from its folder', async () => {
    const cwd = scratch()
    const flags = ['--data', 'prices.csv', '--market', 'tw-stock', '--iterations', '7']
    const outcome = await cli(['init', 'a/b', '--json', ...flags], { cwd })
    expect(jsonOf(outcome)).toEqual({
      dir: join(cwd, 'a/b'),
      files: ['alphaloop.yaml', join('strategies', 'momentum.ts'), '.gitignore'],
    })
    const { config } = jsonOf(await cli(['config', 'show', 'a/b/alphaloop.yaml', '--json'], { cwd }))
    expect(config).toMatchObject({ data: '../../prices.csv', market: 'tw-stock', iterations: 7 })
    await cli(['init', 'c', '--data', '/srv/prices.csv'], { cwd })
    expect(readFileSync(join(cwd, 'c/alphaloop.yaml'), 'utf8')).toContain('data: "/srv/prices.csv"')
  })

  test('refuses to overwrite, and writes nothing then; --force overwrites', async () => {
    const cwd = scratch()
    mkdirSync(join(cwd, 'strategies'))
    writeFileSync(join(cwd, 'strategies/momentum.ts'), 'mine')
    const { code, stderr } = await cli(['init'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('strategies/momentum.ts exists already; nothing was written')
    expect(existsSync(join(cwd, 'alphaloop.yaml'))).toBe(false)
    expect((await cli(['init', '--force'], { cwd })).code).toBe(0)
    expect(readFileSync(join(cwd, 'strategies/momentum.ts'), 'utf8')).toContain('strategy({')
  })

  test("a .gitignore of the user's is added to, once", async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, '.gitignore'), 'node_modules')
    await cli(['init'], { cwd })
    await cli(['init', '--force'], { cwd })
    expect(readFileSync(join(cwd, '.gitignore'), 'utf8')).toBe('node_modules\nruns/\n')
  })

  test.each([
    [['--market', 'us-stok'], 'there is no market us-stok; did you mean us-stock?'],
    [['--iterations', 'abc'], "--iterations: 'abc' is not a whole number"],
    [['file.txt'], 'file.txt is a file, not a folder'],
  ])('%j is refused', async (argv, message) => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'file.txt'), '')
    const { code, stderr } = await cli(['init', ...argv], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(existsSync(join(cwd, 'alphaloop.yaml'))).toBe(false)
  })
})

describe('config show', () => {
  test('prints every setting, its value and where it came from', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'alphaloop.yaml'), 'seed: 5\nmarket: none\n')
    const env = { ALPHALOOP_MARKET: 'crypto' }
    const { stdout, code } = await cli(['config', 'show', '--data', 'x.csv'], { cwd, env })
    expect(code).toBe(0)
    const row = (name: string) => stdout.split('\n').find((line) => line.startsWith(`${name} `))
    expect(row('seed')).toMatch(/ 5 +alphaloop\.yaml:1$/)
    expect(row('market')).toMatch(/ crypto +ALPHALOOP_MARKET$/)
    expect(row('data')).toMatch(/x\.csv +--data$/)
    expect(row('llm.timeoutSeconds')).toMatch(/ 60 +default$/)
    const { settings, config } = jsonOf(await cli(['config', 'show', '--json'], { cwd, env }))
    expect(settings).toHaveLength(stdout.trimEnd().split('\n').length - 1)
    expect(settings).toContainEqual({
      setting: 'market',
      value: 'crypto',
      origin: { from: 'environment', variable: 'ALPHALOOP_MARKET' },
    })
    expect(config.seed).toBe(5)
  })

  test('a misspelt variable is warned of, unless it is to be quiet', async () => {
    const env = { ALPHALOOP_ITERATION: '5' }
    const { stderr, code } = await cli(['config', 'show'], { cwd: scratch(), env })
    expect(code).toBe(0)
    expect(stderr).toBe(
      'warning: ALPHALOOP_ITERATION is not the variable of a setting; did you mean ALPHALOOP_ITERATIONS?\n',
    )
    expect((await cli(['config', 'show', '--quiet'], { cwd: scratch(), env })).stderr).toBe('')
  })

  test('a wrong configuration has the shape of an error', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'c.yaml'), 'iterations: 10\nitrations: 10\n')
    const outcome = await cli(['config', 'show', 'c.yaml', '--json'], { cwd })
    expect(outcome.code).toBe(2)
    expect(jsonOf(outcome)).toEqual({
      error: expect.objectContaining({
        code: 'INVALID_CONFIG',
        file: join(cwd, 'c.yaml'),
        line: 2,
        path: 'itrations',
        nearest: 'iterations',
        hint: 'write iterations',
      }),
    })
  })
})

describe('doctor', () => {
  test('finds everything in order, and leaves nothing behind', async () => {
    const cwd = scratch()
    const outcome = await cli(['doctor', '--json'], { cwd })
    expect(outcome.code).toBe(0)
    const { ok, findings } = jsonOf(outcome)
    expect(ok).toBe(true)
    expect(findings.map(({ name }: { name: string }) => name)).toEqual([
      'surroundings',
      'configuration',
      'sandbox',
      'history',
      'working folder',
      'data',
      'models',
    ])
    expect(existsSync(join(cwd, 'runs'))).toBe(false)
  })

  test('says what is wrong and how to mend it', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'alphaloop.yaml'), 'data: nope.csv\nllm:\n  models:\n    - model: m\n')
    const { code, stdout } = await cli(['doctor'], { cwd })
    expect(code).toBe(1)
    expect(stdout).toContain('✗ data: there is no file or folder')
    expect(stdout).toContain('✗ models: m needs a key in OPENAI_API_KEY, which is not set')
    expect(stdout).toContain('✓ sandbox')
  })
})
