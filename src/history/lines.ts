import { fstatSync, readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { LF } from './record-line.js'

/** One line of a file: its bytes without the LF, and where it begins. */
export interface Line {
  readonly bytes: Buffer
  readonly offset: number
}

/** Reads `[from, to)`; shorter only where the file ends earlier. */
export function readRange(fd: number, from: number, to: number): Buffer {
  const buffer = Buffer.allocUnsafe(Math.max(0, to - from))
  let filled = 0
  while (filled < buffer.length) {
    const got = readSync(fd, buffer, filled, buffer.length - filled, from + filled)
    if (got === 0) break
    filled += got
  }
  return buffer.subarray(0, filled)
}

/**
 * The place behind the last LF before `size`: up to there the file is final. Bytes beyond may be a record that is
 * being written at this moment, or one whose writer died.
 */
export function endOfLines(fd: number, size = fstatSync(fd).size): number {
  const step = 64 * 1024
  for (let to = size; to > 0; to -= step) {
    const from = Math.max(0, to - step)
    const at = readRange(fd, from, to).lastIndexOf(LF)
    if (at >= 0) return from + at + 1
  }
  return 0
}

/** The lines of `bytes`, which begin at `offset` and end behind an LF. */
export function splitLines(bytes: Buffer, offset: number): Line[] {
  const lines: Line[] = []
  let start = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, start)) {
    lines.push({ bytes: bytes.subarray(start, at), offset: offset + start })
    start = at + 1
  }
  return lines
}

/** The line that begins at an offset; undefined where no LF follows. */
export function lineAt(fd: number, offset: number): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = offset, step = 16 * 1024; ; at += step, step = Math.min(step * 4, 8 << 20)) {
    const part = readRange(fd, at, at + step)
    const end = part.indexOf(LF)
    if (end >= 0) return Buffer.concat([...parts, part.subarray(0, end)])
    if (part.length < step) return undefined
    parts.push(part)
  }
}

/**
 * Lines of `[from, to)` in order, in pages of about `pageBytes`; `to` stands behind an LF. A line longer than a page
 * comes as a page of its own.
 */
export async function* readLines(
  handle: FileHandle,
  from: number,
  to: number,
  pageBytes = 1 << 20,
): AsyncGenerator<Line[]> {
  let carried: Buffer[] = []
  let carriedBytes = 0
  for (let at = from; at < to; ) {
    const wanted = Math.min(Math.max(pageBytes, Math.min(carriedBytes, 16 << 20)), to - at)
    const buffer = Buffer.allocUnsafe(wanted)
    const { bytesRead } = await handle.read(buffer, 0, wanted, at)
    if (bytesRead === 0) return
    const bytes = buffer.subarray(0, bytesRead)
    const start = at - carriedBytes
    at += bytesRead
    const last = bytes.lastIndexOf(LF)
    if (last < 0) {
      carried.push(bytes)
      carriedBytes += bytesRead
      continue
    }
    const whole = bytes.subarray(0, last + 1)
    yield splitLines(carried.length === 0 ? whole : Buffer.concat([...carried, whole]), start)
    carried = last + 1 < bytesRead ? [bytes.subarray(last + 1)] : []
    carriedBytes = bytesRead - last - 1
  }
}
