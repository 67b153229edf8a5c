import { describe, expect, test } from 'vitest'
import { cli, jsonOf } from '../support/cli-io.js'

const cwd = import.meta.dirname
const COMMANDS = [
  'init',
  'run',
  'backtest',
  'factor',
  'champion show',
  'champion history',
  'champion export',
  'positions',
  'history list',
  'history show',
  'history verify',
  'history export',
  'history import',
  'prompt',
  'data describe',
  'data check',
  'data convert',
  'data generate',
  'config show',
  'doctor',
  'mcp',
]

describe('help', () => {
  test.each(COMMANDS)('%s has an example of itself, and the options that every command has', async (name) => {
    const { code, stdout, stderr } = await cli([...name.split(' '), '--help'], { cwd })
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toContain(`Usage: alphaloop ${name} `)
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ alphaloop ${name}\\b`))
    for (const option of ['--json', '--quiet', '--verbose', '--help']) expect(stdout).toContain(option)
  })

  test.each(['champion', 'history', 'data', 'config'])(
    'a group of commands has an example of one of them: %s',
    async (name) => {
      const { code, stdout } = await cli([name, '--help'], { cwd })
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`Example:\\n  \\$ alphaloop ${name} \\w`))
    },
  )

  test('no command at all shows the commands', async () => {
    const { code, stdout } = await cli([], { cwd })
    expect(code).toBe(0)
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name.split(' ')[0]}\\b`, 'm'))
  })

  test('the version is printed', async () => {
    expect((await cli(['--version'], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('a command line that is wrong', () => {
  test.each([
    [['bactest', 'x.ts'], "unknown command 'bactest'; did you mean backtest?", 'alphaloop --help'],
    [['history', 'shw'], "unknown command 'shw'; did you mean show?", 'alphaloop history --help'],
    [['champion'], 'alphaloop champion needs to know what: show, history, export', 'alphaloop champion'],
    [['backtest'], "missing required argument 'file'", 'alphaloop backtest --help'],
    [['backtest', 'x.ts', '--dta', 'y'], "unknown option '--dta'; did you mean --data?", 'backtest --help'],
    [['data', 'describe', '--unadjustd'], 'did you mean --unadjusted?', 'alphaloop data describe --help'],
    [['backtest', 'x.ts', '--data'], "option '--data <path>' argument missing", 'backtest --help'],
    [['backtest', 'x.ts', 'y.ts'], "too many arguments for 'backtest'", 'backtest --help'],
    [['run', '--iterations', 'abc'], "--iterations: 'abc' is not a whole number", 'alphaloop run --help'],
    [['run', '--iterations', '-5'], "--iterations: '-5' is below", 'alphaloop run --help'],
    [['run', '--seed', '1.5'], "--seed: '1.5' is not a whole number", 'alphaloop run --help'],
    [['run', '--columns', 'date'], "--columns: 'date' is not of the form role=Column", 'run --help'],
    [['data', 'generate'], "required option '--out <file>' not specified", 'data generate --help'],
  ])('%j', async (argv, message, hint) => {
    const plain = await cli(argv, { cwd })
    expect(plain.code).toBe(2)
    expect(plain.stdout).toBe('')
    expect(plain.stderr).toContain(`error: `)
    expect(plain.stderr).toContain(message)
    expect(plain.stderr).toContain(`hint: alphaloop `)
    expect(plain.stderr).toContain(hint)
    expect(plain.stderr).not.toMatch(/^ +at /m)

    const json = await cli([...argv, '--json'], { cwd })
    // With --json as the value of an option, there is another mistake to tell.
    if (argv.at(-1) === '--data') return
    expect(json.code).toBe(2)
    expect(jsonOf(json).error).toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) })
  })

  test('an option of every command before the command is told where it belongs', async () => {
    const { code, stderr } = await cli(['--quiet', 'backtest', 'x.ts'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('--quiet stands before the command')
    expect(stderr).toContain('alphaloop backtest … --quiet')
  })
})
