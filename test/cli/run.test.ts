import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STRATEGY_TEMPLATE } from '../../src/cli/commands/init-templates.js'
import { cli, jsonOf, type Outcome, scratch, spawnCli } from '../support/cli-io.js'

const MARKET = 'builtin:symbols=30,bars=1800'
const FLAGS = ['--data', MARKET, '--iterations', '16', '--seed', '1', '--workers', '2', '--no-llm']

/** One run, made by the built command, that the tests below look at. */
let cwd: string
let run: Outcome
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'alphaloop-run-'))
  // A strategy that is known to be good enough for a champion, whatever the proposals of the day are.
  writeFileSync(join(cwd, 'calm.ts'), STRATEGY_TEMPLATE)
  writeFileSync(join(cwd, 'mine.yaml'), 'start: [calm.ts]\n')
  run = await spawnCli(['run', 'mine.yaml', ...FLAGS, '--run-dir', 'r', '--json'], { cwd })
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const historyOf = (dir: string) =>
  readFileSync(join(dir, 'history.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('run', () => {
  test('--json has the shape that other programs rely on', () => {
    expect(run.code).toBe(0)
    const result = jsonOf(run)
    expect(result).toMatchObject({
      runDir: join(cwd, 'r'),
      iterations: 16,
      methods: { llm: 0, factor_graph: 15, manual: 1 },
      fallbacks: 0,
      champion: {
        iteration: expect.any(Number),
        hash: expect.stringMatching(/^[0-9a-f]{32}$/),
        name: expect.any(String),
        metrics: { train: { sharpe: expect.any(Number) }, validation: { sharpe: expect.any(Number) } },
      },
      durationMs: expect.any(Number),
      evaluationsPerSecond: expect.any(Number),
    })
    expect(Object.keys(result.levels).sort()).toEqual(['LEVEL_0', 'LEVEL_1', 'LEVEL_2', 'LEVEL_3'])
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0)
    expect(sum(result.levels)).toBe(16)
    expect(sum(result.proposers)).toBe(16)
    expect(result.distinctStrategies).toBe(16)
    const records = historyOf(join(cwd, 'r')).filter(({ kind }) => kind === 'iteration')
    expect(records.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 16 }, (_, i) => i))
    expect(records[result.champion.iteration].strategy.hash).toBe(result.champion.hash)
  })

  test("what is going on stands on stderr, one line each, without a terminal's tricks", () => {
    expect(run.stderr).toContain('Every strategy comes from the Factor Graph.\n')
    expect(run.stderr).toContain(`Run ${join(cwd, 'r')}\n`)
    expect(run.stderr).toMatch(/^Iteration \d+: new champion .*\.$/m)
    for (const trick of ['\r', '\u001b', '█']) expect(run.stderr).not.toContain(trick)
  })

  test('a total that is reached is said, with exit code 0; a higher one goes on', async () => {
    const again = await spawnCli(['run', '--run-dir', 'r', ...FLAGS], { cwd })
    expect(again.code).toBe(0)
    expect(again.stderr).toContain('16 iterations are recorded, and the total is 16. More: --iterations 32')
    expect(again.stdout).toContain('16 (0 now')
    const more = await spawnCli(['run', '--run-dir', 'r', '--iterations', '24', '--no-llm', '--quiet'], {
      cwd,
    })
    expect(more).toMatchObject({ code: 0, stderr: '' })
    expect(more.stdout).toContain('24 (8 now')
    for (const line of more.stdout.split('\n'))
      if (!line.includes('alphaloop ')) expect(line.length, line).toBeLessThanOrEqual(100)
  })

  test('settings that would make results incomparable are refused with a list', async () => {
    const outcome = await spawnCli(['run', '--run-dir', 'r', ...FLAGS, '--seed', '2', '--json'], { cwd })
    expect(outcome.code).toBe(2)
    const { error } = jsonOf(outcome)
    expect(error).toMatchObject({
      code: 'RUN_CHANGED',
      differences: [{ path: 'seed', before: 1, after: 2 }],
      hint: expect.stringContaining('--accept-changes'),
    })
    expect(error.message).toContain('seed: 1 → 2')
  })

  test('a run directory in use is refused, naming the process', async () => {
    const folder = scratch()
    let second: Promise<Outcome> | undefined
    let pid = 0
    const first = await spawnCli(['run', ...FLAGS, '--iterations', '400', '--run-dir', 'r'], {
      cwd: folder,
      onStart(child) {
        pid = child.pid!
        child.stderr!.on('data', (chunk) => {
          if (second !== undefined || !String(chunk).includes('Run ')) return
          second = spawnCli(['run', ...FLAGS, '--run-dir', 'r', '--json'], { cwd: folder })
          second.then(() => child.kill('SIGINT'))
        })
      },
    })
    const refused = await second!
    expect(refused.code).toBe(4)
    expect(jsonOf(refused).error).toMatchObject({ code: 'RUN_IN_USE', pid })
    // The interrupt finishes and records what was being evaluated, and the summary is still shown.
    expect(first.code).toBe(130)
    expect(first.stderr).toContain('Stopping: what is being evaluated is finished and recorded.')
    expect(first.stdout).toMatch(/iterations +\d+ \(\d+ now/)
    const verified = await cli(['history', 'verify', '--run-dir', 'r', '--json'], { cwd: folder })
    expect(verified.code).toBe(0)
    expect(jsonOf(verified)).toMatchObject({ ok: true })
  })

  test('SIGTERM leaves with 143', async () => {
    const outcome = await spawnCli(['run', ...FLAGS, '--iterations', '400', '--run-dir', 'r'], {
      cwd: scratch(),
      onStart(child) {
        child.stderr!.on('data', (chunk) => {
          if (String(chunk).includes('Run ')) child.kill('SIGTERM')
        })
      },
    })
    expect(outcome.code).toBe(143)
  })

  test("a run directory that cannot be made or written is the surroundings' fault", async () => {
    const folder = scratch()
    writeFileSync(join(folder, 'file'), '')
    const outcome = await spawnCli(['run', ...FLAGS, '--run-dir', 'file/r', '--json'], { cwd: folder })
    expect(outcome.code).toBe(4)
    expect(jsonOf(outcome).error).toMatchObject({
      code: 'RUN_DIR',
      message: expect.stringContaining(join(folder, 'file/r')),
      hint: expect.stringContaining('--run-dir'),
    })
  })

  test('a configuration that is not there is refused before anything is made', async () => {
    const folder = scratch()
    const { code, stderr } = await cli(['run', 'nope.yaml'], { cwd: folder })
    expect(code).toBe(2)
    expect(stderr).toContain(`there is no configuration file ${join(folder, 'nope.yaml')}`)
    expect(existsSync(join(folder, 'runs'))).toBe(false)
  })

  test('without --run-dir a new one is made under runs/, and it is the one that is looked at', async () => {
    const folder = scratch()
    const made = await spawnCli(['run', ...FLAGS, '--iterations', '2', '--json'], { cwd: folder })
    const [name] = readdirSync(join(folder, 'runs'))
    expect(jsonOf(made).runDir).toBe(join(folder, 'runs', name!))
    const list = jsonOf(await cli(['history', 'list', '--json'], { cwd: folder }))
    expect(list.runDir).toBe(join(folder, 'runs', name!))
    expect(list.iterations).toHaveLength(2)
  })
})

