import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { contentHash } from '../../src/base/hash.js'
import { openRun } from '../../src/compose.js'
import { createConfig } from '../../src/config/resolve.js'
import { createStrategy } from '../../src/graph/strategy.js'
import type { ModelRound } from '../../src/history/record.js'
import { verifyHistory } from '../../src/history/verify.js'
import { openRecordings } from '../../src/loop/replay.js'
import { replayedRunner } from '../../src/loop/replayed.js'
import type { EvaluationSetup } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import { cli, jsonOf, scratch } from '../support/cli-io.js'
import { iterationsIn, readHistory, replayedHistoryOf } from '../support/histories.js'
import { type ProviderServer, startProvider } from '../support/provider-server.js'
import { scriptedAnswer } from '../support/scripted-model.js'
import { SETUP } from './engine.js'

// Threads run the built code only; here, where the sources run, strategies are evaluated in this process instead.
vi.mock('../../src/workers/threads.js', async () => {
  const { createInlineRunner } = await import('../../src/workers/inline.js')
  return {
    createThreadRunner: (setup: EvaluationSetup) => createInlineRunner(setup, () => performance.now()),
  }
})

const ITERATIONS = 18
const KEY = 'canary-replay-0123456789'
const env = { MODEL_KEY: KEY }

const mine = (n: string) =>
  `import { strategy, field, rank } from 'alphaloop'
export default strategy({ name: 'Mine', score: rank(field('${n}').pctChange(20)), select: { top: 3 } })`

const config = (baseUrl: string, llm = '', rest = '') => `data: builtin:symbols=8,bars=300,seed=3
iterations: ${ITERATIONS}
innovationRate: 0.7
seed: 5
start: [mine.ts, broken.ts]
${rest}
llm:
  retries: 1
  backoffSeconds: 0
  fallback: [second]
  models:
    - { name: scripted, model: scripted, baseUrl: "${baseUrl}", apiKeyVariable: MODEL_KEY, price: { inputPerMillion: 1, outputPerMillion: 2 } }
    - { name: second, model: second, output: json, weight: 0, baseUrl: "${baseUrl}", apiKeyVariable: MODEL_KEY }
${llm}`

/** A folder with a recorded run in \`run\`; what the run asked is over when it returns. */
async function record(cwd: string, llm = '', rest = ''): Promise<{ cwd: string; server: ProviderServer }> {
  const server = await startProvider('openai-compatible', scriptedAnswer)
  writeFileSync(join(cwd, 'mine.ts'), mine('close'))
  writeFileSync(join(cwd, 'broken.ts'), mine('clsoe'))
  writeFileSync(join(cwd, 'c.yaml'), config(server.baseUrl, llm, rest))
  const { code, stderr } = await cli(['run', 'c.yaml', '--run-dir', 'run', '--json'], { cwd, env })
  if (code !== 0) throw new Error(stderr)
  return { cwd, server }
}

let recordedIn: string
let server: ProviderServer
beforeAll(async () => {
  const made = await record(mkdtempSync(join(tmpdir(), 'alphaloop-replay-')))
  recordedIn = made.cwd
  server = made.server
})
afterAll(async () => {
  await server.close()
  rmSync(recordedIn, { recursive: true, force: true })
})

/** A copy of the recorded run that a test may spoil, without the files that it was made from. */
function copy(): string {
  const cwd = scratch()
  cpSync(join(recordedIn, 'run'), join(cwd, 'run'), { recursive: true })
  return cwd
}

const replay = (cwd: string, ...more: string[]) =>
  cli(['run', '--replay', 'run', '--run-dir', 'again', '--json', ...more], { cwd })

/** Rewrites the records of a run that is to be spoilt. */
function rewrite(cwd: string, change: (record: Record<string, unknown>) => unknown): void {
  const path = join(cwd, 'run/history.jsonl')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  writeFileSync(path, `${lines.map((line) => JSON.stringify(change(JSON.parse(line)))).join('\n')}\n`)
}

