import { expect, test } from 'vitest'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

const SMALL = ['bench', '--data', 'builtin:symbols=12,bars=400', '--seconds', '0.001']

test('every operator and strategy has a time, beside a warm copy, the machine and the data', async () => {
  const outcome = await cli([...SMALL, '--json'], { cwd: scratch() })
  expect(outcome.code).toBe(0)
  const result = jsonOf(outcome)
  expect(result.data).toMatchObject({ symbols: 12, bars: 400 })
  expect(result.machine).toMatchObject({ node: process.version })
  expect(result.copyNsPerElement).toBeGreaterThan(0)
  const units = new Map<string, string[]>()
  for (const { name, unit, median, min, copies } of result.measured) {
    units.set(unit, [...(units.get(unit) ?? []), name])
    expect(median, name).toBeGreaterThanOrEqual(min)
    expect(min, name).toBeGreaterThan(0)
    expect(copies, name).toBeGreaterThan(0)
  }
  expect(units.get('ns/element')).toEqual(['sma', 'std', 'tsRank', 'corr', 'rank', 'ema', 'custom'])
  expect(units.get('ms/strategy')).toHaveLength(8)
})

test('a person gets tables', async () => {
  const { code, stdout } = await cli(SMALL, { cwd: scratch() })
  expect(code).toBe(0)
  expect(stdout).toContain('12 symbols × 400 bars')
  expect(stdout).toMatch(/^tsRank +[\d.e-]+ +[\d.e-]+ +[\d.e-]+/m)
})

test('too few bars, and a time that is none, are refused', async () => {
  const short = await cli(['bench', '--data', 'builtin:symbols=12,bars=300', '--json'], { cwd: scratch() })
  expect(short.code).toBe(2)
  expect(jsonOf(short).error).toMatchObject({ code: 'TOO_FEW_BARS', bars: 300 })
  const never = await cli(['bench', '--seconds', 'long', '--json'], { cwd: scratch() })
  expect(never.code).toBe(2)
  expect(jsonOf(never).error.message).toContain('--seconds is long')
})
