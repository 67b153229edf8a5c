// What an account is worth at the prices of a fill, and which orders it fills.

import {
  bars,
  closes,
  closing,
  ending,
  fillPrices,
  held,
  opening,
  orderPrices,
  orderSums,
  orderSymbols,
  orderValues,
  orderWeights,
  RECORD,
  records,
  targets,
  wantedSymbols,
  wantedWeights,
} from './account'

/** The newest close of a symbol before `bar`. */
// @ts-ignore: decorator
@inline
function closeBefore(account: usize, symbol: usize, bar: i32): f64 {
  return load<f64>(closes(account) + ((symbol * bars(account) + <usize>(bar - 1)) << 3))
}

/**
 * Makes the orders of a decision of `wanted` symbols, filled at `bar`: of the `positions` held symbols with a price,
 * then of those that are wanted, have a price and are not held. Symbols, prices, weights and values are written;
 * returns how many orders there are. Sums: equity; gross and net value of what is held and cannot trade; gross of the
 * targets; then how many of those the decision wants to be closed, and how many not: the symbols themselves, where
 * the lists of orders that end and begin a position will stand.
 */
export function collect(account: usize, positions: i32, wanted: i32, cash: f64, bar: i32): i32 {
  const ofRecords = records(account)
  const ofHeld = held(account)
  const ofPrices = fillPrices(account)
  const ofTargets = targets(account)
  const ofSymbols = wantedSymbols(account)
  const ofWeights = wantedWeights(account)
  const weights = orderWeights(account)
  const values = orderValues(account)
  const prices = orderPrices(account)
  const sums = orderSums(account)
  const symbols = orderSymbols(account)
  const unwanted = ending(account)
  const kept = opening(account)
  for (let j: usize = 0; j < <usize>wanted; j++)
    store<f64>(
      ofTargets + (<usize>load<i32>(ofSymbols + (j << 2)) << 3),
      load<f64>(ofWeights + (j << 3)),
    )
  let equity = cash
  let stuck: f64 = 0
  let stuckNet: f64 = 0
  let gross: f64 = 0
  let size: usize = 0
  let closings: usize = 0
  let others: usize = 0
  for (let h: usize = 0; h < <usize>positions; h++) {
    const i = <usize>load<i32>(ofHeld + (h << 2))
    const price = load<f64>(ofPrices + (i << 3))
    const weight = load<f64>(ofTargets + (i << 3))
    const shares = load<f64>(ofRecords + (i << RECORD))
    if (price - price == 0) {
      const value = shares * price
      equity += value
      store<i32>(symbols + (size << 2), <i32>i)
      store<f64>(prices + (size << 3), price)
      store<f64>(weights + (size << 3), weight)
      store<f64>(values + (size << 3), value)
      size++
      gross += abs(weight)
    } else {
      const value = shares * closeBefore(account, i, bar)
      equity += value
      stuck += abs(value)
      stuckNet += value
      if (weight == 0 || weight > 0 != shares > 0) store<i32>(unwanted + (closings++ << 2), <i32>i)
      else store<i32>(kept + (others++ << 2), <i32>i)
    }
  }
  for (let j: usize = 0; j < <usize>wanted; j++) {
    const i = <usize>load<i32>(ofSymbols + (j << 2))
    const price = load<f64>(ofPrices + (i << 3))
    const weight = load<f64>(ofWeights + (j << 3))
    store<f64>(ofTargets + (i << 3), 0)
    // Which of them are held already is as good as random: what is written for those is written over.
    const isNew =
      i32(load<f64>(ofRecords + (i << RECORD)) == 0) & i32(weight != 0) & i32(price - price == 0)
    store<i32>(symbols + (size << 2), <i32>i)
    store<f64>(prices + (size << 3), price)
    store<f64>(weights + (size << 3), weight)
    store<f64>(values + (size << 3), 0)
    size += isNew
    gross += abs(weight) * <f64>isNew
  }
  store<f64>(sums, equity)
  store<f64>(sums, stuck, 8)
  store<f64>(sums, stuckNet, 16)
  store<f64>(sums, gross, 24)
  store<f64>(sums, <f64>(<i32>closings), 32)
  store<f64>(sums, <f64>(<i32>others), 40)
  return <i32>size
}

/**
 * Makes orders of the positions that are to be closed and have a price at `bar`, outside a decision: symbols, prices
 * and values are written; returns how many there are. Sums: equity.
 */
export function collectClosings(account: usize, positions: i32, cash: f64, bar: i32): i32 {
  const ofRecords = records(account)
  const ofHeld = held(account)
  const ofPrices = fillPrices(account)
  const ofClosing = closing(account)
  const values = orderValues(account)
  const prices = orderPrices(account)
  const sums = orderSums(account)
  const symbols = orderSymbols(account)
  let equity = cash
  let size: usize = 0
  for (let h: usize = 0; h < <usize>positions; h++) {
    const i = <usize>load<i32>(ofHeld + (h << 2))
    const price = load<f64>(ofPrices + (i << 3))
    const isTradable = price - price == 0
    const value = load<f64>(ofRecords + (i << RECORD)) * (isTradable ? price : closeBefore(account, i, bar))
    equity += value
    store<i32>(symbols + (size << 2), <i32>i)
    store<f64>(prices + (size << 3), price)
    store<f64>(values + (size << 3), value)
    size += i32(isTradable) & <i32>load<u8>(ofClosing + i)
  }
  store<f64>(sums, equity)
  return <i32>size
}
