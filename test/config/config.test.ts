// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how a configuration reads the environment
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { loadConfigFile, parseConfigText } from '../../src/config/load.js'
import { createConfig, type FlagValue, resolveConfig } from '../../src/config/resolve.js'

const resolve = (text: string, environment: Record<string, string> = {}, flags: FlagValue[] = []) =>
  resolveConfig({ file: parseConfigText(text, 'run.yaml'), environment, flags })

function refusal(work: () => unknown): AlphaloopError {
  try {
    work()
  } catch (error) {
    if (error instanceof AlphaloopError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
const refused = (text: string, environment: Record<string, string> = {}, flags: FlagValue[] = []) =>
  refusal(() => resolve(text, environment, flags))

describe('models', () => {
  const models = (...entries: string[]) =>
    `llm:\n  models:\n${entries.map((entry) => `    - ${entry}`).join('\n')}`

  test('a provider that is misspelt is told the nearest, and all there are', () => {
    const error = refused(models('{ provider: antropic, model: m }'))
    expect(error.message).toBe(
      'run.yaml:3: llm.models.0.provider is "antropic"; it must be openai-compatible, openai, anthropic, google or openrouter; did you mean anthropic?',
    )
    expect(error).toMatchObject({ hint: 'write anthropic', details: { nearest: 'anthropic', line: 3 } })
  })

  test('a chain names models that there are', () => {
    const two = models('{ model: gpt-4.1-mini }', '{ name: local, model: qwen3 }')
    expect(resolve(`${two}\n  fallback: [local, gpt-4.1-mini]`).config.llm.fallback).toHaveLength(2)
    expect(refused(`${two}\n  fallback: [locl]`).message).toBe(
      'run.yaml:5: llm.fallback.0 is "locl"; it must be the name of a model, and those are gpt-4.1-mini, local; did you mean local?',
    )
    expect(refused('llm:\n  fallback: [a]').message).toContain('and llm.models has none')
  })

  test('two of the same name are told apart by one of their own', () => {
    expect(refused(models('{ model: m, temperature: 0 }', '{ model: m, temperature: 1 }')).message).toBe(
      'run.yaml:4: llm.models.1.model is "m"; it must be a name of its own: give one of the two a `name`',
    )
    expect(resolve(models('{ model: m }', '{ model: m, name: n }')).config.llm.models).toHaveLength(2)
  })

  test('somebody must be asked', () => {
    expect(refused(models('{ model: m, weight: 0 }')).message).toBe(
      'run.yaml:3: llm.models.0.weight is 0; it must be above 0 for one model at least: nobody would be asked',
    )
  })
})

describe('ways of asking', () => {
  test('are named as they are, and one of them is left', () => {
    expect(refused('llm:\n  prompts: { explor: 2 }').message).toBe(
      'run.yaml:2: there is no setting llm.prompts.explor; did you mean llm.prompts.explore?',
    )
    expect(
      refused('llm:\n  prompts: { explore: 0, exploit: 0, repair: 0, crossover: 0, simplify: 0 }').message,
    ).toContain('must be above 0 for one of them at least: nothing could be asked')
    expect(resolve('llm:\n  prompts: { explore: 0, exploit: 0 }').config.llm.prompts).toEqual({
      explore: 0,
      exploit: 0,
    })
    expect(resolve('').config.llm.prompts).toBeUndefined()
  })
})

describe('defaults', () => {
  test('nothing given is a whole configuration', () => {
    const { config, origins } = resolveConfig({ environment: {} })
    expect(config).toMatchObject({
      data: 'builtin',
      market: 'us-stock',
      iterations: 50,
      innovationRate: 0.2,
      batchSize: 8,
      split: { train: 0.6, validation: 0.2, test: 0.2, gapBars: 21 },
      champion: { firstSharpe: 0.5, marginAbsolute: 0.02, marginRecent: 0.1, marginSettled: 0.01 },
    })
    expect([...origins.values()].every(({ from }) => from === 'default')).toBe(true)
  })

  test('an empty file, and one of comments only, give nothing', () => {
    expect(resolve('').config).toEqual(resolveConfig({ environment: {} }).config)
    expect(resolve('# seed: 3\n').config.seed).toBe(1)
  })

  test('a section with every setting commented out gives nothing', () => {
    expect(resolve('constraints:\n  # maxTurnover: 3\nfactorGraph:\n  proposers:\n').config).toEqual(
      resolveConfig({ environment: {} }).config,
    )
  })

  test('the configuration cannot be changed, at any depth', () => {
    const { config } = resolve('start: [a.ts]')
    expect(() => {
      ;(config as { seed: number }).seed = 2
    }).toThrow(TypeError)
    expect(() => {
      ;(config.champion as { minChance: number }).minChance = 0
    }).toThrow(TypeError)
    expect(() => (config.start as string[]).push('b.ts')).toThrow(TypeError)
  })
})

describe('a value that is not allowed', () => {
  test('names file, line, path, what was given and what is allowed', () => {
    const error = refused('data: builtin\nllm:\n  retries: 99\n')
    expect(error.message).toBe('run.yaml:3: llm.retries is 99; it must be a whole number from 0 to 10')
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      exitCode: 2,
      details: { file: 'run.yaml', line: 3, path: 'llm.retries', given: 99 },
    })
  })

  test.each([
    ['seed: 1.5', 'seed is 1.5; it must be a whole number from 0 to 2147483647'],
    ['seed: "5"', 'seed is "5"; it must be a whole number'],
    ['seed:', 'seed is empty; it must be a whole number'],
    ['split: 0.6', 'split is 0.6; it must be a group of settings: train, validation, test, gapBars'],
    ['split:\n  train: 1.2', 'split.train is 1.2; it must be a number above 0 and below 1'],
    ['workers: 0', 'workers is 0; it must be auto or a whole number from 1 to 256'],
    ['workers: many', 'workers is "many"; it must be auto or a whole number from 1 to 256'],
    ['llm:\n  enabled: yes please', 'llm.enabled is "yes please"; it must be true or false'],
    ['llm:\n  models:\n    - baseUrl: http://localhost', 'llm.models.0.model is missing; it must be a text'],
    ['start: momentum.ts', 'start is "momentum.ts"; it must be a list, each item a text'],
    ['constraints:\n  sides: []', 'constraints.sides is []; it must be a list that is not empty'],
    ['champion:\n  marginAbsolute: -1', 'champion.marginAbsolute is -1; it must be a number of at least 0'],
    ['dataOptions:\n  columns: close', 'dataOptions.columns is "close"; it must be a group of names'],
  ])('%j', (text, message) => {
    expect(refused(text).message).toContain(message)
  })

  test('a percentage is told its fraction', () => {
    const error = refused('innovationRate: 29')
    expect(error.message).toContain('innovationRate is 29; it must be a number from 0 to 1 (29% is 0.29)')
    expect(error.hint).toBe('rates are fractions: 29% is 0.29')
  })

  test('0.29 is 0.29, and 1 is everything', () => {
    expect(resolve('innovationRate: 0.29').config.innovationRate).toBe(0.29)
    expect(resolve('innovationRate: 1').config.innovationRate).toBe(1)
    expect(resolve('', { ALPHALOOP_INNOVATION_RATE: '0.29' }).config.innovationRate).toBe(0.29)
  })

  test('one of a few names is told the nearest', () => {
    const error = refused('market: us-stok')
    expect(error.message).toContain(
      'run.yaml:1: market is "us-stok"; it must be us-stock, tw-stock, crypto or none; did you mean us-stock?',
    )
    expect(error.details).toMatchObject({ allowed: ['us-stock', 'tw-stock', 'crypto', 'none'] })
  })

  test('all problems are told at once', () => {
    const error = refused('seed: x\nmarket: foo\nitrations: 3')
    expect(error.message.split('\n')).toHaveLength(3)
    expect(error.details.problems).toHaveLength(3)
  })

  test('a long value is cut', () => {
    expect(refused(`seed: ${'x'.repeat(500)}`).message.length).toBeLessThan(200)
  })

  test('a value from the environment or a flag is told by its name', () => {
    expect(refused('seed: 1', { ALPHALOOP_SEED: 'x' }).message).toMatch(/^ALPHALOOP_SEED: seed is "x"/)
    expect(refused('seed: 1', {}, [{ path: ['seed'], value: -1, flag: '--seed' }]).message).toMatch(
      /^--seed: seed is -1/,
    )
  })
})

describe('a setting that does not exist', () => {
  test('is told the nearest beside it', () => {
    const error = refused('data: builtin\nchampion:\n  minChnce: 0.7')
    expect(error.message).toBe(
      'run.yaml:3: there is no setting champion.minChnce; did you mean champion.minChance?',
    )
    expect(error.hint).toBe('write minChance')
    expect(error.details).toMatchObject({ file: 'run.yaml', line: 3, path: 'champion.minChnce' })
  })

  test('is told where it belongs when it stands elsewhere', () => {
    expect(refused('timeoutSeconds: 30').message).toContain('did you mean llm.timeoutSeconds?')
    expect(refused('timeoutSeconds: 30').hint).toBe('write timeoutSeconds under llm')
    expect(refused('llm:\n  seed: 3').hint).toBe('write seed without indentation: it stands at the top')
  })

  test('that resembles nothing is told what there is', () => {
    expect(refused('split:\n  zzz: 3').hint).toBe('settings here: train, validation, test, gapBars')
  })

  test('in a list item', () => {
    expect(refused('llm:\n  models:\n    - model: m\n      temprature: 1').message).toBe(
      'run.yaml:4: there is no setting llm.models.0.temprature; did you mean llm.models.0.temperature?',
    )
  })

  test('a key in a file is refused and not repeated', () => {
    const error = refused('llm:\n  models:\n    - model: m\n      apiKey: sk-secret')
    expect(error.message).toContain('did you mean llm.models.0.apiKeyVariable?')
    expect(JSON.stringify(error)).not.toContain('sk-secret')
  })
})

describe('keys', () => {
  test.each([
    'llm:\n  models:\n    - model: m\n      apiKeyVariable: sk-secret-123',
    'llm:\n  models:\n    - model: m\n      baseUrl: https://user:sk-secret-123@host/v1',
    'llm:\n  models:\n    - model: m\n      baseUrl: https://host/v1?key=sk-secret-123',
  ])('a secret where a name or an address belongs is not repeated: %j', (text) => {
    const error = refused(text)
    expect(error.exitCode).toBe(2)
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  test('a key cannot be filled in from the environment', () => {
    const text = 'llm:\n  models:\n    - model: m\n      apiKeyVariable: ${OPENAI_API_KEY}'
    const error = refused(text, { OPENAI_API_KEY: 'abcdef' })
    expect(error.code).toBe('KEY_IN_CONFIG')
    expect(error.hint).toBe('write apiKeyVariable: OPENAI_API_KEY')
    expect(JSON.stringify(error)).not.toContain('abcdef')
  })
})

describe('${NAME} and ${NAME:default}', () => {
  test('stand anywhere in a value, and several times', () => {
    const { config } = resolve('data: ${ROOT}/${SET:prices}.${KIND:csv}', { ROOT: '/srv', KIND: 'parquet' })
    expect(config.data).toBe('/srv/prices.parquet')
  })

  test('the environment goes before the default; an empty variable is unset; a default may be empty', () => {
    expect(resolve('data: ${D:a}', { D: 'b' }).config.data).toBe('b')
    expect(resolve('data: ${D:a}', { D: '' }).config.data).toBe('a')
    expect(resolve('data: x${D:}', {}).config.data).toBe('x')
    expect(resolve('data: ${D:c:/d}', {}).config.data).toBe('c:/d')
  })

  test('an unset name without a default is refused with its place', () => {
    const error = refused('seed: 1\nllm:\n  models:\n    - model: ${MODEL}')
    expect(error.message).toBe('run.yaml:4: llm.models.0.model reads the variable MODEL, which is not set')
    expect(error.hint).toBe('set MODEL, or write ${MODEL:default}')
    expect(error).toMatchObject({ code: 'UNSET_VARIABLE', exitCode: 2 })
  })

  test('a name that is none is refused, not left standing', () => {
    expect(refused('data: ${my-data}').code).toBe('INVALID_REFERENCE')
    expect(refused('data: a/${}').message).toContain('data has ${}, which names no variable')
  })

  test('a whole reference takes the type that the setting wants', () => {
    const environment = { N: '0050', R: '0.29', B: 'true', L: 'a.ts, b.ts' }
    const { config } = resolve(
      'benchmark: ${N}\nseed: ${N}\ninnovationRate: ${R}\ndataOptions:\n  unadjusted: ${B}\nstart: ${L}',
      environment,
    )
    expect(config).toMatchObject({
      benchmark: '0050',
      seed: 50,
      innovationRate: 0.29,
      dataOptions: { unadjusted: true },
      start: ['a.ts', 'b.ts'],
    })
  })

  test('in a list and in a map of names', () => {
    const { config } = resolve('start: ["${A}.ts"]\ndataOptions:\n  columns: { close: "${C}" }', {
      A: 'x',
      C: '007',
    })
    expect(config.start).toEqual(['x.ts'])
    expect(config.dataOptions.columns).toEqual({ close: '007' })
  })
})

describe('YAML', () => {
  test('a syntax error has line and column', () => {
    const error = refused('seed: 1\nsplit: {train: 0.6\nmarket: none\n')
    expect(error.message).toMatch(/^run\.yaml:\d+:\d+: /)
    expect(error.message).not.toMatch(/at line/)
    expect(error).toMatchObject({ code: 'INVALID_YAML', exitCode: 2, details: { file: 'run.yaml', line: 3 } })
  })

  test('a key that stands twice is refused', () => {
    expect(refused('seed: 1\nseed: 2').message).toMatch(/^run\.yaml:2:1: /)
  })

  test('a number where a text is due is what was written', () => {
    expect(resolve('benchmark: 0050').config.benchmark).toBe('0050')
    expect(resolve('data: 0050').config.data).toBe('0050')
    expect(resolve('data:\n  - prices.csv\n  - 0050').config.data).toEqual(['prices.csv', '0050'])
    expect(resolve('llm:\n  models:\n    - model: 4.10').config.llm.models[0]!.model).toBe('4.10')
  })

  test.each([
    ['- a\n- b', 'a list'],
    ['just words', 'the string "just words"'],
    ['42', 'the number 42'],
  ])('%j is no configuration', (text, what) => {
    expect(refused(text).message).toBe(`run.yaml:1: a configuration is made of settings, not ${what}`)
  })

  test('a value through an anchor has the line where it stands', () => {
    expect(resolve('seed: &n 7\niterations: *n').config.iterations).toBe(7)
    const error = refused('llm: &l\n  retries: 99\n')
    expect(error.message).toContain('run.yaml:2:')
  })

  test('an alias of nothing and a bomb of aliases are refused', () => {
    expect(refused('seed: *nothing').code).toBe('INVALID_YAML')
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 9; i++) {
      const [name, last] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)]
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${last}`).join(', ')}]`)
    }
    expect(refused(bomb.join('\n')).code).toBe('INVALID_YAML')
  })

  test('a file that is missing, and a folder, are usage errors; the message has the path', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alphaloop-config-'))
    try {
      const missing = refusal(() => loadConfigFile(join(folder, 'nope.yaml')))
      expect(missing).toMatchObject({ code: 'CONFIG_NOT_FOUND', exitCode: 2 })
      expect(missing.message).toContain(join(folder, 'nope.yaml'))
      mkdirSync(join(folder, 'x'))
      expect(refusal(() => loadConfigFile(join(folder, 'x')))).toMatchObject({
        code: 'CONFIG_IS_FOLDER',
        exitCode: 2,
      })
      writeFileSync(join(folder, 'y.yaml'), '\ufeffseed: 9\r\n')
      expect(
        resolveConfig({ file: loadConfigFile(join(folder, 'y.yaml')), environment: {} }).config.seed,
      ).toBe(9)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('settings that contradict each other', () => {
  const contradiction = (text: string, flags: FlagValue[] = []) => {
    const error = refused(text, {}, flags)
    expect(error).toMatchObject({ code: 'CONTRADICTING_SETTINGS', exitCode: 2 })
    expect(error.hint).toBeTruthy()
    return error
  }

  test('models switched off and a share for them, both given', () => {
    expect(contradiction('innovationRate: 0.3\nllm:\n  enabled: false').message).toBe(
      'llm.enabled (run.yaml:3) and innovationRate (run.yaml:1) contradict each other: models are switched off, yet 0.3 of the iterations should ask one',
    )
  })

  test('models switched off by itself, or with a share of 0, is none', () => {
    expect(resolve('llm:\n  enabled: false').config.llm.enabled).toBe(false)
    expect(resolve('llm:\n  enabled: false\ninnovationRate: 0').config.innovationRate).toBe(0)
    const flag = { path: ['innovationRate'], value: 0, flag: '--no-llm' }
    expect(resolve('innovationRate: 0.5', {}, [flag]).config.innovationRate).toBe(0)
    expect(resolve('innovationRate: 0.5\nllm:\n  enabled: false', {}, [flag]).config.innovationRate).toBe(0)
  })

  test('parts of the data that do not add up to 1, one given or all', () => {
    expect(contradiction('split:\n  train: 0.7').message).toContain('0.7 + 0.2 + 0.2 is 1.1')
    expect(contradiction('split: { train: 0.5, validation: 0.2, test: 0.2 }').message).toContain('is 0.9')
    expect(resolve('split: { train: 0.7, validation: 0.2, test: 0.1 }').config.split.test).toBe(0.1)
    expect(resolve('split: { train: 0.1, validation: 0.7, test: 0.2 }').config.split.train).toBe(0.1)
  })

  test('no proposer has a share', () => {
    const none = 'factorGraph:\n  proposers: { template: 0, mutate: 0, crossover: 0, random: 0 }'
    expect(contradiction(none).message).toContain('every share is 0')
    expect(resolve(none.replace('random: 0', 'random: 1')).config.factorGraph.proposers.random).toBe(1)
  })

  test('a cohort that is larger than the window it comes from', () => {
    expect(contradiction('champion:\n  stalenessMinimum: 60').message).toContain(
      'a cohort of 60 cannot come from the last 50',
    )
    expect(
      resolve('champion:\n  stalenessMinimum: 60\n  stalenessEvery: 0').config.champion.stalenessMinimum,
    ).toBe(60)
  })
})

describe('settings given as an object', () => {
  test('are a whole configuration, which nothing in the environment changes', () => {
    process.env.ALPHALOOP_SEED = '99'
    try {
      const config = createConfig({ data: 'prices.csv', split: { train: 0.7, validation: 0.1, test: 0.2 } })
      expect(config).toMatchObject({ data: 'prices.csv', seed: createConfig().seed, split: { gapBars: 21 } })
      expect(createConfig().seed).not.toBe(99)
      expect(Object.isFrozen(config.split)).toBe(true)
    } finally {
      delete process.env.ALPHALOOP_SEED
    }
  })

  test('are checked like those of a file, and named by their path', () => {
    expect(refusal(() => createConfig({ iterations: -1 }))).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/^iterations is -1; it must be/),
    })
    expect(refusal(() => createConfig({ llm: { enabled: false }, innovationRate: 0.5 }))).toMatchObject({
      code: 'CONTRADICTING_SETTINGS',
      message: expect.stringContaining('llm.enabled (settings)'),
    })
  })

  test('a reference to the environment stays as it was written', () => {
    expect(createConfig({ data: '${HOME}/prices.csv' }).data).toBe('${HOME}/prices.csv')
  })
})
