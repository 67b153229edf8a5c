import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

const MARKET = 'builtin:symbols=12,bars=400'

describe('factor', () => {
  test('--json has the shape that other programs rely on', async () => {
    const outcome = await cli(['factor', 'rank(close.pctChange(20))', '--data', MARKET, '--json'], {
      cwd: scratch(),
    })
    expect(outcome.code).toBe(0)
    const result = jsonOf(outcome)
    expect(result).toMatchObject({ bars: 400, symbols: 12 })
    expect(result.coverage).toBeGreaterThan(0.9)
    const { mean, std, icir, t, bars } = result.rankIc
    expect(icir).toBeCloseTo(mean / std, 12)
    expect(t).toBeCloseTo(icir * Math.sqrt(bars), 9)
    expect(result.decay.map(({ bars }: { bars: number }) => bars)).toEqual([1, 2, 3, 5, 10, 15, 20])
    expect(result.decay[0]).toEqual({ bars: 1, mean, t })
    expect(result.quantiles.meanReturns).toHaveLength(5)
  })

  test('--out writes finite values only, to the last bit', async () => {
    const cwd = scratch()
    const { code, stdout } = await cli(
      ['factor', 'close.pctChange(20)', '--data', MARKET, '--out', 'deep/f.csv'],
      { cwd },
    )
    expect(code).toBe(0)
    expect(stdout).toContain('rank IC')
    const [head, ...rows] = readFileSync(join(cwd, 'deep/f.csv'), 'utf8').trimEnd().split('\n')
    expect(head).toBe('date,symbol,value')
    expect(rows.length).toBeGreaterThan(3000)
    for (const row of rows) {
      const [date, symbol, value] = row.split(',')
      expect(date).toMatch(/^\d{4}-\d\d-\d\d$/)
      expect(symbol).toBeTruthy()
      expect(Number.isFinite(Number(value))).toBe(true)
      expect(Number(value).toPrecision(17)).toBe(value)
    }
    expect(rows).toEqual([...rows].sort((a, b) => (a.slice(0, 10) < b.slice(0, 10) ? -1 : 1)))
  })

  test.each([
    ['rank(close.pctChange(20)', 'expression:1:25: unexpected end of the text'],
    ['rnk(close)', 'rnk is not defined; did you mean rank?'],
    ['clos', 'clos is not defined; did you mean close?'],
    ['close.lag(-1)', 'n must be a whole number from 1 to 1000, not -1'],
    ['', 'the expression is empty'],
    ['close.smaa(5)', 'did you mean sma?'],
  ])('%j is refused', async (text, message) => {
    const cwd = scratch()
    const outcome = await cli(['factor', text, '--data', MARKET, '--out', 'f.csv'], { cwd })
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain(message)
    expect(existsSync(join(cwd, 'f.csv'))).toBe(false)
  })
})
