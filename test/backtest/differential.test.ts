import { describe, expect, test } from 'vitest'
import { simulate } from '../support/simulate.js'
import { difference } from '../support/simulation-difference.js'
import { randomMarket } from './plain/random-market.js'
import { simulatePlain } from './plain/simulate-plain.js'

/*
 * The engine against the plain simulator, which was written from the accounting page alone. Seeded, so that a
 * failure names a seed that can be run again: ALPHALOOP_SEED=17 runs that one only.
 */

const CASES = process.env.ALPHALOOP_DEEP === '1' ? 20_000 : process.env.STRYKER_AREA ? 100 : 400
const CHUNK = 100

function compare(seed: number): string | undefined {
  const { input, label } = randomMarket(seed)
  const found = difference(simulate(input), simulatePlain(input))
  return found && `${label}\n${found}`
}

const only = process.env.ALPHALOOP_SEED
if (only !== undefined)
  test(`seed ${only}`, () => {
    expect(compare(Number(only))).toBeUndefined()
  })
else
  describe('the engine agrees with the plain simulator to 1e-9', () => {
    for (let from = 0; from < CASES; from += CHUNK)
      test(`random markets ${from} to ${from + CHUNK - 1}`, () => {
        const failed: string[] = []
        for (let seed = from; seed < from + CHUNK; seed++) {
          const found = compare(seed)
          if (found) failed.push(found)
        }
        expect(failed.length, failed.slice(0, 5).join('\n\n')).toBe(0)
      })
  })
