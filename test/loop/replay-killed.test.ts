import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { cli, startCli, temporaryFolder } from '../support/cli.js'
import { iterationsIn, readHistory, recorded, replayedHistoryOf } from '../support/histories.js'
import { startProvider } from '../support/provider-server.js'
import { scriptedAnswer } from '../support/scripted-model.js'

const DEEP = process.env.ALPHALOOP_DEEP === '1'
const KILLS = DEEP ? 25 : 3

/** Ends whatever opens a connection, in the command and in every process that it starts. */
const NO_NETWORK = `import net from 'node:net'
net.Socket.prototype.connect = () => { process.stderr.write('A SOCKET WAS OPENED\\n'); process.exit(99) }
`

test('a run of 200 iterations, killed and resumed, is replayed without a call, a key or a socket: the same history and champion', async () => {
  const server = await startProvider('openai-compatible', scriptedAnswer)
  onTestFinished(() => server.close())
  const cwd = temporaryFolder()
  const runDir = join(cwd, 'run')
  writeFileSync(
    join(cwd, 'c.yaml'),
    `data: builtin:symbols=8,bars=300,seed=3
iterations: 200
innovationRate: 0.8
seed: 4
llm:
  retries: 1
  backoffSeconds: 0
  models:
    - { model: scripted, baseUrl: "${server.baseUrl}", apiKeyVariable: MODEL_KEY }
`,
  )
  const env = { MODEL_KEY: 'canary-replay-0123456789' }
  const args = ['run', 'c.yaml', '--run-dir', 'run', '--json']
  const rng = createRng('kills of a run to be replayed')
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, done } = startCli(args, { cwd, env })
    const before = iterationsIn(readHistory(runDir)).length
    await recorded(runDir, before + rng.int(1, Math.floor(180 / KILLS)), done)
    await sleep(rng.int(0, 40))
    child.kill('SIGKILL')
    await done
  }
  const original = await cli(args, { cwd, env })
  expect(original.code, original.stderr).toBe(0)
  const records = iterationsIn(readHistory(runDir))
  expect(records).toHaveLength(200)
  // It was worth recording: every way in which a round may end, and failures among the calls.
  const rounds = records.flatMap((record) => record.rounds ?? [])
  const became = new Set(rounds.map(({ outcome }) => outcome?.became))
  expect([...became].sort()).toEqual(['duplicate', 'neverTrades', 'noAnswer', 'proposed', 'refused'])
  const ended = new Set(rounds.flatMap(({ calls }) => calls.map((call) => call.ended)))
  expect(ended).toContain('server')

  await server.close()
  const calls = server.calls.length
  writeFileSync(join(cwd, 'no-network.mjs'), NO_NETWORK)
  const replayed = await cli(['run', '--replay', 'run', '--run-dir', 'again', '--json'], {
    cwd,
    env: { NODE_OPTIONS: `--import=${join(cwd, 'no-network.mjs')}` },
  })
  expect(replayed.code, replayed.stderr).toBe(0)
  expect(replayed.stderr).toContain('Replaying 200 iterations')
  expect(server.calls).toHaveLength(calls)
  expect(replayedHistoryOf(join(cwd, 'again'))).toEqual(replayedHistoryOf(runDir))
  const { champion, models } = JSON.parse(replayed.stdout)
  expect(champion).toEqual(JSON.parse(original.stdout).champion)
  expect(champion).not.toBeNull()
  const before = JSON.parse(original.stdout).models
  expect(before.replayedCalls).toBe(0)
  expect(models).toEqual({ ...before, liveCalls: 0, replayedCalls: before.calls })
}, 300_000)
