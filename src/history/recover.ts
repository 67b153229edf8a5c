import { closeSync, constants, fsyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from './file-system.js'
import { endOfLines, lineAt, readRange, splitLines } from './lines.js'
import { parseHead, parseLine, startsWithBom } from './record-line.js'

/**
 * Moves the bytes `[from, to)`, which a dead writer left after the last LF, to a file beside and cuts them off.
 * Whoever calls it holds the lock. The copy is durable before the cut. Returns the path of the copy.
 */
export function moveTornTail(fd: number, path: string, from: number, to: number, now: Date): string {
  const time = now.toISOString().replaceAll(/[-:]/g, '')
  const { O_WRONLY, O_CREAT, O_EXCL } = constants
  for (let n = 0; ; n++) {
    const copy = `${path}.torn-${time}${n === 0 ? '' : `-${n}`}`
    let out: number
    try {
      out = openSync(copy, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw error
    }
    try {
      for (let at = from; at < to; ) {
        const bytes = readRange(fd, at, Math.min(to, at + (1 << 20)))
        for (let done = 0; done < bytes.length; ) done += writeSync(out, bytes, done)
        at += bytes.length
        if (bytes.length === 0) break
      }
      fsyncSync(out)
    } catch (error) {
      unlinkSync(copy)
      throw error
    } finally {
      closeSync(out)
    }
    syncDirectory(dirname(copy))
    ftruncateSync(fd, from)
    return copy
  }
}

export interface BadLine {
  readonly offset: number
  readonly because: string
}

export type Tail =
  | {
      readonly kind: 'history'
      /** The number that the next iteration gets. */
      readonly next: number
      readonly badLines: readonly BadLine[]
      /** Numbers do not grow from the start to the end: files were joined. */
      readonly outOfOrder: boolean
    }
  | { readonly kind: 'other'; readonly because: string }

const WINDOW = 256 * 1024
const PROBES = 32

/** How every line of this package begins. */
const OPENING = '{"schema":'

/** Whether bytes may be the start of a history: of a whole first line, or of one that was cut anywhere. */
function beginsLikeHistory(head: Buffer): boolean {
  const bytes = startsWithBom(head) ? head.subarray(3) : head
  const text = bytes.toString('latin1', 0, OPENING.length)
  // A loss of power may leave zeros where the first record was to stand.
  return OPENING.startsWith(text) || bytes.every((byte) => byte === 0)
}

/**
 * What the end of a file says about the next number; `end` is where its last line ends, `size` where the file does.
 * Reads the last lines only, and looks at a fixed number of places before them: numbers that this package wrote grow
 * from line to line, so the last is the highest; where places before tell otherwise (files were joined by hand), or
 * the last lines hold no iteration, it reads as far as it must.
 */
export function readTail(fd: number, end: number, size: number): Tail {
  if (size === 0) return { kind: 'history', next: 0, badLines: [], outOfOrder: false }
  const historyLike = beginsLikeHistory(readRange(fd, 0, Math.min(size, 64)))
  if (end === 0) {
    if (historyLike) return { kind: 'history', next: 0, badLines: [], outOfOrder: false }
    return { kind: 'other', because: 'it holds one line that does not begin as a record' }
  }
  for (let window = WINDOW; ; window *= 8) {
    const start = Math.max(0, end - window)
    const scanned = scan(fd, start, end)
    if (scanned.readable === 0 && !historyLike) {
      return { kind: 'other', because: 'neither its beginning nor its end holds a record' }
    }
    if (scanned.highest < 0 && start > 0) continue
    const outOfOrder = !scanned.grow || (start > 0 && !probesGrow(fd, start, scanned.highest))
    const whole = outOfOrder && start > 0 ? scan(fd, 0, end) : scanned
    return { kind: 'history', next: whole.highest + 1, badLines: whole.badLines, outOfOrder }
  }
}

function scan(fd: number, start: number, end: number) {
  const badLines: BadLine[] = []
  let highest = -1
  let readable = 0
  let grow = true
  const step = 4 << 20
  for (let from = start; from < end; ) {
    let to = end
    if (end - from > step) {
      to = endOfLines(fd, from + step)
      // A line longer than the step: take it whole.
      if (to <= from) to = from + (lineAt(fd, from)?.length ?? end - from) + 1
    }
    let lines = splitLines(readRange(fd, from, to), from)
    // The window may begin within a line.
    if (from === start && start > 0) lines = lines.slice(1)
    for (const { bytes, offset } of lines) {
      const parsed = parseLine(bytes)
      if (!parsed.ok) {
        badLines.push({ offset, because: parsed.because })
        continue
      }
      readable++
      const { record } = parsed
      if (!('iteration' in record) || record.iteration === undefined) continue
      if (record.iteration <= highest) grow = false
      highest = Math.max(highest, record.iteration)
    }
    from = to
  }
  return { highest, readable, badLines, grow }
}

/** The number of the first iteration whose line begins in `[at, at + reach)`; undefined where none is seen. */
export function probe(
  fd: number,
  at: number,
  reach: number,
): { iteration: number; offset: number } | undefined {
  const bytes = readRange(fd, at, at + reach)
  let start = at === 0 ? 0 : bytes.indexOf(10) + 1
  if (at > 0 && start === 0) return undefined
  while (start < bytes.length) {
    const head = parseHead(bytes.subarray(start, start + 240))
    if (head?.iteration !== undefined) return { iteration: head.iteration, offset: at + start }
    const next = bytes.indexOf(10, start)
    if (next < 0) return undefined
    start = next + 1
  }
  return undefined
}

function probesGrow(fd: number, end: number, highest: number): boolean {
  let last = -1
  for (let i = 0; i < PROBES; i++) {
    const at = Math.floor((end / PROBES) * i)
    const found = probe(fd, at, 16 * 1024)
    if (found === undefined || found.offset >= end) continue
    if (found.iteration < last || found.iteration >= highest) return false
    last = found.iteration
  }
  return true
}
