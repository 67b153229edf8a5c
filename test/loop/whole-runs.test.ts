import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { BIN, cli, startCli, temporaryFolder } from '../support/cli.js'
import { historyOf, iterationsIn, readHistory, recorded } from '../support/histories.js'

const DATA = 'builtin:symbols=20,bars=600'
const ROUNDS = process.env.ALPHALOOP_DEEP === '1' ? 20 : 1
const ITERATIONS = 28

const runArgs = (runDir: string, ...more: string[]) => [
  'run',
  '--data',
  DATA,
  '--iterations',
  String(ITERATIONS),
  '--run-dir',
  runDir,
  '--seed',
  '1',
  '--no-llm',
  '--json',
  ...more,
]

let reference: unknown[]
let referenceSummary: Record<string, unknown>

beforeAll(() => {
  // One worker and no interruption: what every other way of running must come to.
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-reference-'))
  const out = execFileSync(process.execPath, [BIN, ...runArgs('run', '--workers', '1')], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  reference = historyOf(join(folder, 'run'))
  referenceSummary = JSON.parse(out)
  rmSync(folder, { recursive: true })
})

describe('the same history', () => {
  test('the uninterrupted run records every iteration once, with a champion and no failure of ours', () => {
    const numbers = reference.flatMap((record) => (record as { iteration?: number }).iteration ?? [])
    expect(numbers).toEqual(Array.from({ length: ITERATIONS }, (_, i) => i))
    expect(JSON.stringify(reference)).not.toContain('EVALUATION_CRASHED')
    expect(referenceSummary).toMatchObject({ iterations: ITERATIONS, recorded: ITERATIONS })
    expect(referenceSummary.champion).not.toBeNull()
  })

  test('two workers give the history of one', async () => {
    const cwd = temporaryFolder()
    const { code } = await cli(runArgs('run', '--workers', '2'), { cwd })
    expect(code).toBe(0)
    expect(historyOf(join(cwd, 'run'))).toEqual(reference)
  })

  test.each(Array.from({ length: ROUNDS }, (_, i) => i))(
    'several kills at random moments, each followed by a resume (round %i)',
    async (round) => {
      const cwd = temporaryFolder()
      const runDir = join(cwd, 'run')
      const rng = createRng('kills', round)
      const seen: string[] = []
      for (let kill = 0; kill < 3; kill++) {
        const workers = String(1 + (kill % 2))
        const { child, done } = startCli(runArgs('run', '--workers', workers), { cwd })
        const before = iterationsIn(readHistory(runDir)).length
        await recorded(runDir, before + rng.int(0, 9), done)
        await sleep(rng.int(0, 40))
        child.kill('SIGKILL')
        await done
        seen.push(...readHistory(runDir).map(({ id }) => id))
      }
      const { code, stderr } = await cli(runArgs('run', '--workers', '2'), { cwd })
      expect(code).toBe(0)
      expect(stderr).toMatch(/going on after|28 iterations are recorded/)
      const ids = new Set(readHistory(runDir).map(({ id }) => id))
      expect(seen.filter((id) => !ids.has(id))).toEqual([])
      expect(historyOf(runDir)).toEqual(reference)
    },
  )

  test('killed between two batches, and within the writing of a record', async () => {
    const cwd = temporaryFolder()
    const runDir = join(cwd, 'run')
    expect((await cli(runArgs('run', '--iterations', '20'), { cwd })).code).toBe(0)
    const path = join(runDir, 'history.jsonl')
    const lines = readFileSync(path, 'utf8').split('\n')
    // The record of the run, and two whole batches: what a kill between batches leaves behind.
    const boundary = 1 + 2 * 8
    writeFileSync(path, `${lines.slice(0, boundary).join('\n')}\n`)
    appendFileSync(path, lines[boundary]!.slice(0, 300))
    const { code, stderr } = await cli(runArgs('run'), { cwd })
    expect(code).toBe(0)
    expect(stderr).toContain('bytes of a record whose writer died')
    expect(historyOf(runDir)).toEqual(reference)
  })

  test('a total that is raised later gives the history of one long run, with and without --data', async () => {
    const cwd = temporaryFolder()
    for (const total of ['3', '11']) {
      const { code } = await cli(runArgs('run', '--iterations', total), { cwd })
      expect(code).toBe(0)
    }
    const { code, stderr } = await cli(['run', '--run-dir', 'run', '--iterations', String(ITERATIONS)], {
      cwd,
    })
    expect(stderr).toContain('going on after 11 recorded iterations')
    expect(code).toBe(0)
    expect(historyOf(join(cwd, 'run'))).toEqual(reference)

    const again = await cli(runArgs('run'), { cwd })
    expect(again.code).toBe(0)
    expect(again.stderr).toContain('28 iterations are recorded')
    expect(JSON.parse(again.stdout)).toMatchObject({ iterations: ITERATIONS, recorded: 0 })
    expect(historyOf(join(cwd, 'run'))).toEqual(reference)
  })

  test('the caches of a run directory and of the data may vanish between two parts of a run', async () => {
    const cwd = temporaryFolder()
    await cli(runArgs('run', '--iterations', '13'), { cwd })
    rmSync(join(cwd, 'run', 'cache'), { recursive: true })
    const { code } = await cli(runArgs('run'), { cwd, env: { ALPHALOOP_CACHE_DIR: join(cwd, 'cache') } })
    expect(code).toBe(0)
    expect(historyOf(join(cwd, 'run'))).toEqual(reference)
  })
})

describe('interrupts', () => {
  test.each([
    ['SIGINT', 130, 5],
    ['SIGTERM', 143, 9],
  ] as const)(
    '%s leaves with %i, a summary and everything that was acknowledged; the resume goes on',
    async (signal, exitCode, after) => {
      const cwd = temporaryFolder()
      const runDir = join(cwd, 'run')
      const { child, done } = startCli(runArgs('run', '--workers', '2'), { cwd })
      await recorded(runDir, after, done)
      child.kill(signal)
      const { code, stdout, stderr } = await done
      expect(code).toBe(exitCode)
      expect(stderr).toContain('Stopping')
      const summary = JSON.parse(stdout)
      const stored = iterationsIn(readHistory(runDir)).length
      expect(stored).toBeGreaterThanOrEqual(after)
      expect(stored).toBeLessThan(ITERATIONS)
      expect(summary).toMatchObject({ iterations: stored, recorded: stored })
      expect((await cli(runArgs('run'), { cwd })).code).toBe(0)
      expect(historyOf(runDir)).toEqual(reference)
    },
  )

  test('the second signal leaves at once, and what was acknowledged is there', async () => {
    const cwd = temporaryFolder()
    const runDir = join(cwd, 'run')
    const { child, done } = startCli(runArgs('run'), { cwd })
    await recorded(runDir, 3, done)
    child.kill('SIGTERM')
    child.kill('SIGINT')
    const { code } = await done
    expect([130, 143]).toContain(code)
    expect(iterationsIn(readHistory(runDir)).length).toBeGreaterThanOrEqual(3)
    expect((await cli(runArgs('run'), { cwd })).code).toBe(0)
    expect(historyOf(runDir)).toEqual(reference)
  })

  test('an interrupt before the first iteration leaves a run that can be resumed', async () => {
    const cwd = temporaryFolder()
    // As a terminal does it: to the whole group, the process that reads the data included.
    const env = { ALPHALOOP_CACHE_DIR: join(cwd, 'cache') }
    const { child, done, said } = startCli(runArgs('run'), { cwd, env, group: true })
    while (!said().includes('Factor Graph')) await sleep(2)
    await sleep(100)
    process.kill(-child.pid!, 'SIGINT')
    const { code, stdout } = await done
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ iterations: 0, champion: null })
    expect((await cli(runArgs('run'), { cwd })).code).toBe(0)
    expect(historyOf(join(cwd, 'run'))).toEqual(reference)
  })
})

