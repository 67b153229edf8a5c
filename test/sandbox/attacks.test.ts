import { afterAll, describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { createThreadSandbox } from '../../src/sandbox/thread-sandbox.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { ATTACKS, type Attack } from './attacks.js'

const patient = createThreadSandbox({ limits: { timeMs: 600 } })
/** For programs that nothing but the clock ends. */
const hasty = createThreadSandbox({ limits: { timeMs: 120, readMs: 300 } })
afterAll(() => Promise.all([patient.close(), hasty.close()]))

const compile = (source: string, { category, language, ends }: Omit<Attack, 'source' | 'tries'>) =>
  compileStrategy(source, ENDLESS.has(ends) && category !== 'memory' ? hasty : patient, {
    fileName: `strategy.${language}`,
    language,
  })
const ENDLESS: ReadonlySet<string> = new Set(['LIMIT', 'STRATEGY_TIMEOUT'])

const HONEST =
  "import { field, strategy } from 'alphaloop'\nexport default strategy({ score: field('close').sma(20), select: { top: 3 } })\n"

const LIMITS = ['STRATEGY_TIMEOUT', 'STRATEGY_MEMORY', 'STRATEGY_STACK']
const intact = () => ({
  polluted: ({} as Record<string, unknown>).polluted,
  ownOfObject: Object.getOwnPropertyNames(Object.prototype).length,
  stringify: JSON.stringify({ a: 1 }),
})
const before = intact()

/** How a program ended, and the words that came out. */
async function outcome(attack: Attack): Promise<{ ends: string; said: string; details: string }> {
  try {
    const { graph } = await compile(attack.source, attack)
    return { ends: 'STRATEGY', said: JSON.stringify(graph), details: '' }
  } catch (error) {
    // Anything else is a crash of the host, and the test's.
    if (!(error instanceof AlphaloopError)) throw error
    expect(error.kind).toBe('usage')
    return {
      ends: error.code,
      said: `${error.message}\n${error.hint}`,
      details: JSON.stringify(error.details),
    }
  }
}

describe.each([...new Set(ATTACKS.map(({ category }) => category))])('%s', (category) => {
  test.each(ATTACKS.filter((attack) => attack.category === category))('$tries', async (attack) => {
    const result = await outcome(attack)
    const allowed = attack.ends.split(' or ').flatMap((end) => (end === 'LIMIT' ? LIMITS : [end]))
    expect(allowed).toContain(result.ends)
    expect(result.said).not.toContain('ESCAPED')
    // Neither where the host lies nor what it is made of is anybody's business in there.
    expect(result.said).not.toContain(process.cwd())
    expect(result.said).not.toMatch(/node:internal|node_modules|file:\/\/\/(?!etc)/)
    expect(result.said.length + result.details.length).toBeLessThan(10_000)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not be steered from inside
    expect(result.said).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    expect(intact()).toEqual(before)
  })
})

test('after all of them an honest program is the strategy that it always was', async () => {
  const fresh = createThreadSandbox()
  const expected = await compileStrategy(HONEST, fresh, { language: 'ts' })
  await fresh.close()
  expect((await compile(HONEST, { category: '', language: 'ts', ends: '' })).hash).toBe(expected.hash)
})

test('there are four hundred of them at least, and no two alike', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(400)
  expect(new Set(ATTACKS.map(({ language, source }) => language + source)).size).toBe(ATTACKS.length)
})
