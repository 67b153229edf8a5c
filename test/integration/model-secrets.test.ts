import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProviderName } from '../../src/config/schema.js'
import { keyVariableOf } from '../../src/llm/providers.js'
import { cli, startCli, temporaryFolder } from '../support/cli.js'
import { historyOf, iterationsIn, readHistory, recorded } from '../support/histories.js'
import { type ProviderAnswer, type ProviderServer, startProvider } from '../support/provider-server.js'

/** Keys with the shape of none that the redactor knows, and one whose form in JSON and in an address is another. */
const NAMED = ['openai', 'anthropic', 'google', 'openrouter'] as const
const keyOf = (provider: ProviderName) => `canary-${provider}-"7f3a+Zq/`
const LOCAL_KEY = 'canary-local-0123456789'
/** Enough for each of the five to say everything that it has to say. */
const ITERATIONS = 100

const program = (n: number, remark: string) => `\`\`\`ts
// ${remark}
import { strategy, field, rank } from 'alphaloop'
export default strategy({ name: 'Model ${n}', score: rank(field('close').pctChange(${n})), select: { top: 3 } })
\`\`\``

/** A program whose text holds no key, and whose words do: it puts them together when it runs. */
const assembling = (key: string, program: string) => `\`\`\`ts
import { strategy, field } from 'alphaloop'
const key = [${[...key].map((letter) => JSON.stringify(letter)).join(', ')}].join('')
${program}
\`\`\``
const ASSEMBLED = [
  'throw new Error("the key is " + key)',
  "throw Object.assign(new Error('x'), { details: JSON.stringify({ code: 'WRONG_TYPE', hint: key, given: key, valid: [key] }) })",
  'field(key).smaa(5)',
  "export default strategy({ name: key, score: field('close').pctChange(77), select: { top: 3 } })",
  'export default strategy({ score: field(key), select: { top: 3 } })',
]

/** Everything a provider can do to give a key away: in headers, errors, streams, replies, as text, JSON and address. */
const traitor =
  (key: string) =>
  (_call: unknown, index: number): ProviderAnswer => {
    const quoted = `${key} ${JSON.stringify(key)} https://x.example/?key=${encodeURIComponent(key)}`
    const answers: ProviderAnswer[] = [
      {
        kind: 'text',
        text: program(2 + index, key),
        headers: { 'x-request-key': key, 'set-cookie': `k=${key}` },
      },
      {
        kind: 'status',
        status: 400,
        message: quoted,
        headers: { 'x-request-key': key, 'www-authenticate': `Bearer ${key}` },
      },
      ...ASSEMBLED.map((text): ProviderAnswer => ({ kind: 'text', text: assembling(key, text) })),
      { kind: 'text', text: `${quoted} is no program` },
      { kind: 'errorWithin', message: quoted },
      { kind: 'garbage', body: `{"${quoted.replaceAll('"', "'")}` },
      { kind: 'text', text: program(100 + index, 'fine').replace("'Model", `'${encodeURIComponent(key)}`) },
      { kind: 'status', status: 500, message: quoted },
      {
        kind: 'text',
        text: program(3 + index, key).replace('pctChange', `${LOCAL_KEY.replaceAll('-', '_')}`),
      },
      { kind: 'status', status: 401, message: quoted },
    ]
    return answers[Math.min(index, answers.length - 1)]!
  }

const filesUnder = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')