describe('a run directory', () => {
  test('in use is refused, naming the process, and the run in it is not disturbed', async () => {
    const cwd = temporaryFolder()
    const first = startCli(runArgs('run'), { cwd })
    await recorded(join(cwd, 'run'), 1, first.done)
    // It lives, but does nothing: such a run must not be taken for a dead one.
    first.child.kill('SIGSTOP')
    const second = await cli(runArgs('run'), { cwd })
    first.child.kill('SIGCONT')
    expect(second.code).toBe(4)
    expect(JSON.parse(second.stdout).error).toMatchObject({ code: 'RUN_IN_USE', pid: first.child.pid })
    expect(second.stderr).toContain(`process ${first.child.pid}`)
    expect((await first.done).code).toBe(0)
    expect(historyOf(join(cwd, 'run'))).toEqual(reference)
  })

  test('resumed with other settings is refused with what differs; --accept-changes records the change', async () => {
    const cwd = temporaryFolder()
    await cli(runArgs('run', '--iterations', '4'), { cwd })
    const changed = ['--seed', '9', '--market', 'none', '--iterations', '12', '--workers', '1']
    const refused = await cli(runArgs('run', ...changed), { cwd })
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: 'RUN_CHANGED',
      differences: [
        { path: 'market', before: 'us-stock', after: 'none' },
        { path: 'seed', before: 1, after: 9 },
      ],
    })
    expect(refused.stderr).toContain('market: "us-stock" → "none"')
    expect(readHistory(join(cwd, 'run'))).toHaveLength(1 + 4)

    const accepted = await cli(runArgs('run', ...changed, '--accept-changes'), { cwd })
    expect(accepted.code).toBe(0)
    const records = readHistory(join(cwd, 'run'))
    expect(records.filter(({ kind }) => kind === 'change')).toMatchObject([
      { what: 'created' },
      { what: 'config', differences: [{ path: 'market' }, { path: 'seed' }] },
    ])
    expect(iterationsIn(records).map(({ run }) => run?.seed)).toEqual([
      ...Array<number>(4).fill(1),
      ...Array<number>(8).fill(9),
    ])
    // What was accepted holds from then on, without being said again.
    const { code, stderr } = await cli(['run', '--run-dir', 'run', '--iterations', '13'], { cwd })
    expect(code, stderr).toBe(0)
    expect(iterationsIn(readHistory(join(cwd, 'run'))).at(-1)!.run?.seed).toBe(9)
  })

  test('resumed on other data is refused, naming the data', async () => {
    const cwd = temporaryFolder()
    await cli(runArgs('run', '--iterations', '2'), { cwd })
    const onOther = runArgs('run').map((word) =>
      word === DATA ? 'builtin:symbols=20,bars=600,seed=8' : word,
    )
    const { code, stdout } = await cli(onOther, { cwd })
    expect(code).toBe(2)
    expect(JSON.parse(stdout).error.differences).toContainEqual(
      expect.objectContaining({ path: 'data.hash' }),
    )
  })

  test('your own strategies come first: a good one, a broken one, and the good one again', async () => {
    const cwd = temporaryFolder()
    const good = `import { field, rank, strategy } from 'alphaloop'
      const close = field('close')
      export default strategy({ name: 'Mine', score: rank(close.pctChange(20)), select: { top: 5 } })`
    writeFileSync(join(cwd, 'good.ts'), good)
    writeFileSync(join(cwd, 'broken.ts'), good.replace("field('close')", "field('clsoe')"))
    writeFileSync(join(cwd, 'again.ts'), good.replace('Mine', 'Mine under another name'))
    writeFileSync(join(cwd, 'c.yaml'), 'start: [good.ts, broken.ts, again.ts]\n')
    const { code } = await cli(
      ['run', 'c.yaml', '--data', DATA, '--iterations', '10', '--run-dir', 'run', '--no-llm'],
      { cwd },
    )
    expect(code).toBe(0)
    const records = iterationsIn(readHistory(join(cwd, 'run')))
    expect(records.slice(0, 3)).toMatchObject([
      {
        method: 'manual',
        proposer: 'start',
        strategy: { name: 'Mine', code: good },
        execution: { status: 'success' },
      },
      {
        method: 'manual',
        strategy: null,
        level: 'LEVEL_0',
        execution: { status: 'error', error: { code: 'UNKNOWN_FIELD' } },
      },
      {
        method: 'manual',
        level: 'LEVEL_0',
        execution: { status: 'rejected', error: { category: 'duplicate' } },
      },
    ])
    expect(records[1]!.execution).toMatchObject({ error: { message: expect.stringContaining('broken.ts') } })
    expect(records.slice(3).every(({ method }) => method === 'factor_graph')).toBe(true)
    expect(records[9]!.method).toBe('factor_graph')
  })
})
