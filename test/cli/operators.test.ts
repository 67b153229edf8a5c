import { describe, expect, test } from 'vitest'
import { REGISTRY } from '../../src/graph/registry.js'
import { cli, jsonOf } from '../support/cli-io.js'

const cwd = import.meta.dirname

test('every operator is listed under its category, one line each', async () => {
  const { code, stdout } = await cli(['operators'], { cwd, columns: 160 })
  expect(code).toBe(0)
  for (const { name } of REGISTRY.values())
    expect(stdout).toMatch(new RegExp(`^${name === 'var' ? 'variance' : name}\\(`, 'm'))
  const json = jsonOf(await cli(['operators', '--json'], { cwd }))
  expect(json.operators).toHaveLength(REGISTRY.size)
})

test('one operator is shown with its ranges, outputs and source', async () => {
  const { stdout } = await cli(['operators', 'macd'], { cwd })
  expect(stdout).toContain('fast: a whole number from 1 to 1000, 12 where it is left out')
  expect(stdout).toContain('.line .signal .histogram')
  expect(stdout).toContain('Source: Appel')
  expect(jsonOf(await cli(['operators', 'variance', '--json'], { cwd })).name).toBe('var')
})

test('one that takes a function is shown with an example, which runs', async () => {
  const { stdout } = await cli(['operators', 'custom'], { cwd })
  expect(stdout).toContain('custom(name: text, n: 1…1000, [...inputs: numeric], fn: (…windows) => number)')
  const example = /^ {2}example: (.*)$/m.exec(stdout)![1]!
  const { code, stdout: factor } = await cli(['factor', example, '--data', 'builtin:symbols=10,bars=200'], {
    cwd,
  })
  expect(code).toBe(0)
  expect(factor).toContain('rank IC with the next bar')
})

test('numbers without a range are shown without one', async () => {
  expect((await cli(['operators', 'clip'], { cwd })).stdout).toContain('lo: number')
  expect((await cli(['operators', 'calendar'], { cwd })).stdout).toContain(
    'part: dayOfWeek, month, dayOfMonth',
  )
  expect((await cli(['operators', 'field'], { cwd })).stdout).toContain('name: a text')
})

test('an unknown one is answered with the nearest', async () => {
  const { code, stderr } = await cli(['operators', 'mcad'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('did you mean macd?')
})

describe('named factors', () => {
  test('stand in the list, and all of them with their formulas in its JSON', async () => {
    const { stdout } = await cli(['operators'], { cwd, columns: 160 })
    expect(stdout).toMatch(/^alpha101\(number, names\?\)/m)
    expect(stdout).toMatch(/^alpha158\(name, names\?\)/m)
    const { namedFactors } = jsonOf(await cli(['operators', '--json'], { cwd }))
    expect(namedFactors).toHaveLength(259)
    for (const { call, formula } of namedFactors) expect(formula, call).toMatch(/^[a-z]/)
  })

  test('of a family are listed with their formulas, uncut', async () => {
    const { stdout } = await cli(['operators', 'alpha101'], { cwd, columns: 60 })
    for (let number = 1; number <= 101; number++)
      expect(stdout).toMatch(new RegExp(`^alpha101\\(${number}\\) *= .*\\)$`, 'm'))
    expect(jsonOf(await cli(['operators', 'alpha158', '--json'], { cwd })).factors).toHaveLength(158)
  })

  test.each([
    [['alpha101(12)'], '= volume.delta(1).sign().mul(close.delta(1).neg())'],
    [['alpha101', '12'], 'reads volume, close'],
    [["alpha158('KMID')"], '= close.sub(open).div(open)'],
    [['alpha158', 'KMID'], "alpha158('KMID')"],
    [['KMID'], 'Source: Qlib'],
    [['alpha101', '48'], 'reads close, the group subindustry'],
    [['alpha101', '29'], 'Note: min(x, 5) is the smallest of five bars'],
  ])('%j shows one in full', async (args, text) => {
    const { code, stdout } = await cli(['operators', ...args], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain(text)
  })

  test.each([
    [['KMD'], 'did you mean KMID?'],
    [['alpha158', 'KMD'], "did you mean alpha158('KMID')?"],
    [["alpha158('ROC7')"], "did you mean alpha158('ROC5')?"],
    [['alpha102'], 'did you mean alpha101?'],
    [['alpha101', '102'], 'its numbers are 1 … 101'],
    [['alpha101(0)'], 'its numbers are 1 … 101'],
    [['macd', '12'], 'there is no operator or named factor "macd 12"'],
    [['12'], 'there is no operator or named factor "12"'],
  ])('%j is answered with what was meant', async (args, text) => {
    const { code, stderr } = await cli(['operators', ...args], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(text)
  })
})
