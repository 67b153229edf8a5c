import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { STRATEGY_TEMPLATE } from '../../src/cli/commands/init-templates.js'
import { BIN, type Outcome, scratch } from '../support/cli-io.js'

/** Runs a command on a terminal of 80 columns, and types each answer when its prompt is seen. */
const DRIVER = `
import fcntl, json, os, pty, select, struct, sys, termios
command, answers = sys.argv[2:], json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 80, 0, 0))
seen = b''
while True:
    select.select([fd], [], [], 30)
    try:
        chunk = os.read(fd, 65536)
    except OSError:
        break
    if not chunk:
        break
    os.write(1, chunk)
    seen += chunk
    if answers and answers[0][0].encode() in seen:
        os.write(fd, answers.pop(0)[1].encode())
        seen = b''
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`
const hasPython = spawnSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode']).status === 0

function onTerminal(
  argv: readonly string[],
  cwd: string,
  answers: readonly (readonly [string, string])[] = [],
): Promise<Outcome> {
  const child = spawn('python3', ['-c', DRIVER, JSON.stringify(answers), process.execPath, BIN, ...argv], {
    cwd,
    env: { PATH: process.env.PATH!, TERM: 'xterm', ALPHALOOP_CACHE_DIR: join(cwd, 'cache') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code!, stdout, stderr: '' })))
}

describe.skipIf(!hasPython)('on a terminal (needs python3 for a pseudo-terminal)', () => {
  test('init asks for data and market', async () => {
    const cwd = scratch()
    const { code, stdout } = await onTerminal(['init', 'new'], cwd, [
      ['Market data', 'prices.csv\r'],
      ['Market (costs', '\u001b[B\r'],
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('Wrote new/alphaloop.yaml')
    const text = readFileSync(join(cwd, 'new/alphaloop.yaml'), 'utf8')
    expect(text).toContain('data: "../prices.csv"')
    expect(text).toContain('market: tw-stock')
  })

  test('leaving init by Ctrl-C writes nothing and exits with 130', async () => {
    const cwd = scratch()
    const { code, stdout } = await onTerminal(['init', 'new'], cwd, [['Market data', '\u0003']])
    expect(code).toBe(130)
    expect(stdout).toContain('Nothing was written.')
    expect(existsSync(join(cwd, 'new'))).toBe(false)
  })

  test('a run draws its bar in one line, in colours, and nothing is wider than the terminal', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'calm.ts'), STRATEGY_TEMPLATE)
    writeFileSync(join(cwd, 'alphaloop.yaml'), 'data: builtin:symbols=30,bars=1800\nstart: [calm.ts]\n')
    const { code, stdout } = await onTerminal(['run', '--iterations', '10', '--no-llm'], cwd)
    expect(code).toBe(0)
    expect(stdout).toContain('\r\u001b[2K█')
    expect(stdout).toMatch(/█+░* \d+\/10 · [\d.]+ iterations\/s · [\d.]+ s left/)
    expect(stdout).toContain('\u001b[1mChampion: ')
    const lines = stdout
      .replaceAll('\r\n', '\n')
      .split('\n')
      .map((line) => stripVTControlCharacters(line.split('\r').at(-1)!))
    // Paths and commands stay whole, so that they can be copied.
    for (const line of lines)
      if (!/^(Run | {2}alphaloop |The history)/.test(line)) expect(line.length, line).toBeLessThanOrEqual(80)
  })
})
