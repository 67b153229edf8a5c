import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { verifyHistory } from '../../src/history/verify.js'
import { BIN, cli } from '../support/cli.js'
import { historyOf, iterationsIn, readHistory } from '../support/histories.js'
import { type Agent, agentOfTest, MARKET, momentum, workFolder } from './support.js'

const ARGS = ['--data', MARKET, '--run-dir', 'run', '--seed', '1', '--workers', '1']
const MANY = 10_000

const iterations = (runDir: string) => iterationsIn(readHistory(runDir))

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5)
}

const sound = async (runDir: string) => {
  expect(await verifyHistory(join(runDir, 'history.jsonl'))).toMatchObject({ ok: true, issues: [] })
  const numbers = iterations(runDir).map(({ iteration }) => iteration)
  expect(numbers).toEqual(numbers.map((_, i) => i))
}

/** A server as a process whose ends the test holds itself. */
function rawServer(folder: string, args: readonly string[] = ARGS) {
  const child = spawn(process.execPath, [BIN, 'mcp', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH!, NO_COLOR: '1', ALPHALOOP_CACHE_DIR: join(folder, 'cache') },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.resume()
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  let id = 0
  const send = (method: string, params: object) =>
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params })}\n`)
  return {
    child,
    ended,
    lines: () => stdout.split('\n').slice(0, -1),
    answers: () =>
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    start() {
      send('initialize', {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'raw', version: '1' },
      })
      child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    },
    tool: (name: string, args: object) => send('tools/call', { name, arguments: args }),
  }
}

type Server = ReturnType<typeof rawServer>

/** Takes about a second to be evaluated. */
const LARGE = 'builtin:seed=3,symbols=150,bars=1500'
const SLOW = [
  "import { field, rank, strategy } from 'alphaloop'",
  "const close = field('close')",
  `const parts = [${Array.from({ length: 16 }, (_, i) => 300 + 7 * i)}].map((n) => close.median(n).div(close.quantile(n + 1, 0.3)))`,
  "export default strategy({ name: 'Slow', score: rank(parts.reduce((a, b) => a.add(b))), select: { top: 4 }, rebalance: 'daily' })",
].join('\n')

describe('a server ends', () => {
  test('when its client leaves a run of iterations, and the directory is free', async () => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    const server = rawServer(folder)
    server.start()
    server.tool('run_iterations', { count: MANY, maxSeconds: 600 })
    await until(() => iterations(runDir).length >= 10)
    server.child.stdin.end()
    expect(await server.ended).toBe(0)
    const recorded = iterations(runDir).length
    await sound(runDir)
    const { code, stdout } = await cli(
      ['run', '--run-dir', 'run', '--iterations', String(recorded + 1), '--json', '--workers', '1'],
      { cwd: folder },
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ iterations: recorded + 1 })
  })

  test.each([
    ['its client leaves', 0, ({ child }: Server) => child.stdin.end()],
    ['SIGTERM comes', 143, ({ child }: Server) => child.kill('SIGTERM')],
    [
      'nobody reads its answers any more',
      0,
      ({ child, tool }: Server) => {
        child.stdout.destroy()
        tool('get_status', {})
      },
    ],
  ])('after the proposal that it is at, when %s', async (_, code, end) => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    const server = rawServer(folder, ['--data', LARGE, '--run-dir', 'run', '--workers', '1'])
    server.start()
    server.tool('propose_strategy', { code: SLOW })
    // A second one waits for its turn, and never gets it.
    server.tool('propose_strategy', { code: momentum(20) })
    await until(() => readHistory(runDir).length > 0)
    expect(iterations(runDir)).toEqual([])
    end(server)
    expect(await server.ended).toBe(code)
    expect(iterations(runDir).map(({ strategy }) => strategy?.name)).toEqual(['Slow'])
    await sound(runDir)
  })
})

describe('the wire', () => {
  test('stdout holds messages of the protocol and nothing else, whatever comes in', async () => {
    const folder = workFolder()
    const server = rawServer(folder)
    server.start()
    server.child.stdin.write('this is no JSON\n{"jsonrpc":"2.0"}\n[]\n\n')
    server.tool('get_status', {})
    server.tool('propose_strategy', { code: "console.log('x'); export default 1" })
    server.tool('run_iterations', { count: 3 })
    server.tool('no_such_tool', {})
    await until(() => server.answers().filter(({ id }) => id !== undefined && id !== null).length >= 5)
    for (const answer of server.answers()) expect(answer.jsonrpc).toBe('2.0')
    expect(server.answers().map(({ id }) => id)).toEqual(expect.arrayContaining([1, 2, 3, 4, 5]))
    // Whoever sent a broken line would wait for its answer for ever; the blank one is nothing.
    const refused = server.answers().filter(({ id }) => id === null)
    expect(refused.map(({ error }) => error.code)).toEqual([-32700, -32600, -32600])
    expect(server.answers().find(({ id }) => id === 5)).toMatchObject({
      error: { code: -32602, data: { code: 'UNKNOWN_TOOL' } },
    })
    server.child.stdin.end()
    expect(await server.ended).toBe(0)
  })

  test('a client of the newest revision of the protocol is served too', async () => {
    const agent = await agentOfTest(workFolder(), ARGS, { versionNegotiation: { mode: 'auto' } })
    expect(agent.client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    const heard: number[] = []
    const told = await agent.get(
      'run_iterations',
      { count: 2 },
      { onprogress: (p) => heard.push(p.progress) },
    )
    expect(told).toMatchObject({ recorded: 2 })
    expect(heard[0]).toBe(0)
  })
})

describe('nothing that was acknowledged is lost', () => {
  test('a run cut by agents and by kill -9, and ended by `run`, is the one that nothing interrupted', async () => {
    const folder = workFolder()
    const args = (runDir: string) => ARGS.with(3, runDir)
    // Cuts within a batch of eight, so that what is left of it must be drawn again.
    const firstPart = async (agent: Agent) => {
      await agent.get('run_iterations', { count: 11 })
      await agent.get('propose_strategy', { code: momentum(31), parents: [2] })
      await agent.get('propose_strategy', { code: 'export default 1' })
    }
    const secondPart = async (agent: Agent) => {
      await agent.get('propose_strategy', { code: momentum(31) })
      await agent.get('run_iterations', { count: 4 })
    }
    const smooth = await agentOfTest(folder, args('smooth'))
    await firstPart(smooth)
    await secondPart(smooth)
    await smooth.get('run_iterations', { count: 8 })

    const first = await agentOfTest(folder, args('killed'))
    await firstPart(first)
    process.kill(first.pid, 'SIGKILL')
    const second = await agentOfTest(folder, args('killed'))
    await secondPart(second)
    process.kill(second.pid, 'SIGKILL')
    const { code } = await cli(
      ['run', '--run-dir', 'killed', '--iterations', '26', '--workers', '1', '--quiet'],
      { cwd: folder },
    )
    expect(code).toBe(0)
    await sound(join(folder, 'killed'))
    const proposers = iterations(join(folder, 'smooth')).map(({ proposer }) => proposer)
    expect(proposers.flatMap((proposer, i) => (proposer === 'agent' ? [i] : []))).toEqual([11, 12, 13])
    expect(historyOf(join(folder, 'killed'))).toEqual(historyOf(join(folder, 'smooth')))
  })

  test('killed while it works, every record that was told stands, and the run goes on', async () => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    const agent = await agentOfTest(folder, ARGS)
    const told = await agent.get('propose_strategy', { code: momentum(25) })
    const run = agent.call('run_iterations', { count: MANY, maxSeconds: 600 }).catch(() => 'gone')
    await until(() => iterations(runDir).length >= 12)
    process.kill(agent.pid, 'SIGKILL')
    expect(await run).toBe('gone')
    const before = iterations(runDir).length
    expect(iterations(runDir)[0]!.strategy!.hash).toBe(told.strategy.hash)
    const again = await agentOfTest(folder, ARGS)
    expect(await again.get('get_status')).toMatchObject({ iterations: before })
    expect(await again.get('propose_strategy', { code: momentum(26) })).toMatchObject({ iteration: before })
    await sound(runDir)
  })
})

describe('calls meet', () => {
  test('a cancelled run records what is being evaluated, and the next writer gets its turn', async () => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    const agent = await agentOfTest(folder, ARGS)
    const cancel = new AbortController()
    const run = agent.call('run_iterations', { count: MANY, maxSeconds: 600 }, { signal: cancel.signal })
    const waiting = new AbortController()
    await until(() => iterations(runDir).length >= 3)
    const never = agent.call('propose_strategy', { code: momentum(51) }, { signal: waiting.signal })
    waiting.abort()
    await expect(never).rejects.toThrow()
    cancel.abort()
    await expect(run).rejects.toThrow()
    const told = await agent.get('propose_strategy', { code: momentum(52) })
    expect(told.iteration).toBe(iterations(runDir).length - 1)
    // What was cancelled before its turn is nowhere.
    expect(iterations(runDir).filter(({ proposer }) => proposer === 'agent')).toHaveLength(1)
    await sound(runDir)
  })

  test('of two servers on one directory the second reads, and is refused to write with the pid of the first', async () => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    const [first, second] = await Promise.all([agentOfTest(folder, ARGS), agentOfTest(folder, ARGS)])
    const cancel = new AbortController()
    const run = first
      .call('run_iterations', { count: MANY, maxSeconds: 600 }, { signal: cancel.signal })
      .catch(() => {})
    await until(() => iterations(runDir).length >= 3)
    expect((await second.get('get_status')).iterations).toBeGreaterThanOrEqual(3)
    expect(await second.problem('propose_strategy', { code: momentum(61) })).toMatchObject({
      code: 'RUN_IN_USE',
      pid: first.pid,
      message: `the run directory is in use by process ${first.pid}`,
    })
    cancel.abort()
    await run
    // Between two turns the directory is free, and each finds what the other has recorded.
    let told = await second.call('propose_strategy', { code: momentum(62) })
    while (told.isError) told = await second.call('propose_strategy', { code: momentum(62) })
    expect(await first.get('propose_strategy', { code: momentum(62, 'The same') })).toMatchObject({
      outcome: 'duplicate',
      duplicateOf: (told.structuredContent as { iteration: number }).iteration,
    })
    await sound(runDir)
  })
})

describe('settings and data that cannot be used', () => {
  test('are told by the tools that need them, and may be mended while the server runs', async () => {
    const folder = workFolder()
    writeFileSync(join(folder, 'alphaloop.yaml'), 'itertions: 5\n')
    const agent = await agentOfTest(folder, ['--run-dir', 'run', '--workers', '1'])
    expect(await agent.problem('get_status')).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('itertions'),
    })
    writeFileSync(join(folder, 'alphaloop.yaml'), 'data: prices/none.csv\n')
    expect(await agent.get('get_status')).toMatchObject({ iterations: 0 })
    const missing = await agent.problem('describe_data')
    expect(missing.message).toContain('prices/none.csv')
    expect(JSON.stringify(missing)).not.toContain(folder)
    expect(existsSync(join(folder, 'run'))).toBe(false)
    writeFileSync(join(folder, 'alphaloop.yaml'), `data: ${MARKET}\n`)
    expect(await agent.get('describe_data')).toMatchObject({ objective: 'sharpe' })
    expect(await agent.get('propose_strategy', { code: momentum(20) })).toMatchObject({ iteration: 0 })
  })

  test('a run that was created with others is not written to', async () => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    const first = await agentOfTest(folder, ARGS)
    await first.get('propose_strategy', { code: momentum(20) })
    await first.close()
    const before = readFileSync(join(runDir, 'history.jsonl'))
    const other = await agentOfTest(folder, ARGS.with(5, '2'))
    expect(await other.get('get_status')).toMatchObject({ iterations: 1 })
    expect(await other.problem('propose_strategy', { code: momentum(21) })).toMatchObject({
      code: 'RUN_CHANGED',
      message: expect.stringContaining('seed: 1 → 2'),
    })
    expect(readFileSync(join(runDir, 'history.jsonl')).equals(before)).toBe(true)
  })

  test("the user's own strategies are evaluated before an agent's first", async () => {
    const folder = workFolder()
    writeFileSync(join(folder, 'mine.ts'), momentum(90, 'Mine'))
    writeFileSync(join(folder, 'alphaloop.yaml'), `data: ${MARKET}\nstart: [mine.ts]\nworkers: 1\n`)
    const agent = await agentOfTest(folder, ['--run-dir', 'run'])
    expect(await agent.get('propose_strategy', { code: momentum(20) })).toMatchObject({ iteration: 1 })
    expect(iterations(join(folder, 'run')).map(({ proposer }) => proposer)).toEqual(['start', 'agent'])
  })
})