const modelIterations = (cwd: string) =>
  iterationsIn(readHistory(join(cwd, 'run'))).filter((record) => record.rounds !== undefined)

describe('what a run records', () => {
  test('each call points at its request and its reply, by content, and no key stands in either', async () => {
    const { texts } = await openRecordings(join(recordedIn, 'run'))
    const calls = modelIterations(recordedIn).flatMap(({ rounds = [] }) =>
      rounds.flatMap((round) => round.calls),
    )
    expect(calls.length).toBeGreaterThan(ITERATIONS / 2)
    for (const call of calls) {
      const request = (await texts.get(call.request!))!
      expect(contentHash(Buffer.from(request))).toBe(call.request)
      const { system, messages, ...model } = JSON.parse(request)
      expect(model).toEqual({
        provider: 'openai-compatible',
        model: call.model,
        baseUrl: server.baseUrl,
        output: call.model === 'second' ? 'json' : 'code',
        temperature: null,
        maxOutputTokens: 4000,
      })
      expect(await texts.get(system)).toContain('strategy')
      for (const { text } of messages) expect(await texts.get(text)).toBeTypeOf('string')
      expect('reply' in call).toBe(call.ended === 'replied')
      if (call.reply !== undefined) expect(await texts.get(call.reply)).toBeTypeOf('string')
    }
    expect(new Set(calls.map(({ ended }) => ended)).size).toBeGreaterThan(2)
  })

  test('what was sent to the provider is what is recorded, word for word', async () => {
    const { texts } = await openRecordings(join(recordedIn, 'run'))
    const sent = new Set(server.calls.map(({ said }) => said))
    for (const { rounds = [] } of modelIterations(recordedIn))
      for (const { request } of rounds.flatMap(({ calls }) => calls)) {
        const { model, system, messages } = JSON.parse((await texts.get(request!))!)
        const all = await Promise.all(
          [system, ...messages.map(({ text }: { text: string }) => text)].map((hash) => texts.get(hash)),
        )
        const isSent = [...sent].some(
          (said) => said.includes(model) && all.every((text) => said.includes(text!)),
        )
        expect(isSent).toBe(true)
      }
  })

  test('each round says what became of it, and what was thrown away counts as a trial', () => {
    const records = modelIterations(recordedIn)
    const rounds = records.flatMap(({ rounds = [] }) => rounds)
    for (const { outcome, answered } of rounds) {
      expect(outcome).toBeDefined()
      expect(answered === null).toBe(outcome!.became === 'noAnswer')
      if (outcome!.became === 'refused')
        expect(outcome!.error).toMatchObject({ code: expect.any(String), category: expect.any(String) })
    }
    for (const record of records) {
      const thrownAway = record.rounds!.flatMap(({ outcome }) =>
        outcome!.became === 'neverTrades' ? [outcome!.strategy] : [],
      )
      const tried = new Set(thrownAway).size
      const ablated = record.ablation?.parts.length ?? 0
      expect(record.trials).toBe(1 + tried + ablated)
    }
    expect(rounds.some(({ outcome }) => outcome!.became === 'neverTrades')).toBe(true)
  })
})

