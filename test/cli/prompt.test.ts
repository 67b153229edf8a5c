import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IterationRecord } from '../../src/history/record.js'
import { holdRunDir } from '../../src/history/run-dir.js'
import { TextStore } from '../../src/history/text-store.js'
import { slotsOfBatch } from '../../src/loop/slots.js'
import { cli, jsonOf, scratch, spawnCli } from '../support/cli-io.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { type ModelServer, startModelServer } from '../support/model-server.js'

/** Replies of three kinds: a strategy that trades, one that never does, and one that does not compile. */
const reply = (index: number): string =>
  [
    `export default strategy({ name: 'Rise ${index}', universe: close.gt(close.sma(${9 + index})), score: rank(close.pctChange(${3 + index})).add(rank(close.std(${5 + index}).neg())).add(rank(field('volume').sma(5))), select: { top: 3 } })`,
    `export default strategy({ name: 'Never ${index}', universe: close.lt(-${index + 1}), score: close.pctChange(9), select: { top: 3 } })`,
    `export default strategy({ name: 'Wrong ${index}', score: close.nonsense(${index}), select: { top: 3 } })`,
  ][index % 3]!

const config = (baseUrl: string, more = '') => `data: builtin:symbols=10,bars=420,seed=7
seed: 7
batchSize: 4
innovationRate: 0.6
champion: { firstSharpe: 0 }
llm:
  maxRounds: 2
  backoffSeconds: 0
  retries: 0
  concurrency: 1
${more}
  models:
    - { model: writes-code, baseUrl: '${baseUrl}' }
    - { model: writes-json, baseUrl: '${baseUrl}', output: json }
`

let folder: string
let server: ModelServer
let records: IterationRecord[]
const runDir = () => join(folder, 'run')
const prompt = (...args: string[]) => cli(['prompt', '--run-dir', 'run', ...args], { cwd: folder })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'alphaloop-prompt-'))
  server = await startModelServer((_, index) => ({
    kind: 'text',
    text: `\`\`\`ts\nimport { strategy, field, rank } from 'alphaloop'\nconst close = field('close')\n${reply(index)}\n\`\`\``,
  }))
  const run = async (iterations: number, more?: string) => {
    writeFileSync(join(folder, 'alphaloop.yaml'), config(server.baseUrl, more))
    const { code, stderr } = await spawnCli(
      ['run', '--run-dir', 'run', '--iterations', String(iterations), '--accept-changes'],
      { cwd: folder },
    )
    expect(code, stderr).toBe(0)
  }
  await run(16)
  // From here on with less room and another way of asking.
  await run(
    32,
    '  promptTokens: 6000\n  prompts: { explore: 0, exploit: 2, repair: 2, crossover: 2, simplify: 6 }',
  )
  records = iterationsIn(readHistory(runDir()))
}, 60_000)

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const asked = () => records.filter((record) => record.prompt !== undefined)

describe('what was sent', () => {
  test('is written again from the history alone, bit by bit, for every iteration that asked a model', async () => {
    expect(asked().length).toBeGreaterThan(12)
    const texts = new TextStore(join(runDir(), 'texts'))
    const recorded = new Map<number, string>()
    for (const { iteration, prompt } of asked()) recorded.set(iteration, (await texts.get(prompt!))!)
    // One of each way of asking, of each model, and of the time before and after the settings changed.
    const kinds = asked().flatMap((record) => [
      [record.promptVariant!.name, record] as const,
      [record.rounds![0]!.asked, record] as const,
      [record.iteration < 16 ? 'before' : 'after', record] as const,
    ])
    const sample = new Set(new Map(kinds).values())
    renameSync(join(runDir(), 'texts'), join(folder, 'away'))
    try {
      for (const record of sample) {
        const { iteration, promptVariant } = record
        const told = jsonOf(await prompt('--iteration', String(iteration), '--json', '--quiet'))
        const text = `=== system ===\n${told.system}\n\n=== user 1 ===\n${told.user}`
        const whole = recorded.get(iteration)!
        expect(whole.slice(0, text.length)).toBe(text)
        expect(whole.slice(text.length)).toMatch(/^(\n\n=== |$)/)
        expect(told).toMatchObject({
          iteration,
          fate: 'sent',
          variant: promptVariant,
          budget: iteration < 16 ? 12_000 : 6000,
          because: 'what was sent is not in the folder texts any more',
        })
        expect(told.tokens).toBeLessThanOrEqual(told.budget)
      }
    } finally {
      renameSync(join(folder, 'away'), join(runDir(), 'texts'))
    }
    // All ways of asking, both forms, and both sizes are among them, or the test shows less than it says.
    expect(new Set(asked().map(({ promptVariant }) => promptVariant!.name)).size).toBe(5)
    expect(new Set(asked().map(({ rounds }) => rounds![0]!.asked))).toEqual(
      new Set(['writes-code', 'writes-json']),
    )
  }, 60_000)

  test('is given as it was sent, where this version would write something else', async () => {
    const elsewhere = scratch()
    cpSync(folder, elsewhere, { recursive: true })
    const record = asked().at(-1)!
    const store = new TextStore(join(elsewhere, 'run/texts'))
    const hash = await store.put(
      '=== system ===\nOld words\n\n=== user 1 ===\nAn old task\n\n=== user 2 ===\nMend it',
    )
    const path = join(elsewhere, 'run/history.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(record.prompt!, hash))
    const args = ['prompt', '--run-dir', 'run', '--iteration', String(record.iteration)]
    const told = jsonOf(await cli([...args, '--json', '--quiet'], { cwd: elsewhere }))
    expect(told).toMatchObject({ system: 'Old words', user: 'An old task', tokens: 7 })
    expect(told.because).toContain('this is the one that was sent')
    const { stderr } = await cli(args, { cwd: elsewhere })
    expect(stderr).toContain('warning: this version')
  })

  test('is printed for a person, with how it was asked beside it', async () => {
    const { iteration, promptVariant } = asked()[0]!
    const { stdout, stderr, code } = await prompt('--iteration', String(iteration))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^=== system ===\nYou design/)
    expect(stdout).toContain('\n\n=== user ===\n## Task and target\n')
    expect(stderr).toContain(`Iteration ${iteration} was asked with this: variant ${promptVariant!.name}`)
  })
})

