import { backtestMachine } from './compiled/machine.js'

/** Bytes of signals that are handed to the kernel at a time. */
const CHUNK = 32_768

/** Symbols that the kernel follows at a time; of fewer the work is less than a call. */
const LANES = 16

/**
 * Follows which symbols are on through the bars `from` … `to`: on from a bar where `enter` is 1 until one where `exit`
 * is, which wins where both are. `isOn` has a byte for each symbol, the signals a row of them for each bar.
 */
export function observeSignals(
  isOn: Uint8Array,
  enter: Uint8Array,
  exit: Uint8Array,
  from: number,
  to: number,
): void {
  const width = isOn.length
  if (width < LANES) {
    for (let at = from * width; at < (to + 1) * width; at += width)
      for (let i = 0; i < width; i++) isOn[i] = (isOn[i]! | enter[at + i]!) & (1 - exit[at + i]!)
    return
  }
  const most = Math.max(1, Math.floor(CHUNK / width))
  const { machine, from: on } = backtestMachine((1 + 2 * most) * width)
  const { kernels, bytes } = machine
  const enterAt = on + width
  const exitAt = enterAt + most * width
  bytes.set(isOn, on)
  for (let bar = from; bar <= to; bar += most) {
    const count = Math.min(most, to - bar + 1)
    const first = bar * width
    const end = first + count * width
    bytes.set(enter.subarray(first, end), enterAt)
    bytes.set(exit.subarray(first, end), exitAt)
    kernels.observe(on, enterAt, exitAt, width, count)
  }
  isOn.set(bytes.subarray(on, on + width))
}
