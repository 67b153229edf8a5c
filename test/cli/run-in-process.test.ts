import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { STRATEGY_TEMPLATE } from '../../src/cli/commands/init-templates.js'
import type { EvaluationSetup } from '../../src/workers/evaluation.js'
import { cli, jsonOf, scratch } from '../support/cli-io.js'
import { startProvider } from '../support/provider-server.js'

// Threads run the built code only; here, where the sources run, strategies are evaluated in this process instead.
vi.mock('../../src/workers/threads.js', async () => {
  const { createInlineRunner } = await import('../../src/workers/inline.js')
  return {
    createThreadRunner: (setup: EvaluationSetup) => createInlineRunner(setup, () => performance.now()),
  }
})

describe('run, for a person', () => {
  test('shows the champion beside the benchmark, the counts, the files and what to try next', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'mine.yaml'), 'data: builtin:symbols=30,bars=1800\nstart: [calm.ts]\n')
    writeFileSync(join(cwd, 'calm.ts'), STRATEGY_TEMPLATE)
    const { code, stdout, stderr } = await cli(
      ['run', 'mine.yaml', '--iterations', '3', '--no-llm', '--run-dir', 'my run', '--verbose'],
      { cwd, columns: 120, colors: true },
    )
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('Every strategy comes from the Factor Graph.')
    expect(stderr).toMatch(/Iteration 0: new champion/)
    expect(stderr).toMatch(/Iteration \d: LEVEL_\d /)
    for (const part of [
      'Champion: ',
      'benchmark',
      'validation',
      '3 (3 now',
      'levels',
      'proposers',
      'distinct',
    ])
      expect(stdout).toContain(part)
    // What goes on has to name the file and what was said beside it.
    expect(stdout).toContain(
      `alphaloop run mine.yaml --no-llm --run-dir '${join(cwd, 'my run')}' --iterations 6`,
    )
    const again = await cli(
      ['run', 'mine.yaml', '--iterations', '3', '--no-llm', '--run-dir', 'my run', '--json'],
      { cwd },
    )
    expect(again.stderr).toContain('3 iterations are recorded, and the total is 3. More: --iterations 6')
    expect(jsonOf(again)).toMatchObject({ iterations: 3, recorded: 0 })
  })

  test('what models were asked is told with what is estimated of it, and in a replay with what was made', async () => {
    const [one, two] = await Promise.all([
      startProvider('openai-compatible', [{ kind: 'garbage', body: '{"hello":1}' }]),
      startProvider('openai-compatible', [{ kind: 'text', text: 'Buy what rises.' }]),
    ])
    onTestFinished(async () => void (await Promise.all([one.close(), two.close()])))
    const cwd = scratch()
    const price = 'price: { inputPerMillion: 1, outputPerMillion: 2 }'
    writeFileSync(
      join(cwd, 'mine.yaml'),
      [
        'data: builtin:symbols=6,bars=300',
        'innovationRate: 1',
        'llm:',
        '  maxRounds: 1',
        '  fallback: [two]',
        '  models:',
        `    - { model: one, baseUrl: '${one.baseUrl}', ${price} }`,
        `    - { model: two, baseUrl: '${two.baseUrl}', weight: 0, ${price} }`,
        '',
      ].join('\n'),
    )
    const args = ['--iterations', '2', '--run-dir', 'own']
    const { code, stdout, stderr } = await cli(['run', 'mine.yaml', ...args], { cwd })
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^models +one 0 of 2 · two 2 \(asked first 0 times\) answered$/m)
    expect(stdout).toMatch(/^model calls +4 calls, \d+ tokens, cost \$\d\.\d{4}$/m)
    expect(stdout).toMatch(/^of these, estimated +2 calls whose usage was not told, at the most /m)
    const shown = await cli(['history', 'show', '0', '--run-dir', 'own'], { cwd })
    expect(shown.stdout).toMatch(/two stepped in for one \(one failed: .*[^.]\)/s)
    const again = await cli(['run', '--replay', 'own', '--run-dir', 'again'], { cwd })
    expect(again.stdout).toMatch(/^model calls +4 calls \(4 recorded before, 0 made\), /m)
  })

  test('a key whose value is a word of the prompts is told by the name of its variable', async () => {
    const cwd = scratch()
    writeFileSync(
      join(cwd, 'mine.yaml'),
      [
        'data: builtin:symbols=6,bars=300',
        'innovationRate: 1',
        'llm:',
        '  retries: 0',
        "  models: [{ model: m, baseUrl: 'http://127.0.0.1:9/v1', apiKeyVariable: MINE }]",
        '',
      ].join('\n'),
    )
    const run = (key: string) =>
      cli(['run', 'mine.yaml', '--iterations', '1', '--run-dir', key], { cwd, env: { MINE: key } })
    const { code, stderr } = await run('unheard-of')
    expect(code, stderr).toBe(0)
    expect(stderr).not.toContain('The value of MINE')
    const torn = await run('strategy')
    expect(torn.stderr).toContain('warning: The value of MINE is a word of the prompts')
    expect(torn.stderr.indexOf('The value of MINE')).toBeLessThan(torn.stderr.indexOf('Run '))
  })

  test('without a champion it says so, and where to look', async () => {
    const cwd = scratch()
    const { code, stdout, stderr } = await cli(
      [
        'run',
        '--data',
        'builtin:symbols=10,bars=300',
        '--iterations',
        '2',
        '--workers',
        '1',
        '--run-dir',
        'r',
      ],
      { cwd, env: { ALPHALOOP_CHAMPION_FIRST_SHARPE: '50' }, columns: 80 },
    )
    expect(code).toBe(0)
    expect(stderr).toContain('No model is configured')
    expect(stdout).toContain('No champion after 2 iterations')
    expect(stdout).toContain('alphaloop history list --level LEVEL_2 --run-dir')
    const shown = await cli(['champion', 'show', '--run-dir', 'r'], { cwd })
    expect(shown.code).toBe(2)
    expect(shown.stderr).toContain('has no champion after 2 iterations')
    expect((await cli(['champion', 'history', '--run-dir', 'r'], { cwd })).stdout).toBe(
      'No champion in 2 iterations.\n',
    )
  })

  test('a resume without a total goes on to the one that was asked for last, or to the default where that is lost', async () => {
    const cwd = scratch()
    const small = ['--data', 'builtin:symbols=12,bars=500', '--run-dir', 'r', '--json']
    expect(jsonOf(await cli(['run', ...small, '--iterations', '2'], { cwd })).total).toBe(2)
    const again = await cli(['run', ...small], { cwd })
    expect(jsonOf(again)).toMatchObject({ iterations: 2, total: 2, recorded: 0 })
    rmSync(join(cwd, 'r', 'cache'), { recursive: true })
    expect(jsonOf(await cli(['run', ...small], { cwd })).total).toBe(50)
  })

  test('a champion that is behind the benchmark on train is called that', async () => {
    const cwd = scratch()
    const { stdout } = await cli(['run', '--data', 'builtin', '--iterations', '4', '--run-dir', 'r'], {
      cwd,
      columns: 200,
    })
    // Iteration 3 of the built-in market at seed 1 is crowned on validation alone.
    expect(stdout).toMatch(/Beware: on train it is behind the benchmark \(Sharpe 0\.\d\d against 0\.76\)/)
  })

  test.each(['file', 'file/below'])(
    'a file in the place of the run directory is named (%s)',
    async (runDir) => {
      const cwd = scratch()
      writeFileSync(join(cwd, 'file'), 'not a run')
      const refused = await cli(['run', '--data', 'builtin', '--run-dir', runDir], { cwd })
      expect(refused.code).toBe(4)
      expect(refused.stderr).toContain('a file stands there or on the way to it')
    },
  )

  test('a model that is configured is named', async () => {
    const cwd = scratch()
    writeFileSync(
      join(cwd, 'alphaloop.yaml'),
      'llm:\n  models: [{ model: tiny, baseUrl: "http://127.0.0.1:9/v1" }]\n  retries: 0\n',
    )
    const argv = ['run', '--data', 'builtin:symbols=10,bars=300', '--iterations', '2', '--workers', '1']
    const { code, stderr, stdout } = await cli([...argv, '--run-dir', 'r'], { cwd })
    expect(code).toBe(0)
    expect(stderr).toContain('tiny writes 20% of the strategies; the Factor Graph makes the rest.')
    expect(stdout).toContain('2 (2 now')
  })
})
