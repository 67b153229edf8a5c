import type { FactorReport } from './factor.js'
import { FEWEST_SYMBOLS } from './rank-ic.js'

/** Why a figure of a factor is null, by the name of the part that it stands in. */
export type FactorNotes = Readonly<
  Partial<Record<'coverage' | 'rankIc' | 'decay' | 'quantiles' | 'turnover', string>>
>

/** The reasons of every figure without a value. `next` are the next bar's returns, T × N as the values. */
export function factorNotes(
  report: Omit<FactorReport, 'notes'>,
  values: Float64Array,
  next: Float64Array,
): FactorNotes {
  const { bars, symbols, coverage, rankIc, decay, quantiles, turnover } = report
  const most = mostPairs(values, next, bars, symbols)
  const few = `no bar has ${FEWEST_SYMBOLS} symbols with a value and a return after it; the most is ${most}`
  const alike = 'at every bar all values are the same, or all returns are'
  const rankIcNote =
    rankIc.mean === null
      ? most < FEWEST_SYMBOLS
        ? few
        : alike
      : rankIc.std === null
        ? 'one bar alone has a rank correlation: its deviation needs two'
        : rankIc.icir === null
          ? 'the rank correlation does not vary'
          : undefined
  const without = decay.filter(({ mean, t }) => mean === null || t === null).map((one) => one.bars)
  return {
    ...(coverage === null ? { coverage: 'no cell has a close' } : {}),
    ...(rankIcNote === undefined ? {} : { rankIc: rankIcNote }),
    ...(without.length === 0
      ? {}
      : {
          decay: rankIcNote ?? `too few bars, or no variation, at ${without.join(', ')} bars ahead`,
        }),
    ...(quantiles.spread === null || quantiles.spreadT === null || quantiles.meanReturns.includes(null)
      ? {
          quantiles:
            most < FEWEST_SYMBOLS
              ? few
              : quantiles.bars < 2
                ? 'one bar alone has fifths with returns: t needs two'
                : 'a fifth is empty where many values are the same, or the spread does not vary',
        }
      : {}),
    ...(turnover.rankAutocorrelation === null || turnover.top === null || turnover.bottom === null
      ? {
          turnover: `no two bars in a row have ${FEWEST_SYMBOLS} symbols with values that differ`,
        }
      : {}),
  }
}

/** Most symbols of a bar that have both a value and a return. */
function mostPairs(values: Float64Array, next: Float64Array, bars: number, symbols: number): number {
  let most = 0
  for (let t = 0; t < bars; t++) {
    let n = 0
    for (let i = t * symbols; i < (t + 1) * symbols; i++)
      if (Number.isFinite(values[i]) && Number.isFinite(next[i])) n++
    most = Math.max(most, n)
  }
  return most
}

const PARTS: Record<keyof FactorNotes, string> = {
  coverage: 'coverage',
  rankIc: 'rank IC',
  decay: 'decay',
  quantiles: 'fifths',
  turnover: 'turnover',
}

/** The notes in words, one for each reason: `rank IC, decay: …`. */
export function notesInWords(notes: FactorNotes): string[] {
  const byReason = new Map<string, string[]>()
  for (const [part, why] of Object.entries(notes)) {
    const parts = byReason.get(why) ?? []
    parts.push(PARTS[part as keyof FactorNotes])
    byReason.set(why, parts)
  }
  return [...byReason].map(([why, parts]) => `${parts.join(', ')}: ${why}`)
}
