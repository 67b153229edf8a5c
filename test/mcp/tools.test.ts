import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { verifyHistory } from '../../src/history/verify.js'
import { splitBars } from '../../src/validation/splits.js'
import { cli, jsonOf } from '../support/cli-io.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { type Agent, momentum, startAgent } from './support.js'

const market = generateMarket({ seed: 3, symbols: 12, bars: 700 })
const { dates } = market
const split = splitBars(dates.length)
/** Symbols that come to the market in the sealed part are not known before. */
const listed = market.symbols.filter((_, i) =>
  dates
    .slice(0, split.validation.end + 1)
    .some((_, bar) => Number.isFinite(market.fields.get('close')![bar * market.symbols.length + i])),
).length

let folder: string
let runDir: string
let agent: Agent

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'alphaloop-mcp-'))
  runDir = join(folder, 'run')
  agent = await startAgent(folder)
})
afterAll(async () => {
  await agent.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Iterations whose validation metrics stand anywhere in a result. */
function withValidation(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const own =
    'iteration' in value && 'validation' in value && value.validation !== null ? [value.iteration] : []
  return [...own, ...Object.values(value).flatMap(withValidation)]
}

const records = () => iterationsIn(readHistory(runDir))

describe('before anything is recorded', () => {
  test('every tool says what it takes, gives and changes', async () => {
    const { tools } = await agent.client.listTools()
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'describe_api',
      'describe_data',
      'get_champion',
      'get_feedback',
      'get_prompt',
      'get_record',
      'get_report',
      'get_status',
      'list_history',
      'propose_strategy',
      'run_iterations',
    ])
    for (const { name, description, inputSchema, outputSchema, annotations } of tools) {
      expect(description, name).toMatch(/\.$/)
      expect(inputSchema.type, name).toBe('object')
      expect(inputSchema.additionalProperties, name).toBe(false)
      expect(outputSchema?.type, name).toBe('object')
      expect(annotations?.readOnlyHint, name).toBe(
        !['propose_strategy', 'run_iterations', 'get_report'].includes(name),
      )
      expect(annotations?.destructiveHint, name).toBe(false)
    }
    expect(agent.client.getServerVersion()?.name).toBe('alphaloop')
    expect(agent.client.getInstructions()).toContain('propose_strategy')
  })

  test('reading tools answer from an empty run, and make nothing on disk', async () => {
    expect(await agent.get('get_status')).toMatchObject({ run: 'run', iterations: 0, champion: null })
    expect(await agent.get('get_champion')).toEqual({ champion: null, reigns: [] })
    expect(await agent.get('list_history')).toEqual({ total: 0, iterations: [], before: null })
    expect((await agent.get('get_feedback')).feedback).toContain('These are the first iterations')
    expect(await agent.problem('get_record', { iteration: 0 })).toMatchObject({ code: 'NO_SUCH_ITERATION' })
    expect(await agent.problem('get_report')).toMatchObject({ code: 'NO_CHAMPION' })
    expect(existsSync(runDir)).toBe(false)
  })

  test('the data is described by names, counts and the ranges that may be seen', async () => {
    const data = await agent.get('describe_data')
    expect(data).toMatchObject({
      symbols: listed,
      groups: ['sector'],
      train: { start: dates[split.train.start], end: dates[split.train.end] },
      validation: { start: dates[split.validation.start], end: dates[split.validation.end] },
      market: { name: 'us-stock', costs: { commission: 0.0005 } },
      objective: 'sharpe',
    })
    expect(data.fields.map(({ name }: { name: string }) => name)).toContain('dollarVolume')
    expect(data.benchmark.train.sharpe).toEqual(expect.any(Number))
    expect(Object.keys(data.benchmark)).toEqual(['name', 'train'])
  })

  test('the API is described in the length that is asked for, and one operator in full', async () => {
    const [full, names] = await Promise.all([
      agent.get('describe_api'),
      agent.get('describe_api', { detail: 'names' }),
    ])
    expect(full.text).toContain('export default strategy({')
    expect(full.text).toMatch(/^select: .*top/m)
    expect(names.text.length).toBeLessThan(full.text.length / 2)
    expect((await agent.get('describe_api', { name: 'macd' })).text).toContain(
      'outputs: .line .signal .histogram',
    )
    expect((await agent.get('describe_api', { name: 'alpha101(12)' })).text).toMatch(/^= /m)
    expect(await agent.problem('describe_api', { name: 'smaa' })).toMatchObject({
      code: 'UNKNOWN_OPERATOR',
      nearest: 'sma',
    })
  })

  test('a dry run says whether it compiles, and records nothing', async () => {
    expect(await agent.get('propose_strategy', { code: momentum(20), dryRun: true })).toMatchObject({
      outcome: 'compiles',
      recorded: false,
      iteration: null,
      strategy: { name: 'Momentum 20', nodes: 3 },
      duplicateOf: null,
      train: null,
    })
    expect(await agent.get('propose_strategy', { code: 'export default 1', dryRun: true })).toMatchObject({
      outcome: 'refused',
      recorded: false,
      error: { code: 'STRATEGY_EXPORT' },
    })
    expect(existsSync(runDir)).toBe(false)
  })

  test('an argument with a misspelt name is refused: no trial is spent on a dryRunn', async () => {
    const problem = await agent.problem('propose_strategy', { code: momentum(20), dryRunn: true })
    expect(problem).toEqual({
      code: 'INVALID_ARGUMENTS',
      message: 'propose_strategy has no argument "dryRunn"; did you mean dryRun?',
      hint: 'propose_strategy takes code, language, parents, dryRun',
      argument: 'dryRunn',
      nearest: 'dryRun',
    })
    expect(existsSync(runDir)).toBe(false)
  })

  test('a mistake in an operator comes back with the signature of the one that was meant, as models get it', async () => {
    const code = momentum(20).replace('pctChange', 'pctChanges')
    const { error } = await agent.get('propose_strategy', { code, dryRun: true })
    expect(error.sourceLine).toContain('pctChanges')
    expect(`${error.message} ${error.hint} ${error.signature}`).toMatch(/pctChange\(/)
  })

  test('the prompt is the one that a model would get', async () => {
    const { system, user } = await agent.get('get_prompt')
    expect(system).toContain('## API')
    expect(user).toContain('Propose the strategy of iteration 0.')
    expect(user).toContain('dollarVolume')
    expect(await agent.problem('get_prompt', { variant: 'simplify' })).toMatchObject({
      code: 'VARIANT_NOT_USABLE',
    })
  })
})

describe('proposals are iterations', () => {
  test('an evaluated one is recorded as a model’s is, and its author is told train figures', async () => {
    const told = await agent.get('propose_strategy', { code: momentum(20) })
    const [record] = records()
    expect(told).toMatchObject({ outcome: 'evaluated', recorded: true, iteration: 0, error: null })
    expect(told.train.sharpe).toBeCloseTo(record!.metrics!.train!.sharpe!, 4)
    expect(told.level).toBe(record!.level)
    expect(told.becameChampion).toBe(record!.champion.updated)
    expect(record).toMatchObject({
      method: 'llm',
      proposer: 'agent',
      trials: expect.any(Number),
      strategy: { name: 'Momentum 20', code: momentum(20), hash: told.strategy.hash },
      execution: { status: 'success' },
    })
    expect(record!.feedback).toContain('These are the first iterations')
    expect(told.feedback).toContain('Iteration 0')
  })

  test('one that does not compile is recorded with its place, and its text is kept', async () => {
    const code =
      "import { field, strategy } from 'alphaloop'\nconst x = field('closs')\nexport default strategy({ score: x, select: { top: 1 } })"
    const told = await agent.get('propose_strategy', { code })
    expect(told).toMatchObject({
      outcome: 'refused',
      recorded: true,
      iteration: 1,
      level: 'LEVEL_0',
      strategy: null,
      train: null,
      error: { code: 'UNKNOWN_FIELD', line: 2, column: 11, sourceLine: "const x = field('closs')" },
    })
    expect(told.error.message).toContain('did you mean close?')
    const record = records()[1]!
    expect(record).toMatchObject({
      level: 'LEVEL_0',
      strategy: null,
      attempt: { code, language: 'ts' },
      execution: { status: 'error' },
    })
    expect((await agent.get('get_record', { iteration: 1 })).written).toBe(code)
    expect(told.feedback).toContain('closs')
  })

  test('one that was evaluated before is rejected, and says where it stands', async () => {
    const told = await agent.get('propose_strategy', { code: momentum(20, 'Another name') })
    expect(told).toMatchObject({ outcome: 'duplicate', iteration: 2, duplicateOf: 0, level: 'LEVEL_0' })
    expect(records()[2]).toMatchObject({ execution: { status: 'rejected', error: { code: 'DUPLICATE' } } })
  })

  test('a graph as JSON is taken as it is, and its parents stand in the record', async () => {
    const { graph } = await agent.get('get_record', { iteration: 0, graph: true })
    const changed = JSON.parse(JSON.stringify(graph).replaceAll('20', '35'))
    const told = await agent.get('propose_strategy', { code: JSON.stringify(changed), parents: [0] })
    expect(told).toMatchObject({ outcome: 'evaluated', iteration: 3 })
    expect(records()[3]!.parents).toEqual([records()[0]!.id])
    expect(await agent.problem('propose_strategy', { code: momentum(77), parents: [99] })).toMatchObject({
      code: 'NO_SUCH_ITERATION',
    })
    expect(records()).toHaveLength(4)
  })

  test('a program that never ends is stopped, and is an iteration', async () => {
    const told = await agent.get('propose_strategy', { code: 'for (;;) {}\nexport default 1' })
    expect(told).toMatchObject({
      outcome: 'refused',
      iteration: 4,
      error: { code: expect.stringMatching(/TIME/) },
    })
  })
})

describe('the loop', () => {
  test('runs iterations and says how far it is', async () => {
    const heard: { progress: number; total?: number | undefined }[] = []
    const told = await agent.get(
      'run_iterations',
      { count: 20 },
      { onprogress: (progress) => heard.push(progress) },
    )
    expect(told).toMatchObject({ recorded: 20, iterations: 25, ended: 'finished' })
    expect(records()).toHaveLength(25)
    expect(Object.values(told.levels as Record<string, number>).reduce((a, b) => a + b)).toBe(20)
    // The last one may come to the client together with the result, and then goes under.
    expect(heard.length).toBeGreaterThan(1)
    const progress = heard.map((one) => one.progress)
    expect(progress).toEqual([...new Set(progress)].sort((a, b) => a - b))
    expect(heard.every(({ total }) => total === 20)).toBe(true)
    const sharpes = told.best.map(({ train }: { train: { sharpe: number } }) => train.sharpe)
    expect(sharpes).toEqual([...sharpes].sort((a, b) => b - a))
  })

  test('ends when its time is over, and says so', async () => {
    const told = await agent.get('run_iterations', { count: 10_000, maxSeconds: 1 })
    expect(told.ended).toBe('outOfTime')
    expect(told.iterations).toBe(records().length)
  })

  test('readers answer while it goes on, and writers wait for their turn', async () => {
    const before = records().length
    const cancel = new AbortController()
    let over = false
    const run = agent
      .call('run_iterations', { count: 10_000, maxSeconds: 600 }, { signal: cancel.signal })
      .catch(() => {
        over = true
      })
    while (records().length < before + 5) await sleep(5)
    const proposals = [41, 42, 43].map((window) => agent.get('propose_strategy', { code: momentum(window) }))
    expect((await agent.get('get_status')).iterations).toBeGreaterThan(before)
    expect((await agent.get('list_history')).total).toBeGreaterThan(before)
    expect(over).toBe(false)
    cancel.abort()
    await run
    const proposed = await Promise.all(proposals)
    const agents = records().filter(({ iteration, proposer }) => iteration >= before && proposer === 'agent')
    expect(proposed.map(({ iteration }) => iteration)).toEqual(agents.map(({ iteration }) => iteration))
    expect(agents.map(({ strategy }) => strategy?.name)).toEqual([
      'Momentum 41',
      'Momentum 42',
      'Momentum 43',
    ])
    expect(agents.at(-1)!.iteration).toBe(records().length - 1)
  })
})

describe('what is told of the past', () => {
  test('pages go back to the first iteration without a gap', async () => {
    const total = records().length
    const seen: number[] = []
    let before: number | null | undefined
    do {
      const page = await agent.get('list_history', { limit: 30, ...(before == null ? {} : { before }) })
      expect(page.total).toBe(total)
      seen.unshift(...page.iterations.map(({ iteration }: { iteration: number }) => iteration))
      before = page.before
    } while (before !== null)
    expect(seen).toEqual(Array.from({ length: total }, (_, i) => i))
    const refused = await agent.get('list_history', { level: 'LEVEL_0' })
    expect(refused.iterations.map(({ iteration }: { iteration: number }) => iteration)).toEqual(
      records()
        .flatMap(({ level, iteration }) => (level === 'LEVEL_0' ? [iteration] : []))
        .slice(-20),
    )
  })

  test('validation figures are told of champions only', async () => {
    const { champion, reigns } = await agent.get('get_champion', { graph: true })
    const all = records()
    const reigned = new Set(reigns.map(({ iteration }: { iteration: number }) => iteration))
    expect(reigned.size).toBeGreaterThan(0)
    expect(champion.validation.sharpe).toBeCloseTo(all[champion.iteration]!.metrics!.validation!.sharpe!, 4)
    expect(champion.ablation.parts.length).toBeGreaterThan(0)
    expect(champion.code).toContain('export default strategy({')
    expect(champion.graph.nodes.length).toBeGreaterThan(0)
    const others = all.filter(({ iteration, metrics }) => metrics !== null && !reigned.has(iteration))
    expect(others.length).toBeGreaterThan(5)
    for (const { iteration } of others) {
      const told = await agent.get('get_record', { iteration })
      expect(told.validation).toBeNull()
    }
    // Wherever it may have slipped in: the recorded reasons have the figures of validation in them.
    const everything = agent.heard.join('\n')
    const leaks = others.filter(({ champion: { because } }) => everything.includes(because))
    expect(leaks.map(({ champion: { because } }) => because)).toEqual([])
    expect(others.some(({ champion: { because } }) => / on validation/.test(because))).toBe(true)
    const told = agent.heard.flatMap((text) => withValidation(JSON.parse(text).structuredContent))
    expect(told.length).toBeGreaterThan(0)
    expect(told.filter((iteration) => !reigned.has(iteration))).toEqual([])
  })

  test('the report is Markdown in words, and HTML in a file that was named', async () => {
    const { markdown, file } = await agent.get('get_report', { file: 'champion.html' })
    expect(markdown).toMatch(/^# /)
    expect(markdown).toContain('## Drawdowns')
    expect(markdown).not.toContain('.svg')
    // Symbols are not told.
    expect(markdown).not.toMatch(/\bS\d{4}\b/)
    expect(file).toBe('reports/champion.html')
    expect(readFileSync(join(runDir, 'reports/champion.html'), 'utf8')).toMatch(/^<!doctype html>/i)
    expect(readdirSync(join(runDir, 'reports'))).toEqual(['champion.html'])
  })
})

describe('what is wrong is told, and the server goes on', () => {
  test.each([
    '../outside.html',
    '/outside.html',
    'reports/../../x.html',
    '..',
    '.hidden.html',
    'a/b.html',
    'a\\b.html',
    'no-ending',
    'nul\u0000.html',
    `${'x'.repeat(150)}.html`,
  ])('no report is called %j', async (file) => {
    expect(await agent.problem('get_report', { file })).toMatchObject({ code: 'NAME_NOT_ALLOWED' })
    expect(readdirSync(join(runDir, 'reports'))).toEqual(['champion.html'])
    expect(readdirSync(folder)).toEqual(['run'])
  })

  test('a report is not written through a link', async () => {
    const target = join(folder, 'run', 'reports', 'link.html')
    const aim = join(folder, 'run', 'history.jsonl')
    const before = readFileSync(aim)
    symlinkSync(aim, target)
    expect(await agent.problem('get_report', { file: 'link.html' })).toMatchObject({
      code: 'NAME_NOT_ALLOWED',
      message: expect.stringContaining('is a link'),
    })
    expect(readFileSync(aim).equals(before)).toBe(true)
    rmSync(target)
  })

  test.each([
    ['get_record', { iteration: 'three' }, /^iteration of get_record cannot be "three": expected number/],
    ['get_record', { iteration: -1 }, /^iteration of get_record cannot be -1: too small/],
    ['get_record', {}, /^get_record needs the argument iteration$/],
    ['get_record', { iterations: 3 }, /^get_record has no argument "iterations"; did you mean iteration\?$/],
    ['get_status', { of: 'all' }, /^get_status has no argument "of"$/],
    ['run_iterations', { count: 0 }, /^count of run_iterations cannot be 0/],
    ['run_iterations', { count: 1.5 }, /^count of run_iterations cannot be 1.5: expected int/],
    [
      'list_history',
      { level: 'LEVEL_9' },
      /^level of list_history cannot be "LEVEL_9": .*did you mean LEVEL_\d\?$/,
    ],
    ['propose_strategy', { code: 5 }, /^code of propose_strategy cannot be 5: expected string/],
    ['propose_strategy', { code: momentum(5), language: 'python' }, /^language .* "python": expected one of/],
    ['propose_strategy', { code: momentum(5), parents: 'all' }, /^parents .* "all": expected array/],
    ['propose_strategy', { code: momentum(5), parents: [1, -1] }, /^parents\[1\] .* -1: too small/],
  ])('%s does not take %j', async (name, args, message) => {
    const before = records().length
    const problem = await agent.problem(name, args)
    expect(problem).toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(new RegExp(`^${name} takes `)),
    })
    expect(
      JSON.parse((await agent.call(name, args)).content.map((part) => 'text' in part && part.text).join('')),
    ).toEqual({ error: problem })
    expect(records()).toHaveLength(before)
  })

  test('ten megabytes of code are refused by their length', async () => {
    const before = records().length
    const result = await agent.call('propose_strategy', { code: `// ${'x'.repeat(10 << 20)}` })
    expect(result.isError).toBe(true)
    expect(JSON.stringify(result.content).length).toBeLessThan(1000)
    expect(JSON.stringify(result.content)).toMatch(/code of propose_strategy cannot be .*too big/)
    expect(records()).toHaveLength(before)
  })

  test('a tool that there is not', async () => {
    await expect(agent.call('rm_rf', {})).rejects.toThrow(/rm_rf/)
    const message = 'there is no tool "propose_strategie"; did you mean propose_strategy?'
    await expect(agent.call('propose_strategie', {})).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining(message),
      data: {
        code: 'UNKNOWN_TOOL',
        message,
        hint: expect.stringMatching(/^the tools are .*get_report/),
        nearest: 'propose_strategy',
      },
    })
  })
})