test('no key stands in anything that is printed or written, whatever providers quote and however a run ends', async () => {
  const folder = temporaryFolder()
  const servers: ProviderServer[] = []
  try {
    // As a file leaves it, with a line break behind.
    const env: Record<string, string> = { LOCAL_KEY: `${LOCAL_KEY}\n` }
    const models: string[] = []
    for (const provider of NAMED) {
      const server = await startProvider(provider, traitor(keyOf(provider)))
      servers.push(server)
      env[keyVariableOf({ provider })!] = keyOf(provider)
      models.push(
        `{ provider: ${provider}, model: ${provider}-model, baseUrl: "${server.baseUrl}", stream: ${provider !== 'google'} }`,
      )
    }
    const local = await startProvider('openai-compatible', traitor(LOCAL_KEY))
    servers.push(local)
    models.push(`{ model: local-model, baseUrl: "${local.baseUrl}", apiKeyVariable: LOCAL_KEY }`)
    writeFileSync(
      join(folder, 'alphaloop.yaml'),
      `data: builtin:symbols=12,bars=500,seed=3
iterations: ${ITERATIONS}
batchSize: 4
innovationRate: 1
runDirectory: run
workers: 1
llm:
  retries: 0
  maxRounds: 2
  timeoutSeconds: 30
  fallback: []
  models:
${models.map((model) => `    - ${model}`).join('\n')}
`,
    )
    const said: string[] = []
    const run = async (...argv: string[]) => {
      const { stdout, stderr, code } = await cli(argv, { cwd: folder, env })
      said.push(stdout, stderr)
      return code
    }

    // Killed in the middle, gone on with, told at length.
    const first = startCli(['run', '--verbose'], { cwd: folder, env })
    await recorded(join(folder, 'run'), 10, first.done)
    first.child.kill('SIGKILL')
    said.push(...Object.values(await first.done).map(String))
    expect(await run('run', '--verbose')).toBe(0)
    const records = iterationsIn(readHistory(join(folder, 'run')))
    expect(records).toHaveLength(ITERATIONS)
    // Who writes is said at the start, what came of it in the report.
    expect(said.join('\n')).toContain(
      'google-model, openrouter-model and local-model write, by weight, 100% of the strategies',
    )
    const report = said.at(-2)!
    expect(report).toMatch(/\nmodels +openai-model \d+ of \d+/)
    expect(report).toMatch(/\nmodel calls +\d+ calls, \d+ tokens, cost unknown for openai-model/)
    // Every model was asked, and each was turned off by name.
    const text = JSON.stringify(records)
    for (const provider of NAMED) expect(text).toContain(keyVariableOf({ provider })!)
    expect(text).toContain('[redacted]')

    expect(await run('doctor', '--verbose', '--json')).toBe(1)
    expect(await run('config', 'show')).toBe(0)
    expect(await run('history', 'list', '--run-dir', 'run')).toBe(0)
    expect(await run('history', 'show', '0', '--run-dir', 'run', '--json')).toBe(0)
    // What was sent, and what would be; what was recorded, answered from again without a key and without a server.
    const sent = records.find(({ rounds }) => (rounds?.[0]?.calls.length ?? 0) > 0)!.iteration
    expect(await run('prompt', '--run-dir', 'run', '--iteration', String(sent))).toBe(0)
    expect(await run('prompt', '--run-dir', 'run', '--iteration', String(ITERATIONS), '--json')).toBe(0)
    const asked = servers.map(({ count }) => count)
    expect(await run('run', '--replay', 'run', '--run-dir', 'again', '--verbose')).toBe(0)
    expect(servers.map(({ count }) => count)).toEqual(asked)
    expect(historyOf(join(folder, 'again'))).toHaveLength(records.length + 1)
    // Where the surroundings break, the stack is printed.
    rmSync(join(folder, 'run', 'history.jsonl'))
    mkdirSync(join(folder, 'run', 'history.jsonl'))
    expect(await run('run', '--verbose')).toBe(4)

    for (const server of servers) expect(server.calls.length).toBeGreaterThan(5)
    const all = `${said.join('\n')}\n${filesUnder(folder)}`
    expect(all.length).toBeGreaterThan(50_000)
    expect(all).not.toContain('canary-openai')
    expect(all).not.toContain('canary-anthropic')
    expect(all).not.toContain('canary-google')
    expect(all).not.toContain('canary-openrouter')
    expect(all).not.toContain('canary-local')
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
})
