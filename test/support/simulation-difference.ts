import type { FillRecord, Simulation, Trade } from '../../src/backtest/types.js'

/** 1e-9 relative; the floor is for differences of sums of about 1 that come out at about 0. */
export function close(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b)
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) + 1e-14
}

/** The first place where two series differ, in words. */
function seriesDifference(
  name: string,
  engine: ArrayLike<number>,
  plain: ArrayLike<number>,
): string | undefined {
  if (engine.length !== plain.length) return `${name}: ${engine.length} bars, plain ${plain.length}`
  for (let t = 0; t < plain.length; t++)
    if (!close(engine[t]!, plain[t]!))
      return `${name}[start + ${t}]: ${engine[t]}, plain ${plain[t]} (Δ ${engine[t]! - plain[t]!})`
  return undefined
}

/** The page gives no order of trades. */
function inOrder(trades: readonly Trade[]): Trade[] {
  return [...trades].sort(
    (a, b) =>
      a.exitBar - b.exitBar ||
      a.entryBar - b.entryBar ||
      (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
      // Within one bar a position that is turned round can close before it opens the other way only.
      (a.side < b.side ? -1 : a.side > b.side ? 1 : 0),
  )
}

function carryDifference({ carry: a }: Simulation, { carry: b }: Simulation): string | undefined {
  return close(a.borrow, b.borrow) && close(a.financing, b.financing)
    ? undefined
    : `carry ${JSON.stringify(a)}, plain ${JSON.stringify(b)}`
}

const COUNTS = ['closed', 'open', 'winners', 'bars'] as const
const SUMS = ['won', 'lost', 'returns'] as const

function totalsDifference(
  { tradeTotals: a }: Simulation,
  { tradeTotals: b }: Simulation,
): string | undefined {
  return COUNTS.every((name) => a[name] === b[name]) && SUMS.every((name) => close(a[name], b[name]))
    ? undefined
    : `totals of trades ${JSON.stringify(a)}, plain ${JSON.stringify(b)}`
}

const EXACT = ['symbol', 'side', 'entryBar', 'entryDate', 'exitBar', 'exitDate', 'bars', 'reason'] as const
const NUMERIC = ['entryPrice', 'exitPrice', 'shares', 'pnl', 'cost', 'return'] as const

function tradeDifference(engine: readonly Trade[], plain: readonly Trade[]): string | undefined {
  const mine = inOrder(engine)
  const theirs = inOrder(plain)
  for (let i = 0; i < Math.max(mine.length, theirs.length); i++) {
    const a = mine[i]
    const b = theirs[i]
    if (!a || !b)
      return `trades: ${mine.length}, plain ${theirs.length}; first extra ${JSON.stringify(a ?? b)}`
    for (const name of EXACT)
      if (a[name] !== b[name])
        return `trade ${i} ${name}: ${a[name]}, plain ${b[name]}\n  ${JSON.stringify(a)}\n  ${JSON.stringify(b)}`
    for (const name of NUMERIC)
      if (!close(a[name], b[name]))
        return `trade ${i} ${name}: ${a[name]}, plain ${b[name]}\n  ${JSON.stringify(a)}\n  ${JSON.stringify(b)}`
  }
  return undefined
}

function fillDifference(engine: readonly FillRecord[], plain: readonly FillRecord[]): string | undefined {
  // A round in which nothing changed hands counts in no metric, whether it is listed or not; one that only
  // corrects rounding is the same.
  const real = (fills: readonly FillRecord[]) => fills.filter((fill) => Math.abs(fill.traded) > 1e-11)
  const mine = real(engine)
  const theirs = real(plain)
  if (mine.length !== theirs.length) {
    const bars = (fills: readonly FillRecord[]) => fills.map((fill) => fill.bar).join(' ')
    return `fills at ${bars(mine)}, plain at ${bars(theirs)}`
  }
  for (const [i, a] of mine.entries()) {
    const b = theirs[i]!
    if (a.bar !== b.bar || !close(a.traded, b.traded) || !close(a.cost, b.cost))
      return `fill ${i}: ${JSON.stringify(a)}, plain ${JSON.stringify(b)}`
  }
  return undefined
}

/** How two results of one backtest differ by more than 1e-9 relative, or undefined. */
export function difference(engine: Simulation, plain: Simulation): string | undefined {
  if (engine.status !== plain.status) return `status ${engine.status}, plain ${plain.status}`
  // "Exposure leaves the last bar out" of a ruined backtest: nothing is asked of its value there.
  const bars = plain.status === 'ruined' ? plain.equity.length - 1 : plain.equity.length
  // The plain simulator warns of nothing else; a backtest of a strategy says more about its input.
  const scaled = engine.warnings.find(({ code }) => code === 'WEIGHTS_SCALED')?.count ?? 0
  const plainlyScaled = plain.warnings.reduce((count, warning) => count + warning.count, 0)
  return (
    seriesDifference('equity', engine.equity, plain.equity) ??
    seriesDifference('returns', engine.returns, plain.returns) ??
    seriesDifference('exposure', engine.exposure.slice(0, bars), plain.exposure.slice(0, bars)) ??
    tradeDifference(engine.trades, plain.trades) ??
    totalsDifference(engine, plain) ??
    fillDifference(engine.fills, plain.fills) ??
    carryDifference(engine, plain) ??
    (scaled !== plainlyScaled ? `bars scaled down: ${scaled}, plain ${plainlyScaled}` : undefined)
  )
}
