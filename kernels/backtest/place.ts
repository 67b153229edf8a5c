// The orders of a fill: what each comes to, and the positions that go on.

import {
  CLOSED,
  CLOSED_VALUE,
  COSTS,
  ENTRY_PRICE,
  ending as endingOf,
  OPENED,
  OPENED_VALUE,
  opening as openingOf,
  orderCosts,
  orderPrices,
  orderShares,
  orderSums,
  orderSymbols,
  orderValues,
  orderWeights,
  RECORD,
  records,
  staying as stayingOf,
} from './account'

/**
 * Takes the position of each of `count` orders to unit × its weight. Weights, values, prices and symbols are there;
 * shares afterwards, costs and the lists of orders whose positions go on, end and begin are written, and sums: held,
 * traded, paid; how many orders end a position, begin one, and do both. Positions that go on are adjusted, the others
 * left. Which way an order goes is as good as random: no branch on it. `averages`: whether entry prices are kept.
 */
export function place(
  account: usize,
  count: i32,
  unit: f64,
  buyRate: f64,
  sellRate: f64,
  averages: i32,
): void {
  const ofRecords = records(account)
  const weights = orderWeights(account)
  const values = orderValues(account)
  const prices = orderPrices(account)
  const next = orderShares(account)
  const costs = orderCosts(account)
  const sums = orderSums(account)
  const symbols = orderSymbols(account)
  const staying = stayingOf(account)
  const ending = endingOf(account)
  const opening = openingOf(account)
  let held: f64 = 0
  let traded: f64 = 0
  let paid: f64 = 0
  let stays: usize = 0
  let ends: usize = 0
  let opens: usize = 0
  let turns = 0
  for (let j = 0; j < count; j++) {
    const at = <usize>j << 3
    const before = load<f64>(values + at)
    const value = unit * load<f64>(weights + at)
    const change = value - before
    const cost = change * select<f64>(buyRate, -sellRate, change > 0)
    const after = value / load<f64>(prices + at)
    store<f64>(next + at, after)
    store<f64>(costs + at, cost)
    held += value
    traded += abs(change)
    paid += cost
    const now = load<f64>(ofRecords + (<usize>load<i32>(symbols + (<usize>j << 2)) << RECORD))
    const isStaying = (i32(now > 0) & i32(after > 0)) | (i32(now < 0) & i32(after < 0))
    const isEnding = i32(now != 0) & (1 - isStaying)
    const isOpening = i32(after != 0) & (1 - isStaying)
    store<i32>(staying + (stays << 2), j)
    store<i32>(ending + (ends << 2), j)
    store<i32>(opening + (opens << 2), j)
    stays += isStaying
    ends += isEnding
    opens += isOpening
    turns += isEnding & isOpening
  }
  for (let c: usize = 0; c < stays; c++) {
    const j = <usize>load<i32>(staying + (c << 2))
    const record = ofRecords + (<usize>load<i32>(symbols + (j << 2)) << RECORD)
    const price = load<f64>(prices + (j << 3))
    const shares = load<f64>(next + (j << 3))
    const now = abs(load<f64>(record))
    const after = abs(shares)
    const added = after - now
    const bought = select<f64>(added, 0, added > 0)
    const sold = added - bought
    store<f64>(record, shares)
    store<f64>(record + OPENED, load<f64>(record + OPENED) + bought)
    store<f64>(record + OPENED_VALUE, load<f64>(record + OPENED_VALUE) + bought * price)
    store<f64>(record + CLOSED, load<f64>(record + CLOSED) - sold)
    store<f64>(record + CLOSED_VALUE, load<f64>(record + CLOSED_VALUE) - sold * price)
    store<f64>(record + COSTS, load<f64>(record + COSTS) + load<f64>(costs + (j << 3)))
    if (averages && added > 0)
      store<f64>(record + ENTRY_PRICE, (now * load<f64>(record + ENTRY_PRICE) + added * price) / after)
  }
  store<f64>(sums, held)
  store<f64>(sums, traded, 8)
  store<f64>(sums, paid, 16)
  store<f64>(sums, <f64>(<i32>ends), 24)
  store<f64>(sums, <f64>(<i32>opens), 32)
  store<f64>(sums, <f64>turns, 40)
}
