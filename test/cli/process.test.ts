import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { STRATEGY_TEMPLATE } from '../../src/cli/commands/init-templates.js'
import { BIN, jsonOf, scratch, spawnCli } from '../support/cli-io.js'

const shell = (command: string, cwd: string) =>
  promisify(execFile)('sh', ['-c', command], {
    cwd,
    env: { PATH: process.env.PATH!, BIN, NODE: process.execPath },
  })

/** A user of the system that owns nothing, for tests that run as root: root may write anywhere. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const onUnix = process.platform !== 'win32'

describe('the process', () => {
  test('exit codes reach the shell, and errors stay off stdout', async () => {
    const wrong = await spawnCli(['backtest', 'nope.ts'], { cwd: scratch() })
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/^error: there is no strategy file .*\nhint: .*\n$/)
    const data = await spawnCli(['data', 'describe', 'nope.csv', '--json'], { cwd: scratch() })
    expect(data.code).toBe(3)
    expect(jsonOf(data).error.code).toMatch(/^[A-Z_]+$/)
  })

  test.runIf(onUnix)('a reader that leaves early is no failure', async () => {
    const { stdout, stderr } = await shell(
      '( "$NODE" "$BIN" factor close --data builtin:symbols=5,bars=300; echo "exit $?" >&2 ) | head -1',
      scratch(),
    )
    expect(stdout).toBe('close\n')
    expect(stderr).toBe('exit 0\n')
    const errors = await shell('"$NODE" "$BIN" backtest nope.ts 2>&1 >/dev/null | true', scratch())
    expect(errors.stderr).toBe('')
  })

  test.runIf(existsSync('/dev/full'))('a full disk is told in words, with exit code 4', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 's.ts'), STRATEGY_TEMPLATE)
    const market = ['--data', 'builtin:symbols=25,bars=300']
    for (const argv of [
      ['backtest', 's.ts', '--equity', '/dev/full', ...market],
      ['backtest', 's.ts', '--trades', '/dev/full', ...market],
      ['factor', 'close', '--out', '/dev/full', ...market],
    ]) {
      const outcome = await spawnCli([...argv, '--json'], { cwd })
      expect(outcome.code).toBe(4)
      expect(jsonOf(outcome).error).toMatchObject({
        code: 'CANNOT_WRITE',
        message: '/dev/full: there is no space left on the device',
        path: '/dev/full',
      })
    }
    const { stderr } = await shell('"$NODE" "$BIN" --help >/dev/full; echo "exit $?" >&2', cwd)
    expect(stderr).toBe('error: standard output: there is no space left on the device\nexit 4\n')
  })

  test.runIf(onUnix)('a folder without permission to write is told in words, with exit code 4', async () => {
    const cwd = scratch()
    chmodSync(cwd, 0o755)
    writeFileSync(join(cwd, 's.ts'), STRATEGY_TEMPLATE)
    mkdirSync(join(cwd, 'closed'), { mode: 0o555 })
    mkdirSync(join(cwd, 'cache'))
    chmodSync(join(cwd, 'cache'), 0o777)
    const env = { ALPHALOOP_CACHE_DIR: join(cwd, 'cache') }
    const as = isRoot ? { uid: NOBODY } : {}
    const market = ['--data', 'builtin:symbols=25,bars=300']
    const equity = await spawnCli(['backtest', 's.ts', '--equity', 'closed/e.csv', '--json', ...market], {
      cwd,
      env,
      ...as,
    })
    expect(equity.code).toBe(4)
    expect(jsonOf(equity).error.message).toBe(`${join(cwd, 'closed/e.csv')}: permission is denied`)
    const run = await spawnCli(['run', '--run-dir', 'closed/r', '--json', ...market], { cwd, env, ...as })
    expect(run.code).toBe(4)
    expect(jsonOf(run).error).toMatchObject({
      code: 'RUN_DIR',
      hint: expect.stringContaining('choose another with --run-dir'),
    })
    const init = await spawnCli(['init', 'closed/new', '--json'], { cwd, env, ...as })
    expect(init.code).toBe(4)
    chmodSync(join(cwd, 'closed'), 0o755)
  })

  test('a result that could not be written whole is not left behind', async () => {
    const cwd = scratch()
    mkdirSync(join(cwd, 'taken'))
    writeFileSync(join(cwd, 's.ts'), STRATEGY_TEMPLATE)
    const outcome = await spawnCli(
      ['backtest', 's.ts', '--equity', 'taken', '--data', 'builtin:symbols=25,bars=300', '--json'],
      { cwd },
    )
    expect(outcome.code).toBe(2)
    expect(jsonOf(outcome).error.message).toBe(`${join(cwd, 'taken')}: it is a folder`)
  })

  test('NO_COLOR, FORCE_COLOR and a pipe decide over colours', async () => {
    const cwd = scratch()
    const colored = async (env: Record<string, string>) =>
      (await spawnCli(['config', 'show'], { cwd, env })).stdout.includes('\u001b[')
    expect(await colored({})).toBe(false)
    expect(await colored({ FORCE_COLOR: '1' })).toBe(true)
    expect(await colored({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false)
  })
})