describe('in the end', () => {
  test('the prompt of an iteration that an agent proposed says so, by the name of its strategy', async () => {
    const own = records().filter(({ proposer }) => proposer === 'agent')
    const sound = own.find(({ strategy }) => strategy !== null)!
    const broken = own.find(({ strategy }) => strategy === null)!
    const env = { ALPHALOOP_CACHE_DIR: join(folder, 'cache') }
    const prompt = (iteration: number, ...more: string[]) =>
      cli(['prompt', '--run-dir', 'run', '--iteration', String(iteration), ...more], { cwd: folder, env })
    expect((await prompt(sound.iteration)).stderr).toContain(
      `Iteration ${sound.iteration} was proposed by an agent ("${sound.strategy!.name}"); this is what a model would have been told`,
    )
    expect((await prompt(broken.iteration)).stderr).toContain(
      `Iteration ${broken.iteration} was proposed by an agent; this is what a model would have been told`,
    )
    expect(jsonOf(await prompt(sound.iteration, '--json'))).toMatchObject({
      fate: 'never',
      proposed: { by: 'agent', strategy: sound.strategy!.name },
    })
  })

  test('the history is sound', async () => {
    expect(await verifyHistory(join(runDir, 'history.jsonl'))).toMatchObject({ ok: true, issues: [] })
    expect(records().map(({ iteration }) => iteration)).toEqual(records().map((_, i) => i))
  })

  test('no sealed day, no path of the machine and no price was told', () => {
    const everything = agent.heard.join('\n')
    expect(everything.includes(dates[split.validation.end]!)).toBe(true)
    const days = new Set(everything.match(/\d{4}-\d\d-\d\d/g))
    expect(dates.slice(split.validation.end + 1).filter((date) => days.has(date))).toEqual([])
    expect(everything.includes(folder)).toBe(false)
    expect(everything.includes(process.cwd())).toBe(false)
    expect(agent.log()).not.toContain('error:')
  })
})