describe('a replay', () => {
  test('gives the same history without a call, from a history alone, and says whence it comes', async () => {
    const cwd = copy()
    const calls = server.calls.length
    const { code, stderr, stdout } = await replay(cwd)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(`Replaying ${ITERATIONS} iterations`)
    expect(server.calls).toHaveLength(calls)
    expect(replayedHistoryOf(join(cwd, 'again'))).toEqual(replayedHistoryOf(join(recordedIn, 'run')))
    const [created] = readHistory(join(cwd, 'run'))
    const whence = { of: created!.id, until: ITERATIONS }
    expect(readHistory(join(cwd, 'again'))[0]).toMatchObject({ what: 'created', replay: whence })
    expect(JSON.parse(stdout)).toMatchObject({ replay: whence, iterations: ITERATIONS })
    expect(await verifyHistory(join(cwd, 'again/history.jsonl'))).toMatchObject({ issues: [] })

    // It holds all that it needs to be replayed in turn, and does not go on when it is at its end.
    rmSync(join(cwd, 'run'), { recursive: true })
    const third = await cli(['run', '--replay', 'again', '--run-dir', 'third', '--json'], { cwd })
    expect(third.code, third.stderr).toBe(0)
    expect(replayedHistoryOf(join(cwd, 'third'))).toEqual(replayedHistoryOf(join(cwd, 'again')))
    const over = await cli(['run', '--run-dir', 'third', '--json'], { cwd })
    expect(jsonOf(over)).toMatchObject({ recorded: 0, iterations: ITERATIONS })
  })

  test('that was broken off goes on with --replay, and without it refuses to ask models instead', async () => {
    const cwd = copy()
    expect((await replay(cwd, '--iterations', '9')).code).toBe(0)
    const calls = server.calls.length
    const live = await cli(['run', '--run-dir', 'again', '--iterations', '12', '--json'], { cwd })
    expect(live.code).toBe(2)
    expect(jsonOf(live).error).toMatchObject({ code: 'REPLAY_UNFINISHED', until: ITERATIONS, next: 9 })
    expect(server.calls).toHaveLength(calls)
    expect((await replay(cwd)).code).toBe(0)
    expect(replayedHistoryOf(join(cwd, 'again'))).toEqual(replayedHistoryOf(join(recordedIn, 'run')))
    // Whoever wants to may go on live.
    const other = copy()
    expect((await replay(other, '--iterations', '3')).code).toBe(0)
    const accepted = await cli(
      ['run', '--run-dir', 'again', '--iterations', '4', '--accept-changes', '--json'],
      { cwd: other, env },
    )
    expect(jsonOf(accepted)).toMatchObject({ iterations: 4 })
  })

  test('does not read the configuration in its folder, but the one that is named, and refuses other settings', async () => {
    const cwd = copy()
    writeFileSync(join(cwd, 'alphaloop.yaml'), 'seed: 77\n')
    expect((await replay(cwd, '--iterations', '2')).code).toBe(0)
    const refused = async (...argv: string[]) => {
      const outcome = await cli(['run', ...argv, '--replay', 'run', '--run-dir', 'other', '--json'], { cwd })
      expect(outcome.code).toBe(2)
      return jsonOf(outcome).error
    }
    expect(await refused('alphaloop.yaml')).toMatchObject({
      code: 'REPLAY_DIFFERS',
      differences: expect.arrayContaining([{ path: 'seed', before: 5, after: 77 }]),
    })
    expect(await refused('--seed', '6')).toMatchObject({ differences: [{ path: 'seed' }] })
    expect(await refused('--data', 'builtin:symbols=8,bars=300,seed=4')).toMatchObject({
      code: 'REPLAY_DIFFERS',
      differences: expect.arrayContaining([expect.objectContaining({ path: 'data.hash' })]),
    })
    expect(readHistory(join(cwd, 'other'))).toEqual([])
  })

  test('stops at the first iteration that is not what it was, names it and what is different', async () => {
    const cwd = copy()
    const [first] = modelIterations(cwd).filter(({ rounds }) => rounds!.length > 1)
    const { texts } = await openRecordings(join(cwd, 'run'))
    // Another version would have written another prompt.
    rewrite(cwd, (record) => {
      if (record.iteration !== first!.iteration) return record
      const rounds = structuredClone(record.rounds) as ModelRound[]
      const call = rounds[0]!.calls[0]!
      call.request = 'f'.repeat(32)
      return { ...record, rounds }
    })
    expect((await replay(cwd)).stderr).toContain(`its text ${'f'.repeat(32)} is not in`)
    const changed = JSON.parse((await texts.get(first!.rounds![0]!.calls[0]!.request!))!)
    const told = (await texts.get(changed.messages[0].text))!
    const other = await texts.put(told.replace(/^.*$/m, 'Another first line'))
    const request = await texts.put(JSON.stringify({ ...changed, messages: [{ role: 'user', text: other }] }))
    rewrite(cwd, (record) =>
      record.iteration === first!.iteration
        ? JSON.parse(JSON.stringify(record).replaceAll('f'.repeat(32), request))
        : record,
    )
    const { code, stdout, stderr } = await replay(cwd)
    expect(code).toBe(2)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'REPLAY_DIFFERS', iteration: first!.iteration })
    expect(stderr).toContain(
      `iteration ${first!.iteration} cannot be replayed: message 1 is another one: line 1 is`,
    )
    expect(stderr).toContain('and was "Another first line"')
    expect(stderr).toContain(`--fork ${first!.iteration}`)
    expect(iterationsIn(readHistory(join(cwd, 'again'))).length).toBeLessThanOrEqual(first!.iteration)
  })

  test.each([
    ['model', { model: 'other' }, /the model's model is "scripted", and was "other"/],
    [
      'address',
      { baseUrl: 'http://x.example' },
      /the model's baseUrl is "http:.*", and was "http:\/\/x.example"/,
    ],
    ['system text', { system: 'SYSTEM' }, /the system text is another one: line 1 is/],
    [
      'length of the talk',
      { messages: [] },
      /the conversation has 1 messages, and had 0|message 1 is another one/,
    ],
  ])('tells a request by its %s', async (_name, change, words) => {
    const cwd = copy()
    const [first] = modelIterations(cwd)
    const { texts } = await openRecordings(join(cwd, 'run'))
    const then = JSON.parse((await texts.get(first!.rounds![0]!.calls[0]!.request!))!)
    const changed = 'system' in change ? { system: await texts.put('Another system text') } : change
    if ('messages' in change) then.messages.push(then.messages[0])
    const request = await texts.put(JSON.stringify('messages' in change ? then : { ...then, ...changed }))
    rewrite(cwd, (record) =>
      JSON.parse(JSON.stringify(record).replaceAll(first!.rounds![0]!.calls[0]!.request!, request)),
    )
    const { code, stderr } = await replay(cwd)
    expect(code).toBe(2)
    expect(stderr).toMatch('messages' in change ? /the conversation has 1 messages, and had 2/ : words)
  })

  test('stops where an iteration comes out differently, though it was asked the same', async () => {
    const cwd = copy()
    const last = iterationsIn(readHistory(join(cwd, 'run'))).at(-1)!
    rewrite(cwd, (record) =>
      record.iteration === last.iteration
        ? { ...record, level: last.level === 'LEVEL_0' ? 'LEVEL_1' : 'LEVEL_0' }
        : record,
    )
    const { code, stdout } = await replay(cwd)
    expect(code).toBe(2)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'REPLAY_DIFFERS',
      iteration: ITERATIONS - 1,
      message: expect.stringContaining(`its level came out as "${last.level}"`),
    })
    expect(iterationsIn(readHistory(join(cwd, 'again')))).toHaveLength(ITERATIONS - 1)
  })

  test('is refused where recordings are missing, and says which', async () => {
    const cwd = copy()
    const [first] = modelIterations(cwd)
    const refused = async () => jsonOf(await replay(cwd)).error
    const answered = modelIterations(cwd).find(({ rounds = [] }) => rounds[0]!.answered !== null)!
    const reply = answered.rounds![0]!.calls.at(-1)!.reply!
    const path = join(cwd, 'run/texts', reply.slice(0, 2), `${reply}.txt`)
    writeFileSync(path, `${readFileSync(path, 'utf8')} `)
    expect(await refused()).toMatchObject({ code: 'TEXT_DAMAGED' })
    rmSync(path)
    expect(await refused()).toMatchObject({ code: 'REPLAY_TEXT_MISSING', hash: reply })
    // A run of a version that kept no requests.
    rewrite(cwd, (record) => ({
      ...record,
      ...(record.rounds === undefined
        ? {}
        : {
            rounds: (record.rounds as ModelRound[]).map(({ outcome: _, ...round }) => ({
              ...round,
              calls: round.calls.map(({ request: _request, reply: _reply, ...call }) => call),
            })),
          }),
    }))
    expect(await refused()).toMatchObject({ code: 'REPLAY_NOT_RECORDED', iteration: first!.iteration })
    // A history whose records came from elsewhere.
    writeFileSync(
      join(cwd, 'run/history.jsonl'),
      `${readFileSync(join(cwd, 'run/history.jsonl'), 'utf8').split('\n')[1]}\n`,
    )
    expect(await refused()).toMatchObject({ code: 'REPLAY_NO_SETTINGS' })
    rmSync(join(cwd, 'run/history.jsonl'))
    expect(await refused()).toMatchObject({ code: 'NO_RUN' })
  })

  test('of a run that did not reach its end says where the recordings end', async () => {
    const cwd = copy()
    const path = join(cwd, 'run/history.jsonl')
    const lines = readFileSync(path, 'utf8').split('\n')
    // Killed within a batch, and within a record.
    writeFileSync(path, `${lines.slice(0, 1 + 11).join('\n')}\n${lines[12]!.slice(0, 200)}`)
    const { code, stderr, stdout } = await replay(cwd)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(`the recordings end after 11 of ${ITERATIONS} iterations`)
    expect(JSON.parse(stdout)).toMatchObject({ iterations: 11, total: 11 })
    expect(replayedHistoryOf(join(cwd, 'again'))).toEqual(
      replayedHistoryOf(join(recordedIn, 'run')).slice(0, 1 + 11),
    )
  })

  test('of a run whose settings were changed on the way ends at the change', async () => {
    const cwd = copy()
    const changed = await cli(
      [
        'run',
        '--run-dir',
        'run',
        '--seed',
        '9',
        '--iterations',
        '20',
        '--no-llm',
        '--accept-changes',
        '--json',
      ],
      { cwd },
    )
    expect(changed.code, changed.stderr).toBe(0)
    const { code, stderr } = await replay(cwd)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(
      'the recordings end after 18 of 20 iterations: its config was changed after iteration 17',
    )
  })

  test('goes neither into its own directory nor into that of another run', async () => {
    const cwd = copy()
    const into = async (dir: string) =>
      jsonOf(await cli(['run', '--replay', 'run', '--run-dir', dir, '--json'], { cwd })).error
    expect(await into('run')).toMatchObject({ code: 'REPLAY_SAME_DIR' })
    cpSync(join(cwd, 'run'), join(cwd, 'own'), { recursive: true })
    expect(await into('own')).toMatchObject({ code: 'REPLAY_OF_ANOTHER' })
  })
})

