import { type FileHandle, open } from 'node:fs/promises'
import { AlphaloopError, environmentError } from '../base/errors.js'
import { contentHash } from '../base/hash.js'
import { historyError } from './errors.js'
import { endOfLines, readLines, readRange, splitLines } from './lines.js'
import type { HistoryRecord, IterationRecord } from './record.js'
import { LF, parseHead, parseLine } from './record-line.js'
import { probe } from './recover.js'
import type { HistoryCursor, HistoryPage } from './store.js'
import type { WarnOnce } from './warn-once.js'

/** Bytes before a cursor that its check covers: the end of the last record. */
const CHECK_BYTES = 4096

const checkAt = (fd: number, position: number): string =>
  contentHash(readRange(fd, Math.max(0, position - CHECK_BYTES), position))

/**
 * Reads a journal without any lock: what stands before the last LF is final. Each call opens the file for itself, so
 * that any number of them may run at once.
 */
export class JournalReader {
  readonly #path: string
  readonly #warn: WarnOnce

  constructor(path: string, warn: WarnOnce) {
    this.#path = path
    this.#warn = warn
  }

  async *pages(from?: HistoryCursor): AsyncGenerator<HistoryPage> {
    const handle = await this.#open()
    try {
      const end = endOfLines(handle.fd)
      const start = from?.position ?? 0
      if (from !== undefined && (start > end || checkAt(handle.fd, start) !== from.check)) {
        throw environmentError(
          'HISTORY_CURSOR',
          `the cursor at byte ${start} does not belong to ${this.#path}`,
          'read from the start',
          { path: this.#path, position: start },
        )
      }
      for await (const lines of readLines(handle, start, end)) {
        const records: HistoryRecord[] = []
        for (const { bytes, offset } of lines) {
          const record = this.#parse(handle.fd, bytes, offset)
          if (record !== undefined) records.push(record)
        }
        const last = lines.at(-1)!
        const position = last.offset + last.bytes.length + 1
        yield { records, cursor: { position, check: checkAt(handle.fd, position) } }
      }
    } catch (error) {
      throw error instanceof AlphaloopError ? error : historyError(this.#path, 'read', error)
    } finally {
      await handle.close()
    }
  }

  async tail(count: number): Promise<IterationRecord[]> {
    if (!(count > 0)) return []
    const handle = await this.#open()
    try {
      const end = endOfLines(handle.fd)
      for (let window = 64 * 1024; ; window *= 4) {
        const start = Math.max(0, end - window)
        const lines = splitLines(readRange(handle.fd, start, end), start)
        // The window may begin within a line.
        if (start > 0) lines.shift()
        const found: IterationRecord[] = []
        for (let i = lines.length - 1; i >= 0 && found.length < count; i--) {
          const record = this.#parse(handle.fd, lines[i]!.bytes, lines[i]!.offset)
          if (record?.kind === 'iteration') found.push(record)
        }
        if (found.length === count || start === 0) return found.reverse()
      }
    } catch (error) {
      throw historyError(this.#path, 'read', error)
    } finally {
      await handle.close()
    }
  }

  async get(iteration: number): Promise<IterationRecord | undefined> {
    const handle = await this.#open()
    try {
      const end = endOfLines(handle.fd)
      // Numbers grow with the offset, so halving leads near; where files were joined by hand it may lead astray.
      let low = 0
      let high = end
      let until = end
      while (high - low > 128 * 1024) {
        const middle = Math.floor((low + high) / 2)
        const found = probe(handle.fd, middle, 64 * 1024)
        if (found === undefined) break
        if (found.iteration > iteration) {
          high = middle
          until = found.offset
        } else if (found.offset < high) low = found.offset
        else break
      }
      const near = await this.#search(handle, low, until, iteration)
      return near ?? (await this.#search(handle, 0, end, iteration))
    } catch (error) {
      throw historyError(this.#path, 'read', error)
    } finally {
      await handle.close()
    }
  }

  /** Says once that a line cannot be read, with its number and offset. */
  warnBadLine(fd: number, offset: number, because: string): void {
    const line = lineNumber(fd, offset)
    this.#warn(
      'HISTORY_BAD_LINE',
      `${this.#path}, line ${line} (byte ${offset}) ${because}; it was left out; see \`alphaloop history verify\``,
      { path: this.#path, line, offset, because },
      offset,
    )
  }

  #parse(fd: number, bytes: Buffer, offset: number): HistoryRecord | undefined {
    const parsed = parseLine(bytes)
    if (!parsed.ok) {
      this.warnBadLine(fd, offset, parsed.because)
      return undefined
    }
    const { record } = parsed
    if (record.kind === 'newer') {
      this.#warn(
        'HISTORY_NEWER_SCHEMA',
        `${this.#path} holds records of schema ${record.schema}, written by a newer version; only what is known of them is read`,
        { path: this.#path, schema: record.schema },
        record.schema,
      )
    }
    return record
  }

  async #search(
    handle: FileHandle,
    from: number,
    to: number,
    iteration: number,
  ): Promise<IterationRecord | undefined> {
    for await (const lines of readLines(handle, from, to)) {
      for (const { bytes, offset } of lines) {
        const head = parseHead(bytes)
        if (head !== undefined && head.iteration !== iteration) continue
        const record = this.#parse(handle.fd, bytes, offset)
        if (record?.kind === 'iteration' && record.iteration === iteration) return record
      }
    }
    return undefined
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, 'r')
    } catch (error) {
      throw historyError(this.#path, 'read', error)
    }
  }
}

/** The 1-based number of the line that begins at an offset. */
function lineNumber(fd: number, offset: number): number {
  let line = 1
  for (let at = 0; at < offset; at += 1 << 20) {
    const bytes = readRange(fd, at, Math.min(offset, at + (1 << 20)))
    for (let i = bytes.indexOf(LF); i >= 0; i = bytes.indexOf(LF, i + 1)) line++
  }
  return line
}
