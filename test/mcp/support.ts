import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CallToolResult, Client, type ClientOptions } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { onTestFinished } from 'vitest'
import { BIN } from '../support/cli.js'

/** A market that is evaluated in milliseconds; its first 80% are train and validation. */
export const MARKET = 'builtin:seed=3,symbols=12,bars=700'

const CACHE = mkdtempSync(join(tmpdir(), 'alphaloop-mcp-cache-'))
process.on('exit', () => rmSync(CACHE, { recursive: true, force: true }))

export interface Agent {
  readonly client: Client
  /** Process of the server. */
  readonly pid: number
  /** What it wrote to stderr so far. */
  readonly log: () => string
  /** Everything that tools answered, as it came. */
  readonly heard: string[]
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallToolResult>
  /** A call that must succeed: its structured result. */
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects in there
  get(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<any>
  /** A call that must fail: the problem that it tells. */
  problem(name: string, args?: Record<string, unknown>): Promise<Problem>
  close(): Promise<void>
}
type CallOptions = NonNullable<Parameters<Client['callTool']>[1]>

export interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly [detail: string]: unknown
}

/** Starts the built command as a server, and a client of the protocol's own library on it. */
export async function startAgent(
  folder: string,
  args: readonly string[] = ['--data', MARKET, '--run-dir', 'run', '--seed', '1', '--workers', '1'],
  options: ClientOptions & { readonly env?: Record<string, string> } = {},
): Promise<Agent> {
  const { env = {}, ...clientOptions } = options
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [BIN, 'mcp', ...args],
    cwd: folder,
    env: { PATH: process.env.PATH!, NO_COLOR: '1', ALPHALOOP_CACHE_DIR: CACHE, ...env },
    stderr: 'pipe',
  })
  let log = ''
  transport.stderr!.on('data', (chunk) => {
    log += chunk
  })
  const client = new Client({ name: 'test', version: '1.0.0' }, clientOptions)
  await client.connect(transport)
  const pid = transport.pid!
  const heard: string[] = []
  const call: Agent['call'] = async (name, given = {}, callOptions) => {
    const result = (await client.callTool({ name, arguments: given }, callOptions)) as CallToolResult
    heard.push(JSON.stringify(result))
    return result
  }
  return {
    client,
    pid,
    log: () => log,
    heard,
    call,
    async get(name, given, callOptions) {
      const result = await call(name, given, callOptions)
      if (result.isError) throw new Error(`${name}: ${JSON.stringify(result.content)}`)
      return result.structuredContent
    },
    async problem(name, given) {
      const result = await call(name, given)
      if (!result.isError) throw new Error(`${name} succeeded: ${JSON.stringify(result.content)}`)
      return (result.structuredContent as { error: Problem }).error
    },
    close: () => client.close(),
  }
}

/** A folder that is gone after the test, with what still runs in it. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-mcp-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A client whose server is gone after the test. */
export async function agentOfTest(...given: Parameters<typeof startAgent>): Promise<Agent> {
  const agent = await startAgent(...given)
  onTestFinished(async () => {
    try {
      process.kill(agent.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    await agent.close()
  })
  return agent
}

/** A program that no other call of this makes. */
export const momentum = (window: number, name = `Momentum ${window}`): string =>
  [
    "import { field, rank, strategy } from 'alphaloop'",
    "const close = field('close')",
    `export default strategy({ name: '${name}', score: rank(close.pctChange(${window})), select: { top: 4 } })`,
    '',
  ].join('\n')