describe('a fork', () => {
  test('replays up to its iteration and asks from there on, with what was spent before', async () => {
    const cwd = copy()
    // Named, the file of then will do as well, and brings what the history does not keep: pauses and time-outs.
    cpSync(join(recordedIn, 'c.yaml'), join(cwd, 'c.yaml'))
    const before = server.calls.length
    // In the middle of a batch.
    const { code, stderr, stdout } = await cli(
      ['run', 'c.yaml', '--replay', 'run', '--fork', '12', '--run-dir', 'again', '--json'],
      { cwd, env },
    )
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('Iterations below 12 are replayed from')
    const asked = iterationsIn(readHistory(join(cwd, 'again')))
      .slice(12)
      .flatMap(({ rounds = [] }) => rounds.flatMap(({ calls }) => calls))
    expect(server.calls.length - before).toBe(asked.reduce((sum, call) => sum + call.attempts, 0))
    expect(asked.length).toBeGreaterThan(0)
    expect(replayedHistoryOf(join(cwd, 'again')).slice(0, 13)).toEqual(
      replayedHistoryOf(join(recordedIn, 'run')).slice(0, 13),
    )
    expect(JSON.parse(stdout)).toMatchObject({ iterations: ITERATIONS, replay: { until: 12 } })
    // Resumed, it goes on live without being told of the recordings again.
    const more = await cli(['run', 'c.yaml', '--run-dir', 'again', '--iterations', '20', '--json'], {
      cwd,
      env,
    })
    expect(jsonOf(more)).toMatchObject({ recorded: 2, iterations: 20 })
  })

  test('whose keys are missing says at the start that the Factor Graph makes the rest', async () => {
    const cwd = copy()
    const fork = (...args: string[]) =>
      cli(['run', '--replay', 'run', '--run-dir', args.join(''), ...args], { cwd })
    const { code, stderr } = await fork('--fork', '12')
    expect(code, stderr).toBe(0)
    const off =
      'warning: The model scripted is off for this run: the environment variable MODEL_KEY is not set'
    const none = 'warning: No model can be asked from iteration 12 on: the Factor Graph makes every proposal.'
    expect(stderr.split(off)).toHaveLength(2)
    expect(stderr.indexOf(off)).toBeLessThan(stderr.indexOf(none))
    expect(stderr.indexOf(none)).toBeLessThan(stderr.indexOf(`Run ${join(cwd, '--fork12')}`))
    // Where everything is replayed, no key is missed.
    expect((await fork()).stderr).not.toContain('MODEL_KEY')
    expect((await fork('--fork', String(ITERATIONS))).stderr).not.toContain('MODEL_KEY')
  })

  test('counts what the replayed part had cost against the budget', async () => {
    const made = await record(scratch(), '  budget: { maxCalls: 8 }\n')
    onTestFinished(() => made.server.close())
    const calls = made.server.calls.length
    expect(calls).toBe(8)
    const { code, stderr } = await cli(
      ['run', '--replay', 'run', '--fork', '14', '--run-dir', 'again', '--json'],
      { cwd: made.cwd, env },
    )
    expect(code, stderr).toBe(0)
    expect(made.server.calls).toHaveLength(calls)
    expect(replayedHistoryOf(join(made.cwd, 'again'))).toEqual(replayedHistoryOf(join(made.cwd, 'run')))
  })

  test('without recordings, or beyond them, is a mistake', async () => {
    const cwd = copy()
    expect(jsonOf(await cli(['run', '--fork', '3', '--json'], { cwd })).error).toMatchObject({
      code: 'FORK_WITHOUT_REPLAY',
    })
    expect(jsonOf(await replay(cwd, '--fork', '25')).error).toMatchObject({
      code: 'FORK_BEYOND_RECORDINGS',
      recorded: ITERATIONS,
    })
    expect((await replay(cwd, '--fork', '5', '--iterations', '5')).code).toBe(0)
    expect(jsonOf(await replay(cwd, '--fork', '6')).error).toMatchObject({ code: 'REPLAY_OF_ANOTHER' })
  })
})

