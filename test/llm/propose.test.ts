import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import { usageError } from '../../src/base/errors.js'
import { EXAMPLE_STRATEGY } from '../../src/feedback/prompt-example.js'
import { createRedactor } from '../../src/history/redact.js'
import { LONGEST_REPLY } from '../../src/llm/extract-code.js'
import { createModelProposer, type ModelProposerOptions } from '../../src/llm/propose.js'
import type { ModelProposer, ModelRequest } from '../../src/loop/ports.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import {
  type Answer,
  INPUT_TOKENS,
  type ModelServer,
  OUTPUT_TOKENS,
  startModelServer,
} from '../support/model-server.js'
import { CANARY_KEY, makeClient, proposing } from './make.js'

const sandbox = createQuickJsSandbox()
const FIELDS = ['close', 'volume']

/** The real compiler, and the panel's check of fields. */
const compile: ModelProposerOptions<unknown>['compile'] = async (source, language) => {
  const strategy = await compileStrategy(source, sandbox, { language })
  const unknown = strategy.fields.find((field) => !FIELDS.includes(field))
  if (unknown !== undefined)
    throw usageError('UNKNOWN_FIELD', `the data has no field "${unknown}"`, `it has ${FIELDS.join(', ')}`)
  return strategy
}

const program = (score: string, n = 5) =>
  `import { strategy, field, rank } from 'alphaloop'\nconst close = field('close')\nexport default strategy({\n  name: 'Test',\n  score: ${score},\n  select: { top: ${n} },\n})`
const fenced = (code: string, tag = 'ts') => `Here:\n\`\`\`${tag}\n${code}\n\`\`\`\nDone.`
const text = (reply: string): Answer => ({ kind: 'text', text: reply })

const GOOD = program('rank(close.pctChange(20))')
const MISSPELT = program('rank(close.pctChnge(20))')
const NO_FIELD = program("rank(field('earnings'))")

const servers: ModelServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function propose(
  script: Answer[],
  options: Partial<ModelProposerOptions<{ isKnown: (hash: string) => boolean; signal: AbortSignal }>> = {},
  isKnown: (hash: string) => boolean = () => false,
) {
  const server = await startModelServer(script)
  servers.push(server)
  const proposal = await createModelProposer({
    models: () => [proposing(makeClient({ baseUrl: server.baseUrl, timeoutSeconds: 5 }))],
    compile,
    prompt: () => ({ system: 'SYSTEM', user: 'TASK' }),
    maxRounds: 3,
    redact: createRedactor([CANARY_KEY]).text,
    ...options,
  }).propose({ isKnown, signal: new AbortController().signal })
  const remarks = server.calls.slice(1).map(({ body }) => body.messages.at(-1)!.content)
  return { proposal, calls: server.calls, remarks }
}

test('the proposer fits the port of the loop', () => {
  expectTypeOf(createModelProposer({} as ModelProposerOptions<ModelRequest>)).toExtend<ModelProposer>()
})

describe('a reply that compiles', () => {
  test('is the proposal, with its code, its usage and both texts', async () => {
    const { proposal, calls } = await propose([text(fenced(GOOD))])
    expect(proposal).toMatchObject({
      state: 'proposed',
      code: GOOD,
      usage: { inputTokens: INPUT_TOKENS, outputTokens: OUTPUT_TOKENS, attempts: 1 },
      prompt: '=== system ===\nSYSTEM\n\n=== user 1 ===\nTASK',
      reply: `=== reply 1 ===\n${fenced(GOOD)}`,
    })
    expect(calls).toHaveLength(1)
  })

  test('may hold several blocks: the first that compiles counts', async () => {
    const second = program('rank(close.std(20))')
    const { proposal } = await propose([
      text([fenced('momentum: 12%', ''), fenced(GOOD), fenced(second)].join('\n')),
    ])
    expect(proposal).toMatchObject({ state: 'proposed', code: GOOD })
  })

  test('may have no fence, typographic quotes, or be JSON', async () => {
    const json = JSON.stringify((await compile(GOOD, 'ts')).graph)
    for (const reply of [GOOD, fenced(GOOD.replaceAll("'", '’')), fenced(json, 'json'), json]) {
      const { proposal, calls } = await propose([text(reply)])
      expect(proposal.state).toBe('proposed')
      expect(calls).toHaveLength(1)
    }
  })
})