describe('what would be sent', () => {
  test('at the next iteration is what it then is asked with', async () => {
    const elsewhere = scratch()
    cpSync(folder, elsewhere, { recursive: true })
    const chosen = slotsOfBatch(32, 64, {
      seed: 7,
      batchSize: 32,
      innovationRate: 0.6,
      modelAvailable: true,
      starts: 0,
    }).find(({ asksModel }) => asksModel)!.iteration
    const run = (total: number) =>
      spawnCli(['run', '--run-dir', 'run', '--iterations', String(total)], { cwd: elsewhere })
    if (chosen > 32) await run(chosen)
    const told = jsonOf(await cli(['prompt', '--run-dir', 'run', '--json', '--quiet'], { cwd: elsewhere }))
    expect(told).toMatchObject({ iteration: chosen, fate: 'next' })
    await run(chosen + 1)
    const record = iterationsIn(readHistory(join(elsewhere, 'run'))).at(-1)!
    const text = await new TextStore(join(elsewhere, 'run/texts')).get(record.prompt!)
    expect(text!.startsWith(`=== system ===\n${told.system}\n\n=== user 1 ===\n${told.user}`)).toBe(true)
    expect(record.promptVariant).toEqual(told.variant)
  }, 60_000)

  test('at an iteration of the Factor Graph is told, and that no model is asked', async () => {
    const { iteration, proposer, strategy } = records.find((record) => record.prompt === undefined)!
    const { stdout, stderr } = await prompt('--iteration', String(iteration))
    expect(stdout).toContain(`Propose the strategy of iteration ${iteration}.`)
    expect(stderr).toContain(
      `Iteration ${iteration} asked no model: ${proposer} proposed it ("${strategy!.name}"); this is what a model would have been told`,
    )
  })

  test('in a run without any model is told too', async () => {
    const cwd = scratch()
    const { code } = await spawnCli(
      ['run', '--data', 'builtin:symbols=6,bars=400,seed=3', '--iterations', '10', '--run-dir', 'run'],
      { cwd },
    )
    expect(code).toBe(0)
    const told = jsonOf(await cli(['prompt', '--json', '--quiet', '--run-dir', 'run'], { cwd }))
    expect(told).toMatchObject({ iteration: 10, fate: 'never', form: 'code', leftOut: [] })
    expect(told.user).toContain('Iteration 7')
  })

  test('in another way and form, where that is asked for', async () => {
    const told = jsonOf(await prompt('--variant', 'crossover', '--form', 'json', '--json', '--quiet'))
    expect(told).toMatchObject({ variant: { name: 'crossover' }, form: 'json' })
    expect(told.user).toContain('## The two parents')
    expect(told.system).toContain('## Output format: JSON')
  })
})

describe('nothing', () => {
  test('is written, and nobody is kept out or waited for', async () => {
    const files = () =>
      readdirSync(runDir(), { recursive: true, encoding: 'utf8' })
        .map((name) => `${name} ${statSync(join(runDir(), name)).mtimeMs}`)
        .sort()
    const release = holdRunDir(runDir(), () => {})
    const before = files()
    try {
      expect((await prompt()).code).toBe(0)
      expect(files()).toEqual(before)
    } finally {
      release()
    }
  })

  test('of the prices, the holdings or the folders of the machine stands in it', async () => {
    const { stdout } = await prompt()
    expect(stdout).not.toContain(folder)
    expect(stdout).not.toContain('builtin')
    expect(stdout).not.toContain('SYN')
  })
})

describe('refused with what to do', () => {
  test('an iteration that there is not yet', async () => {
    const { code, stderr } = await prompt('--iteration', '999')
    expect(code).toBe(2)
    expect(stderr).toMatch(/there is no iteration 999 in .*run yet/)
    expect(stderr).toContain('it has 0 to 31, and 32 is the next one')
  })

  test('a variant or form that there is not', async () => {
    expect((await prompt('--variant', 'explor')).stderr).toContain('did you mean explore?')
    expect((await prompt('--form', 'yaml')).stderr).toContain('--form is yaml; it must be code, json')
    expect((await prompt('--iteration', 'x')).stderr).toContain('is not a whole number')
  })

  test('a variant that needs what is not there', async () => {
    const { code, stderr } = await prompt('--iteration', '0', '--variant', 'exploit')
    expect(code).toBe(2)
    expect(stderr).toContain('exploit cannot be used for iteration 0: there is no champion')
  })

  test('a folder that is no run, and a history without settings', async () => {
    const cwd = scratch()
    expect((await cli(['prompt'], { cwd })).stderr).toContain('there is no run under')
    const bare = scratch()
    cpSync(runDir(), join(bare, 'run'), { recursive: true })
    const path = join(bare, 'run/history.jsonl')
    const kept = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.includes('"kind":"change"'))
    writeFileSync(path, kept.join('\n'))
    const { code, stderr } = await cli(['prompt', '--run-dir', 'run'], { cwd: bare })
    expect(code).toBe(2)
    expect(stderr).toContain('says nowhere what the run is made of')
  })
})