test('what agents proposed between the iterations of a run is proposed again, in its place', async () => {
  const cwd = scratch()
  const config = createConfig({
    data: 'builtin:symbols=8,bars=300,seed=3',
    seed: 5,
    iterations: 12,
    batchSize: 4,
  })
  const run = await openRun({ config, runDir: join(cwd, 'run') })
  const source = mine('close').replace('pctChange(20)', 'pctChange(7)')
  const error = new AlphaloopError('usage', 'UNKNOWN_METHOD', 'there is no pctChnge', {
    hint: 'pctChange?',
    details: { line: 3, column: 9 },
  })
  const never = new AbortController().signal
  await run.hold(async (session) => {
    await session.iterate({ total: 2, stop: never })
    const strategy = await run.bench.compile(source, 'ts')
    // Within a batch, from a parent; then what does not compile, and what is known already.
    await session.propose({
      source,
      language: 'ts',
      compiled: { state: 'compiled', strategy },
      parents: [1],
    })
    await session.propose({
      source: 'nonsense',
      language: 'ts',
      compiled: { state: 'refused', error },
      parents: [],
    })
    await session.propose({ source, language: 'ts', compiled: { state: 'compiled', strategy }, parents: [] })
    await session.iterate({ total: 12, stop: never })
  })
  await run.close()
  const records = iterationsIn(readHistory(join(cwd, 'run')))
  expect(records.filter(({ proposer }) => proposer === 'agent').map(({ iteration }) => iteration)).toEqual([
    2, 3, 4,
  ])
  expect(records).toHaveLength(12)
  const { code, stderr } = await replay(cwd)
  expect(code, stderr).toBe(0)
  expect(replayedHistoryOf(join(cwd, 'again'))).toEqual(replayedHistoryOf(join(cwd, 'run')))
})