describe('a reply that does not compile', () => {
  test('is answered with the error, its place, the line and the nearest name, and may be mended', async () => {
    const { proposal, calls, remarks } = await propose([text(fenced(MISSPELT)), text(fenced(GOOD))])
    expect(proposal).toMatchObject({
      state: 'proposed',
      code: GOOD,
      usage: { inputTokens: 2 * INPUT_TOKENS, outputTokens: 2 * OUTPUT_TOKENS, attempts: 2 },
    })
    expect(calls[1]!.body.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
    expect(calls[1]!.body.messages[2]!.content).toBe(fenced(MISSPELT))
    expect(remarks[0]).toContain('pctChnge')
    expect(remarks[0]).toContain('pctChange')
    expect(remarks[0]).toContain('line 5')
    expect(remarks[0]).toContain('score: rank(close.pctChnge(20))')
    expect(remarks[0]).toContain('pctChange(x: numeric, n: 1…1000)')
    expect(proposal.prompt).toContain(remarks[0])
    expect('reply' in proposal && proposal.reply).toContain('=== reply 2 ===')
  })

  test('reads a field that the panel lacks: the fields are named', async () => {
    const { proposal, remarks } = await propose([text(fenced(NO_FIELD)), text(fenced(GOOD))])
    expect(proposal.state).toBe('proposed')
    expect(remarks[0]).toContain('UNKNOWN_FIELD')
    expect(remarks[0]).toContain('it has close, volume')
  })

  test('three times is unusable, with the last error typed', async () => {
    const { proposal, calls } = await propose([
      text(fenced(NO_FIELD)),
      text(fenced(NO_FIELD)),
      text(fenced(MISSPELT)),
    ])
    expect(calls).toHaveLength(3)
    expect(proposal).toMatchObject({
      state: 'unusable',
      error: { category: 'unknown operator', code: 'UNKNOWN_METHOD', line: 5 },
      usage: { inputTokens: 3 * INPUT_TOKENS, attempts: 3 },
    })
  })

  test.each([
    [
      'prose only',
      'I would import momentum and export default profits.',
      'REPLY_WITHOUT_CODE',
      'the reply has no code: it begins with "I would import momentum and export default profits."',
    ],
    [
      'a refusal of many words',
      "I'm sorry, but I cannot help with trading strategies, since I am not allowed to give advice on money.",
      'REPLY_WITHOUT_CODE',
      `it begins with "I'm sorry, but I cannot help with trading strategies, since I am …"`,
    ],
    [
      'code without a fence that does not parse',
      'export default strategy({ score: field("close"), select: { top: 3 }',
      'REPLY_WITHOUT_CODE',
      'no fenced code block',
    ],
    ['Python', fenced('import pandas as pd', 'python'), 'REPLY_LANGUAGE', 'the code is python'],
    ['nothing', '', 'REPLY_EMPTY', 'empty'],
  ])('is %s: the model is told what is wanted', async (_name, reply, code, words) => {
    const mended = await propose([text(reply), text(fenced(GOOD))])
    expect(mended.proposal.state).toBe('proposed')
    expect(mended.remarks[0]).toContain(words)
    expect(mended.remarks[0]).toContain('```ts')
    const roles = mended.calls[1]!.body.messages.map(({ role }) => role)
    expect(roles.every((role, i) => role !== roles[i - 1])).toBe(true)
    const { proposal } = await propose([text(reply)])
    expect(proposal).toMatchObject({ state: 'unusable', error: { category: 'reply', code } })
  })

  test('beside a listing that is no code: the error of the code is told', async () => {
    const { remarks } = await propose([
      text(`${fenced('momentum: 12 %', '')}\n${fenced(NO_FIELD)}`),
      text(fenced(GOOD)),
    ])
    expect(remarks[0]).toContain('UNKNOWN_FIELD')
  })

  test('was cut off at its limit: the model is told that', async () => {
    const { remarks } = await propose([
      { kind: 'text', text: fenced(GOOD).slice(0, 90), finish: 'length' },
      text(fenced(GOOD)),
    ])
    expect(remarks[0]).toContain('cut off')
  })

  test('is 10 MB long: it is refused, repeated and kept in part', async () => {
    const { proposal, calls } = await propose([
      text(fenced(`${GOOD}//${'x'.repeat(10 * 1024 * 1024)}`)),
      text(fenced(GOOD)),
    ])
    expect(proposal.state).toBe('proposed')
    const [{ outcome } = {}] = proposal.rounds
    expect(outcome).toMatchObject({
      became: 'refused',
      error: {
        code: 'STRATEGY_TOO_LARGE',
        message: `the reply has more than ${LONGEST_REPLY} characters, and the limit of a strategy is 262144`,
      },
    })
    expect(calls[1]!.raw.length).toBeLessThan(30_000)
    expect('reply' in proposal && proposal.reply.length).toBeLessThan(300_000)
  })

  test('where the compiler itself breaks, the model is not blamed again', async () => {
    const { proposal, calls } = await propose([text(fenced(GOOD))], {
      compile: async () => {
        throw new TypeError('broken inside')
      },
    })
    expect(proposal).toMatchObject({
      state: 'unusable',
      error: { category: 'crash', message: 'broken inside' },
    })
    expect(calls).toHaveLength(1)
  })
})

describe('a strategy that was evaluated before', () => {
  test('is sent back as a duplicate', async () => {
    const known = (await compile(GOOD, 'ts')).hash
    const fresh = program('rank(close.std(20))')
    const { proposal, remarks } = await propose(
      [text(fenced(GOOD.replace("'Test'", "'Renamed'"))), text(fenced(fresh))],
      {},
      (hash) => hash === known,
    )
    expect(proposal).toMatchObject({ state: 'proposed', code: fresh })
    expect(remarks[0]).toContain(known.slice(0, 8))
  })

  test('and is insisted on is proposed: the loop records the rejection', async () => {
    const { proposal, calls } = await propose([text(fenced(GOOD))], {}, () => true)
    expect(proposal).toMatchObject({ state: 'proposed', code: GOOD })
    expect(calls).toHaveLength(3)
  })
})

describe('a strategy that is tried out', () => {
  const idle = {
    became: 'neverTrades',
    error: {
      category: 'unusable',
      code: 'NEVER_TRADES',
      message: 'it never trades on train: universe is true for no symbol',
      hint: 'loosen the universe',
    },
  } as const
  const better = program('rank(close.std(20))')

  test('and never trades is sent back with that reason, and what it said in counts', async () => {
    const { proposal, remarks } = await propose([text(fenced(GOOD)), text(fenced(better))], {
      tryOut: async ({ hash }) => (hash === (await compile(GOOD, 'ts')).hash ? idle : undefined),
    })
    expect(remarks[0]).toContain('NEVER_TRADES')
    expect(remarks[0]).toContain('universe is true for no symbol')
    expect(remarks[0]).toContain('Hint: loosen the universe')
    expect(proposal).toMatchObject({ state: 'proposed', code: better, discarded: 1 })
    expect(proposal.rounds.map(({ outcome }) => outcome)).toEqual([
      { became: 'neverTrades', strategy: (await compile(GOOD, 'ts')).hash, error: idle.error },
      { became: 'proposed', strategy: (await compile(better, 'ts')).hash },
    ])
  })

  test('and is insisted on is proposed in the last round, tried out once and not counted twice', async () => {
    let tried = 0
    const { proposal, calls } = await propose([text(fenced(GOOD))], {
      tryOut: async () => {
        tried++
        return idle
      },
    })
    expect(calls).toHaveLength(3)
    expect(tried).toBe(1)
    expect(proposal).toMatchObject({ state: 'proposed', code: GOOD, discarded: 0 })
    expect(proposal.rounds.map(({ outcome }) => outcome?.became)).toEqual([
      'neverTrades',
      'neverTrades',
      'proposed',
    ])
  })

  test('counts as thrown away, whatever comes after it', async () => {
    const tryOut = async () => idle
    const gone = await propose([text(fenced(GOOD)), { kind: 'status', status: 400 }], { tryOut })
    expect(gone.proposal).toMatchObject({ state: 'unavailable', discarded: 1 })
    const broken = await propose([text(fenced(GOOD)), text(fenced(better)), text(fenced(MISSPELT))], {
      tryOut,
    })
    expect(broken.proposal).toMatchObject({ state: 'unusable', discarded: 2, attempt: { code: MISSPELT } })
  })

  test('is not, where it is known already or nobody can be asked again', async () => {
    const tryOut = async () => {
      throw new Error('tried out')
    }
    const known = await propose([text(fenced(GOOD))], { tryOut, maxRounds: 2 }, () => true)
    expect(known.proposal.rounds.map(({ outcome }) => outcome?.became)).toEqual(['duplicate', 'duplicate'])
    const last = await propose([text(fenced(GOOD))], { tryOut, maxRounds: 1 })
    expect(last.proposal.state).toBe('proposed')
  })
})

describe('a strategy that another iteration proposed at the same time', () => {
  test('is sent back when that is known, and the talk goes on', async () => {
    const other = program('rank(close.std(20))')
    const { proposal, calls } = await propose([text(fenced(GOOD)), text(fenced(GOOD)), text(fenced(other))], {
      tryOut: async () => undefined,
    })
    if (proposal.state !== 'proposed') throw new Error(proposal.state)
    const { hash } = proposal.strategy
    const again = await proposal.askForAnother!((one) => one === hash)
    expect(calls).toHaveLength(3)
    expect(calls[1]!.body.messages.at(-1)!.content).toContain(
      'another iteration has proposed at the same time',
    )
    expect(calls[2]!.body.messages.at(-1)!.content).toContain('was evaluated before')
    expect(again).toMatchObject({ state: 'proposed', code: other, discarded: 0, usage: { attempts: 3 } })
    expect(again.rounds.map(({ outcome }) => outcome?.became)).toEqual(['duplicate', 'duplicate', 'proposed'])
    // No round is left, so nobody can be asked for yet another.
    expect(again).not.toHaveProperty('askForAnother')
    // What was told before stays as it was told.
    expect(proposal.rounds.map(({ outcome }) => outcome?.became)).toEqual(['proposed'])
  })
})

describe('every round says what became of it', () => {
  test('refusals with their place, silence, and a compiler that broke', async () => {
    const refused = await propose([text(fenced(MISSPELT)), { kind: 'status', status: 500, message: 'down' }])
    expect(refused.proposal.rounds.map(({ outcome }) => outcome)).toEqual([
      {
        became: 'refused',
        error: expect.objectContaining({ code: 'UNKNOWN_METHOD', line: 5, category: 'unknown operator' }),
      },
      { became: 'noAnswer' },
    ])
    const broke = await propose([text(fenced(GOOD))], {
      compile: async () => {
        throw new TypeError(`broken by ${CANARY_KEY}`)
      },
    })
    expect(broke.proposal.rounds[0]!.outcome).toMatchObject({
      became: 'crashed',
      error: { message: 'broken by [redacted]' },
    })
  })
})

describe('a model that does not answer', () => {
  test('is unavailable, with a reason', async () => {
    const { proposal, calls } = await propose([{ kind: 'status', status: 500, message: 'overloaded' }])
    expect(proposal).toMatchObject({ state: 'unavailable', usage: { attempts: 4, costUsd: null } })
    expect(proposal.state === 'unavailable' && proposal.because).toMatch(
      /HTTP 500, overloaded, after 4 attempts/,
    )
    expect(calls).toHaveLength(4)
  })

  test('after a reply that could not be used says so, and counts both', async () => {
    const { proposal } = await propose([
      text(fenced(MISSPELT)),
      { kind: 'status', status: 400, message: 'too long' },
    ])
    expect(proposal).toMatchObject({ state: 'unavailable', usage: { attempts: 2, inputTokens: null } })
    expect(proposal.state === 'unavailable' && proposal.because).toContain('answered once before')
  })

  test('for want of a key is asked for nothing in later iterations', async () => {
    const server = await startModelServer([{ kind: 'status', status: 401 }])
    servers.push(server)
    const model = proposing(makeClient({ baseUrl: server.baseUrl }))
    const proposer = createModelProposer({
      models: () => [model],
      compile,
      prompt: () => ({ system: 's', user: 'u' }),
      maxRounds: 3,
      redact: (one) => one,
    })
    const request = { isKnown: () => false, signal: new AbortController().signal }
    for (let i = 0; i < 3; i++) expect((await proposer.propose(request)).state).toBe('unavailable')
    expect(server.calls).toHaveLength(1)
  })
})

test('a key stands in nothing that is sent or returned', async () => {
  const { proposal, calls } = await propose(
    [
      text(`${CANARY_KEY} ${fenced(`${MISSPELT.slice(0, -2)} // ${CANARY_KEY}`)}`),
      text(fenced(MISSPELT.replace('close.pct', `field('${CANARY_KEY}').pct`))),
      text(fenced(`// ${CANARY_KEY}\n${GOOD}`)),
    ],
    { prompt: () => ({ system: `s ${CANARY_KEY}`, user: `u ${CANARY_KEY}` }) },
  )
  expect(proposal.state).toBe('proposed')
  expect(JSON.stringify(proposal)).not.toContain('canary')
  for (const { raw } of calls) expect(raw).not.toContain('canary')
})

test('the worked example of the prompt compiles as a reply', async () => {
  const { proposal } = await propose([text(fenced(EXAMPLE_STRATEGY))])
  expect(proposal.state).toBe('proposed')
})