describe('champion', () => {
  test('show has code, metrics, decision and descent', async () => {
    const plain = await cli(['champion', 'show', '--run-dir', 'r'], { cwd, columns: 80 })
    expect(plain).toMatchObject({ code: 0, stderr: '' })
    expect(plain.stdout).toContain('export default strategy({')
    expect(plain.stdout).toContain('train  validation')
    const shown = jsonOf(await cli(['champion', 'show', '--run-dir', 'r', '--json'], { cwd }))
    const record = historyOf(join(cwd, 'r')).find(
      ({ kind, iteration }) => kind === 'iteration' && iteration === shown.iteration,
    )
    expect(shown).toMatchObject({
      strategy: { hash: record.strategy.hash },
      metrics: record.metrics,
      because: record.champion.because,
    })
    expect(plain.stdout.replace(/\s+/g, ' ')).toContain(record.champion.because)
    for (const line of plain.stdout.split('\n').slice(0, 6)) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('history has every reign, the last one open', async () => {
    const { champions } = jsonOf(await cli(['champion', 'history', '--run-dir', 'r', '--json'], { cwd }))
    expect(champions.length).toBeGreaterThan(0)
    expect(champions.at(-1).to).toBeNull()
    for (const [i, reign] of champions.slice(0, -1).entries()) expect(reign.to).toBe(champions[i + 1].from)
  })

  test.each(['ts', 'json'])('exported as %s it backtests to the same hash', async (format) => {
    const out = join(scratch(), `champion.${format}`)
    const exported = jsonOf(
      await cli(['champion', 'export', '--run-dir', 'r', '--format', format, '--out', out, '--json'], {
        cwd,
      }),
    )
    expect(exported).toMatchObject({ format, path: out })
    const text = await cli(['champion', 'export', '--run-dir', 'r', '--format', format], { cwd })
    expect(text.stdout.trimEnd()).toBe(readFileSync(out, 'utf8').trimEnd())
    const backtest = jsonOf(await cli(['backtest', out, '--data', MARKET, '--json'], { cwd }))
    expect(backtest.strategy.hash).toBe(exported.strategy.hash)
  })

  test('a format that there is not is refused', async () => {
    const { code, stderr } = await cli(['champion', 'export', '--run-dir', 'r', '--format', 'py'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('--format is py; it must be ts or json')
  })
})

describe('history', () => {
  test('list shows one line an iteration; --last and --level choose', async () => {
    const list = async (...flags: string[]) =>
      jsonOf(await cli(['history', 'list', '--run-dir', 'r', '--json', ...flags], { cwd })).iterations
    const all = await list()
    expect(all.map(({ iteration }: { iteration: number }) => iteration)).toEqual(
      all.map((_: unknown, i: number) => i),
    )
    expect(await list('--last', '3')).toEqual(all.slice(-3))
    const level = all[0].level
    expect(await list('--level', level, '--last', '1')).toEqual([
      all.findLast((one: { level: string }) => one.level === level),
    ])
    const { stdout } = await cli(['history', 'list', '--run-dir', 'r'], { cwd })
    expect(stdout.trimEnd().split('\n')).toHaveLength(all.length + 1)
    for (const { strategy } of all) expect(stdout).toContain(strategy.name)
    const narrow = await cli(['history', 'list', '--run-dir', 'r'], { cwd, columns: 70, terminal: true })
    for (const line of narrow.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(70)
  })

  test('show has the whole record for programs and its essence for people', async () => {
    const record = historyOf(join(cwd, 'r')).find(({ iteration }) => iteration === 3)
    expect(jsonOf(await cli(['history', 'show', '3', '--run-dir', 'r', '--json'], { cwd }))).toEqual(record)
    const { stdout } = await cli(['history', 'show', '3', '--run-dir', 'r'], { cwd })
    expect(stdout).toContain(record.strategy.name)
    expect(stdout).toContain('What the proposal was told:')
  })

  test('verify finds damage, with exit code 1', async () => {
    expect((await cli(['history', 'verify', '--run-dir', 'r'], { cwd })).stdout).toContain('No damage found')
    const folder = scratch()
    const lines = readFileSync(join(cwd, 'r/history.jsonl'), 'utf8').split('\n')
    lines[2] = lines[2]!.replace('"iteration":', '"iteratoin":')
    writeFileSync(join(folder, 'history.jsonl'), lines.join('\n'))
    const { code, stdout } = await cli(['history', 'verify', '--run-dir', folder], { cwd })
    expect(code).toBe(1)
    expect(stdout).toContain('error: ')
  })

  test('export and import bring the records elsewhere, each once', async () => {
    const folder = scratch()
    const out = join(folder, 'h.jsonl')
    await cli(['history', 'export', '--run-dir', 'r', '--out', out], { cwd })
    expect(readFileSync(out)).toEqual(readFileSync(join(cwd, 'r/history.jsonl')))
    const argv = ['history', 'import', 'h.jsonl', '--run-dir', 'copy', '--json']
    const total = historyOf(join(cwd, 'r')).length
    expect(jsonOf(await cli(argv, { cwd: folder }))).toMatchObject({ imported: total, present: 0 })
    expect(jsonOf(await cli(argv, { cwd: folder }))).toMatchObject({ imported: 0, present: total })
    const csv = await cli(['history', 'export', '--run-dir', 'r', '--format', 'csv'], { cwd })
    const iterations = historyOf(join(cwd, 'r')).filter(({ kind }) => kind === 'iteration').length
    expect(csv.stdout.trimEnd().split('\n')).toHaveLength(iterations + 1)
  })

  test.each([
    [['history', 'show', '9999', '--run-dir', 'r'], 'has no iteration 9999', /hint: it has 0 to \d+/],
    [['history', 'show', 'x', '--run-dir', 'r'], "'x' is no iteration number", /hint: /],
    [['history', 'list', '--level', '3', '--run-dir', 'r'], '--level is 3', /hint: write LEVEL_3/],
    [['history', 'export', '--format', 'xml', '--run-dir', 'r'], '--format is xml', /hint: /],
    [['history', 'export', '--json', '--run-dir', 'r'], '--json prints one object', /hint: give --out FILE/],
    [['history', 'import', 'nope.jsonl', '--run-dir', 'new'], 'there is no file', /hint: /],
    [['history', 'import', 'nope.jsonl'], 'import needs to know where to', /hint: give --run-dir/],
    [['champion', 'show', '--run-dir', 'rr'], 'there is no run directory', /hint: did you mean r\?/],
    [['champion', 'show', '--run-dir', '.'], 'is no run: it has no history.jsonl', /hint: /],
    [['champion', 'show'], 'there is no run under', /hint: name one with --run-dir/],
    [['prompt', '--run-dir', 'rr'], 'there is no run directory', /hint: did you mean r\?/],
    [['run', '--replay', 'rr', '--run-dir', 'new'], 'there is no run directory', /hint: did you mean r\?/],
    [['run', '--replay', '.', '--run-dir', 'new'], 'is no run: it has no history.jsonl', /hint: /],
  ])('%j is refused', async (argv, message, hint) => {
    const { code, stderr } = await cli(argv, { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(hint)
    expect(existsSync(join(cwd, 'new'))).toBe(false)
  })
})
