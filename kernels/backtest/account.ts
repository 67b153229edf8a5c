// Where the parts of an account stand: addresses of 4 bytes in its header, in the order of src/backtest/account-memory.ts.

// @ts-ignore: decorator
@inline
function part(account: usize, place: usize): usize {
  return <usize>load<u32>(account + (place << 2))
}

/** Records of positions, by symbol (src/backtest/ledger.ts): so many bytes each, as a shift. */
export const RECORD: usize = 6
// Places in a record, in bytes; shares stand first.
export const OPENED: usize = 8
export const OPENED_VALUE: usize = 16
export const CLOSED: usize = 24
export const CLOSED_VALUE: usize = 32
export const COSTS: usize = 40
export const ENTRY_BAR: usize = 48
export const ENTRY_PRICE: usize = 56

// @ts-ignore: decorator
@inline
export function records(account: usize): usize {
  return part(account, 0)
}

// @ts-ignore: decorator
@inline
function orderArray(account: usize, place: usize): usize {
  return part(account, 1) + place * part(account, 2)
}

/** Orders. Of numbers: weights, values, prices, shares afterwards, costs, and what a kernel sums up. */
// @ts-ignore: decorator
@inline
export function orderWeights(account: usize): usize {
  return orderArray(account, 0)
}

// @ts-ignore: decorator
@inline
export function orderValues(account: usize): usize {
  return orderArray(account, 1)
}

// @ts-ignore: decorator
@inline
export function orderPrices(account: usize): usize {
  return orderArray(account, 2)
}

// @ts-ignore: decorator
@inline
export function orderShares(account: usize): usize {
  return orderArray(account, 3)
}

// @ts-ignore: decorator
@inline
export function orderCosts(account: usize): usize {
  return orderArray(account, 4)
}

// @ts-ignore: decorator
@inline
export function orderSums(account: usize): usize {
  return orderArray(account, 5)
}

/** Of integers: their symbols, and lists of orders whose positions go on, end and begin. */
// @ts-ignore: decorator
@inline
export function orderSymbols(account: usize): usize {
  return orderArray(account, 6)
}

// @ts-ignore: decorator
@inline
export function staying(account: usize): usize {
  return orderArray(account, 7)
}

// @ts-ignore: decorator
@inline
export function ending(account: usize): usize {
  return orderArray(account, 8)
}

// @ts-ignore: decorator
@inline
export function opening(account: usize): usize {
  return orderArray(account, 9)
}

/** Symbols with a position, in no particular order, and each symbol's place among them: integers. */
// @ts-ignore: decorator
@inline
export function held(account: usize): usize {
  return part(account, 3)
}

// @ts-ignore: decorator
@inline
export function slots(account: usize): usize {
  return part(account, 4)
}

/** By symbol, a byte: whether the whole position is to be closed. */
// @ts-ignore: decorator
@inline
export function closing(account: usize): usize {
  return part(account, 5)
}

/** By symbol: the best close of its position. */
// @ts-ignore: decorator
@inline
export function bestCloses(account: usize): usize {
  return part(account, 6)
}

/** Totals of the trades: closed, open, winners, won, lost, returns, bars. */
// @ts-ignore: decorator
@inline
export function totals(account: usize): usize {
  return part(account, 7)
}

/** By symbol: the prices of a fill, and target weights, all 0 between fills. */
// @ts-ignore: decorator
@inline
export function fillPrices(account: usize): usize {
  return part(account, 8)
}

// @ts-ignore: decorator
@inline
export function targets(account: usize): usize {
  return part(account, 9)
}

/** A decision: its symbols (integers) and their weights. */
// @ts-ignore: decorator
@inline
export function wantedSymbols(account: usize): usize {
  return part(account, 10)
}

// @ts-ignore: decorator
@inline
export function wantedWeights(account: usize): usize {
  return part(account, 11)
}

/** Closes, symbol by symbol, and how many bars they are. */
// @ts-ignore: decorator
@inline
export function closes(account: usize): usize {
  return part(account, 12)
}

// @ts-ignore: decorator
@inline
export function bars(account: usize): usize {
  return part(account, 13)
}

/** By bar of a stretch: the value of all positions. */
// @ts-ignore: decorator
@inline
export function net(account: usize): usize {
  return part(account, 14)
}
