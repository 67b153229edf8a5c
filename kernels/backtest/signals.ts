// Which symbols signals have switched on.

/**
 * Follows `width` symbols (a byte each, 1: on) through the rows of `bars` bars: on from where `enter` is 1 until where
 * `exit` is; exit wins. Sixteen symbols at a time, and there are at least so many; the last sixteen may go over some
 * twice, which changes nothing: what comes last decides, and where nothing comes it stays.
 */
export function observe(on: usize, enter: usize, exit: usize, width: i32, bars: i32): void {
  const row = <usize>width
  const all = row * <usize>bars
  for (let first: usize = 0; first < row; first += 16) {
    const i = first + 16 > row ? row - 16 : first
    let state = v128.load(on + i)
    for (let at = i; at < all; at += row)
      state = v128.andnot(v128.or(state, v128.load(enter + at)), v128.load(exit + at))
    v128.store(on + i, state)
  }
}
