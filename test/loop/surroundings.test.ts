import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { cli, startCli, temporaryFolder } from '../support/cli.js'
import { historyOf, iterationsIn, readHistory, recorded } from '../support/histories.js'

const isRoot = process.getuid?.() === 0
const NOBODY = 65_534

/** Whether this machine lets us mount a small disk in memory. */
const canMount =
  process.platform === 'linux' &&
  isRoot &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

function smallDisk(size: string): string {
  const folder = join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
  })
  return folder
}

const runArgs = (runDir: string, iterations = 24) => [
  'run',
  '--data',
  'builtin:symbols=12,bars=600',
  '--iterations',
  String(iterations),
  '--run-dir',
  runDir,
  '--no-llm',
  '--json',
]

test.skipIf(!canMount)(
  'a disk that fills up in the middle of a run (needs root to mount one): exit 4, the message names file and cause, whole records stay, and the run goes on once there is space',
  async () => {
    const cwd = temporaryFolder()
    const disk = smallDisk('2m')
    const runDir = join(disk, 'run')
    const ballast = join(disk, 'ballast')
    const first = startCli(runArgs(runDir, 400), { cwd })
    await recorded(runDir, 3, first.done)
    // As much as there is: the next append finds no room.
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'])
    const { code, stdout, stderr } = await first.done
    expect(code).toBe(4)
    const { error } = JSON.parse(stdout)
    expect(error).toMatchObject({ code: 'HISTORY_NO_SPACE', path: join(runDir, 'history.jsonl') })
    expect(stderr).toContain('history.jsonl')
    expect(stderr).not.toContain('    at ')
    expect(readFileSync(join(runDir, 'history.jsonl'), 'utf8').endsWith('\n')).toBe(true)
    const stored = iterationsIn(readHistory(runDir)).length
    expect(stored).toBeGreaterThanOrEqual(3)

    const total = stored + 10
    execFileSync('rm', [ballast])
    expect((await cli(runArgs(runDir, total), { cwd })).code).toBe(0)
    expect((await cli(runArgs('elsewhere', total), { cwd })).code).toBe(0)
    expect(historyOf(runDir)).toEqual(historyOf(join(cwd, 'elsewhere')))
  },
)

test.skipIf(!canMount)(
  'a disk that is full from the start (needs root to mount one): exit 4 and the cause',
  async () => {
    const disk = smallDisk('64k')
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=4k'])
    const { code, stdout } = await cli(runArgs(join(disk, 'run')), { cwd: temporaryFolder() })
    expect(code).toBe(4)
    expect(JSON.parse(stdout).error.message).toMatch(/ENOSPC|no space/i)
  },
)

test.skipIf(process.platform === 'win32')(
  'a run directory without write permission: exit 4, and the directory is named',
  async () => {
    const cwd = temporaryFolder()
    // Root may write anywhere, so it becomes somebody else.
    const drop = isRoot ? { uid: NOBODY } : {}
    chmodSync(cwd, 0o755)
    const cache = join(cwd, 'cache')
    mkdirSync(cache)
    chmodSync(cache, 0o777)
    for (const runDir of ['there', 'parent/not-there']) {
      mkdirSync(join(cwd, runDir.split('/')[0]!))
      chmodSync(join(cwd, runDir.split('/')[0]!), 0o555)
      const { code, stdout, stderr } = await cli(runArgs(runDir), {
        cwd,
        env: { ALPHALOOP_CACHE_DIR: cache },
        ...drop,
      })
      expect(code, stderr).toBe(4)
      expect(JSON.parse(stdout).error).toMatchObject({ code: 'RUN_DIR', runDir: join(cwd, runDir) })
      expect(stderr).toContain(join(cwd, runDir))
    }
  },
)

test('a history that is moved away in the middle of a run stops it: exit 4, and what was put there is not written to', async () => {
  const cwd = temporaryFolder()
  const path = join(cwd, 'run', 'history.jsonl')
  const running = startCli(runArgs('run', 400), { cwd })
  await recorded(join(cwd, 'run'), 2, running.done)
  execFileSync('mv', [path, `${path}.moved`])
  const { code, stdout } = await running.done
  expect(code).toBe(4)
  expect(JSON.parse(stdout).error).toMatchObject({ code: 'HISTORY_REPLACED', path })
  expect(existsSync(path)).toBe(false)
  expect(readFileSync(`${path}.moved`, 'utf8').endsWith('\n')).toBe(true)
})
