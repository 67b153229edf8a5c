// Positions that end and positions that begin.

import {
  bestCloses,
  CLOSED,
  CLOSED_VALUE,
  COSTS,
  ENTRY_BAR,
  ENTRY_PRICE,
  ending as endingOf,
  held,
  OPENED,
  OPENED_VALUE,
  opening as openingOf,
  orderCosts,
  orderPrices,
  orderShares,
  orderSymbols,
  RECORD,
  records,
  slots,
  totals,
} from './account'

/** A pnl within this of 0 is neither gain nor loss. */
const EVEN: f64 = 1e-12

/**
 * Ends the positions of the orders `from` … `to` − 1 of the list of those that end one, at their prices and costs, of
 * `positions` that are held. With `counts` their trades are counted as closed at `bar`; without, as open at the end.
 * Returns how many of them were short.
 */
export function end(account: usize, from: i32, to: i32, positions: i32, bar: i32, counts: i32): i32 {
  const ofRecords = records(account)
  const ofHeld = held(account)
  const ofSlots = slots(account)
  const ofTotals = totals(account)
  const prices = orderPrices(account)
  const costs = orderCosts(account)
  const symbols = orderSymbols(account)
  const ending = endingOf(account)
  let winners = load<f64>(ofTotals, 16)
  let won = load<f64>(ofTotals, 24)
  let lost = load<f64>(ofTotals, 32)
  let returns = load<f64>(ofTotals, 40)
  let barsHeld = load<f64>(ofTotals, 48)
  let last = ofHeld + (<usize>positions << 2)
  let shorts = 0
  for (let c = <usize>from; c < <usize>to; c++) {
    const j = <usize>load<i32>(ending + (c << 2))
    const i = <usize>load<i32>(symbols + (j << 2))
    const record = ofRecords + (i << RECORD)
    const shares = load<f64>(record)
    const opened = load<f64>(record + OPENED_VALUE)
    const closed = load<f64>(record + CLOSED_VALUE) + abs(shares) * load<f64>(prices + (j << 3))
    const cost = load<f64>(record + COSTS) + load<f64>(costs + (j << 3))
    shorts += i32(shares < 0)
    // Branches on the sign would be guessed wrong half of the time.
    const pnl = select<f64>(closed - opened, opened - closed, shares > 0) - cost
    const isWon = <f64>i32(pnl > EVEN)
    winners += isWon
    won += pnl * isWon
    lost -= pnl * <f64>i32(pnl < -EVEN)
    returns += pnl / opened
    barsHeld += <f64>bar - load<f64>(record + ENTRY_BAR)
    store<f64>(record, 0)
    last -= 4
    const moved = load<i32>(last)
    const slot = load<i32>(ofSlots + (i << 2))
    store<i32>(ofHeld + (<usize>slot << 2), moved)
    store<i32>(ofSlots + (<usize>moved << 2), slot)
  }
  if (!counts) {
    store<f64>(ofTotals, load<f64>(ofTotals, 8) + <f64>(to - from), 8)
    return shorts
  }
  store<f64>(ofTotals, load<f64>(ofTotals) + <f64>(to - from))
  store<f64>(ofTotals, winners, 16)
  store<f64>(ofTotals, won, 24)
  store<f64>(ofTotals, lost, 32)
  store<f64>(ofTotals, returns, 40)
  store<f64>(ofTotals, barsHeld, 48)
  return shorts
}

/**
 * Begins a position for each of the orders `from` … `to` − 1 of the list of those that begin one, beside `positions`
 * that are held. `averages`: whether entry prices and best closes are kept. Returns how many of them are short.
 */
export function open(account: usize, from: i32, to: i32, positions: i32, bar: i32, averages: i32): i32 {
  const ofRecords = records(account)
  const ofHeld = held(account)
  const ofSlots = slots(account)
  const ofBest = bestCloses(account)
  const prices = orderPrices(account)
  const next = orderShares(account)
  const costs = orderCosts(account)
  const symbols = orderSymbols(account)
  const opening = openingOf(account)
  let count = positions
  let shorts = 0
  for (let c = <usize>from; c < <usize>to; c++) {
    const j = <usize>load<i32>(opening + (c << 2))
    const i = load<i32>(symbols + (j << 2))
    const record = ofRecords + (<usize>i << RECORD)
    const shares = load<f64>(next + (j << 3))
    const price = load<f64>(prices + (j << 3))
    const size = abs(shares)
    store<i32>(ofSlots + (<usize>i << 2), count)
    store<i32>(ofHeld + (<usize>count << 2), i)
    count++
    shorts += i32(shares < 0)
    store<f64>(record, shares)
    store<f64>(record + OPENED, size)
    store<f64>(record + OPENED_VALUE, size * price)
    store<f64>(record + CLOSED, 0)
    store<f64>(record + CLOSED_VALUE, 0)
    store<f64>(record + COSTS, load<f64>(costs + (j << 3)))
    store<f64>(record + ENTRY_BAR, <f64>bar)
    store<f64>(record + ENTRY_PRICE, price)
    if (averages) store<f64>(ofBest + (<usize>i << 3), select<f64>(-Infinity, Infinity, shares > 0))
  }
  return shorts
}