test('a run that ended for want of budget is replayed to that end', async () => {
  const made = await record(scratch(), '  budget: { maxCalls: 6, whenSpent: stop }\n')
  await made.server.close()
  const stored = iterationsIn(readHistory(join(made.cwd, 'run')))
  expect(stored.length).toBeLessThan(ITERATIONS)
  const ended = await cli(['run', 'c.yaml', '--run-dir', 'run'], { cwd: made.cwd, env })
  expect(ended.stdout).toContain('go on, once llm.budget is raised or its whenSpent says factorGraph')
  const { code, stdout, stderr } = await cli(['run', '--replay', 'run', '--run-dir', 'again', '--json'], {
    cwd: made.cwd,
  })
  expect(code, stderr).toBe(0)
  const { models, stopped } = JSON.parse(stdout)
  expect(models).toMatchObject({ replayedCalls: models.calls, liveCalls: 0 })
  expect(stopped).toBe('finished')
  expect(models.calls).toBeGreaterThan(0)
  expect(replayedHistoryOf(join(made.cwd, 'again'))).toEqual(replayedHistoryOf(join(made.cwd, 'run')))
  expect(stderr).toContain(`the recordings end after ${stored.length} of ${ITERATIONS} iterations`)
})

test('where time was up then, it is up now, whatever the clock says', async () => {
  const cwd = copy()
  const graphs = iterationsIn(readHistory(join(cwd, 'run')))
    .filter(({ execution, strategy }) => execution.status === 'success' && strategy?.graph)
    .map(({ strategy }) => strategy!.graph!)
  const [late, tried, fine] = graphs as [(typeof graphs)[0], (typeof graphs)[0], (typeof graphs)[0]]
  const hashes = [late, tried].map((graph) => createStrategy(graph).hash)
  rewrite(cwd, (record) => {
    const message = 'the evaluation took longer than 2.5 seconds'
    const error = { category: 'timeout', code: 'EVALUATION_TIMEOUT', message }
    if ((record.strategy as { hash?: string } | null)?.hash === hashes[0])
      return { ...record, execution: { status: 'timeout', durationMs: 2500, error } }
    if (record.iteration !== 5) return record
    const outcome = { became: 'timeout', strategy: hashes[1], error }
    return { ...record, rounds: [{ asked: 'scripted', answered: 'scripted', calls: [], outcome }] }
  })
  const recordings = await openRecordings(join(cwd, 'run'))
  const runner = replayedRunner(
    createInlineRunner(SETUP, () => 0),
    { recordings, until: ITERATIONS, version: '0' },
  )
  const timedOut = { state: 'timedOut', seconds: 2.5, durationMs: 2500 }
  expect(await runner.evaluate(late)).toEqual(timedOut)
  expect(await runner.tryOut(tried)).toEqual(timedOut)
  expect((await runner.tryOut(late))!.state).toBe('ran')
  expect((await runner.evaluate(fine))!.state).toBe('scored')
  await runner.close()
})
