import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  realpathSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { AlphaloopError, environmentError, usageError } from '../base/errors.js'
import { uuidv7 } from '../base/ids.js'
import { makeFolder } from '../data/sources/make-folder.js'
import { historyError, notAHistory } from './errors.js'
import { networkFileSystem, syncDirectory } from './file-system.js'
import { IdIndex } from './id-index.js'
import { JournalReader } from './journal-reader.js'
import { endOfLines, lineAt, readLines, readRange, splitLines } from './lines.js'
import { type Lock, openLock } from './lock.js'
import type { HistoryRecord, IterationRecord, KnownRecord, RecordDraft, StoredAs } from './record.js'
import { type PreparedRecord, parseHead, parseLine, prepareRecord } from './record-line.js'
import { moveTornTail, readTail } from './recover.js'
import { createRedactor, type Redactor } from './redact.js'
import type { HistoryCursor, HistoryPage, HistoryStore, OnWarning } from './store.js'
import { type WarnOnce, warnOnce } from './warn-once.js'

/*
 * A history as one file of JSON lines. How an append goes:
 *
 * 1. Check the draft, redact it, turn it into text: no lock is needed for that (record-line.ts).
 * 2. Calls that wait at the same time are written together.
 * 3. Take the lock (lock.ts). From here to its return nothing is awaited, so no other work of this thread can come
 *    between, and a busy event loop cannot hold it.
 * 4. Look whether others have appended since (the size tells) and read the new lines' numbers and ids; move away
 *    what a killed writer left behind the last LF (recover.ts).
 * 5. Leave out ids that stand already; number the rest; write all lines with one write; cut off what a full disk
 *    left of a line.
 * 6. Give the lock back, sync the data, and only then answer. Others may write during the sync: theirs covers ours.
 *
 * A line that ends in LF is never changed or taken back, so readers need no lock.
 */

export const HISTORY_FILE = 'history.jsonl'

export interface JournalOptions {
  /** Removes secrets; default: by shape alone. */
  readonly redactor?: Redactor
  /** Hears what the user should know; each is told once. */
  readonly onWarning?: OnWarning
  /** How long an append waits for the lock, in milliseconds (30 000). */
  readonly lockWaitMs?: number
  /** Opens without touching anything; appends reject with HISTORY_READ_ONLY. */
  readonly readOnly?: boolean
  /** The clock: milliseconds since 1970. */
  readonly now?: () => number
  /** The lock, instead of the one beside the file. For experiments only: without it records are lost. */
  readonly lock?: Lock
  /** Calls to the system, instead of its own. For experiments only: what becomes of a history when they fail. */
  readonly system?: Partial<JournalSystem>
}

/** What a journal asks of the operating system on its way to the disk. */
export interface JournalSystem {
  /** Appends bytes from an offset of `bytes` on, and returns how many. */
  write(fd: number, bytes: Uint8Array, from: number): number
  /** Makes what was written durable. */
  sync(fd: number): Promise<void>
  /** The name of the network file system that a path lies on; undefined on a local one. */
  networkFileSystem(path: string): string | undefined
}

const SYSTEM: JournalSystem = {
  write: (fd, bytes, from) => writeSync(fd, bytes, from),
  sync: promisify(fdatasync),
  networkFileSystem,
}

interface Waiting {
  readonly records: readonly PreparedRecord[]
  readonly bytes: number
  readonly resolve: (stored: KnownRecord[]) => void
  readonly reject: (error: unknown) => void
}

interface Outcome {
  readonly waiting: Waiting
  readonly stored: KnownRecord[]
  /** Set where the call could not be written whole. */
  error?: AlphaloopError
}

const CLOSING_BRACE = 0x7d
/** Most that one write takes together from calls that wait at once. */
const BATCH_BYTES = 32 << 20
/** Lag behind other writers that is read before the lock is taken rather than under it. */
const LAG_BYTES = 1 << 20

export class JournalStore implements HistoryStore {
  /** The file, with symbolic links resolved, so that all ways to it share one lock. */
  readonly path: string
  readonly #options: JournalOptions
  readonly #system: JournalSystem
  readonly #redactor: Redactor
  readonly #now: () => number
  readonly #warn: WarnOnce
  readonly #reader: JournalReader
  readonly #fd: number | undefined
  readonly #lock: Lock | undefined
  readonly #identity: Stats | undefined
  readonly #ids = new IdIndex()
  readonly #minted = new Set<string>()
  /** Ids of lines from here on are in the index. */
  #indexedFrom: number
  /** Every line before this is known to this instance. */
  #end: number
  #next: number
  #queue: Waiting[] = []
  #working: Promise<void> | undefined
  #closed = false
  /** After a failed sync nobody knows what reached the disk: no later sync may pretend to. */
  #broken: AlphaloopError | undefined

  private constructor(
    path: string,
    options: JournalOptions,
    file: { fd: number; identity: Stats; end: number; next: number } | undefined,
  ) {
    this.path = path
    this.#options = options
    this.#system = { ...SYSTEM, ...options.system }
    this.#redactor = options.redactor ?? createRedactor()
    this.#now = options.now ?? Date.now
    this.#warn = warnOnce(options.onWarning)
    this.#reader = new JournalReader(path, this.#warn)
    this.#fd = file?.fd
    this.#identity = file?.identity
    this.#end = file?.end ?? 0
    this.#indexedFrom = this.#end
    this.#next = file?.next ?? 0
    if (file !== undefined) {
      this.#lock =
        options.lock ??
        openLock(`${path}.lock`, {
          onTakeOver: (dead) =>
            this.#warn(
              'HISTORY_LOCK_TAKEN_OVER',
              `the lock of ${path} was left by process ${dead.pid}, which died`,
              {
                path,
                pid: dead.pid,
              },
            ),
        })
    }
  }

  /**
   * Opens the history at a path, which is made if it is not there (its folder too). Reads the end of the file only.
   * Rejects with HISTORY_NO_SPACE, HISTORY_QUOTA, HISTORY_NO_PERMISSION, HISTORY_READ_ONLY, HISTORY_IS_DIRECTORY,
   * HISTORY_NO_FOLDER, HISTORY_NOT_A_HISTORY, HISTORY_IO; with `readOnly` also HISTORY_MISSING.
   */
  static async open(given: string, options: JournalOptions = {}): Promise<JournalStore> {
    let fd: number | undefined
    try {
      const made = options.readOnly ? undefined : makeFolder(dirname(given))
      const path = resolveLinks(given)
      const present = statSync(path, { throwIfNoEntry: false })
      if (present?.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
      if (present && !present.isFile()) throw notAHistory(path, 'it is not a regular file')
      fd = openSync(path, options.readOnly ? 'r' : 'a+', 0o644)
      const identity = fstatSync(fd)
      const end = endOfLines(fd, identity.size)
      const tail = readTail(fd, end, identity.size)
      if (tail.kind === 'other') throw notAHistory(path, tail.because)
      if (options.readOnly) {
        closeSync(fd)
        fd = undefined
      } else {
        // Also for a file that stands already: its maker may have died before this. Folders that were made are
        // entries of their parents.
        const top = dirname(made === undefined ? dirname(path) : realpathSync(made))
        for (let folder = dirname(path); ; folder = dirname(folder)) {
          syncDirectory(folder)
          if (folder === top || folder === dirname(folder)) break
        }
      }
      const store = new JournalStore(
        path,
        options,
        fd === undefined ? undefined : { fd, identity, end, next: tail.next },
      )
      const network = store.#system.networkFileSystem(path)
      if (network !== undefined) {
        store.#warn(
          'HISTORY_NETWORK_FILE_SYSTEM',
          `${path} lies on a network file system (${network}): appends from several hosts may be lost; keep the run directory on a local disk`,
          { path, fileSystem: network },
        )
      }
      if (tail.outOfOrder) {
        store.#warn(
          'HISTORY_NUMBERS_OUT_OF_ORDER',
          `the iteration numbers in ${path} do not grow from start to end (two files joined?); going on with ${tail.next}; see \`alphaloop history verify\``,
          { path, next: tail.next },
        )
      }
      return store
    } catch (error) {
      if (fd !== undefined) closeSync(fd)
      throw error instanceof AlphaloopError
        ? error
        : historyError(given, options.readOnly ? 'read' : 'open', error)
    }
  }

  newId(): string {
    const id = uuidv7(this.#now(), randomBytes(10))
    this.#minted.add(id)
    return id
  }

  async append<D extends RecordDraft>(draft: D): Promise<StoredAs<D>> {
    const [stored] = await this.appendMany([draft])
    return stored!
  }

  async appendMany<D extends RecordDraft>(drafts: readonly D[]): Promise<StoredAs<D>[]> {
    this.#checkWritable()
    if (drafts.length === 0) return []
    const records = drafts.map((draft) =>
      prepareRecord(
        draft,
        { id: draft.id ?? this.newId(), timestamp: new Date(this.#now()).toISOString() },
        this.#redactor,
      ),
    )
    const bytes = records.reduce((sum, record) => sum + record.size, 0)
    const stored = new Promise<KnownRecord[]>((resolve, reject) => {
      this.#queue.push({ records, bytes, resolve, reject })
    })
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
    return (await stored) as StoredAs<D>[]
  }

  pages(from?: HistoryCursor): AsyncGenerator<HistoryPage> {
    this.#checkOpen()
    return this.#reader.pages(from)
  }

  async *records(from?: HistoryCursor): AsyncGenerator<HistoryRecord> {
    for await (const page of this.pages(from)) yield* page.records
  }

  async tail(count: number): Promise<IterationRecord[]> {
    this.#checkOpen()
    return this.#reader.tail(count)
  }

  async get(iteration: number): Promise<IterationRecord | undefined> {
    this.#checkOpen()
    return this.#reader.get(iteration)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#working
    if (this.#fd !== undefined) closeSync(this.#fd)
  }

  #checkOpen(): void {
    if (this.#closed) throw usageError('HISTORY_CLOSED', `the history ${this.path} was closed`)
  }

  #checkWritable(): void {
    this.#checkOpen()
    if (this.#broken !== undefined) throw this.#broken
    if (this.#fd === undefined) {
      throw usageError('HISTORY_READ_ONLY', `${this.path} was opened for reading only`, undefined, {
        path: this.path,
      })
    }
  }

  /** Writes what waits until nothing does. Errors go to the callers that they concern. */
  async #work(): Promise<void> {
    // Calls of the same tick come along.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      let bytes = 0
      let n = 0
      while (n < this.#queue.length && (n === 0 || bytes + this.#queue[n]!.bytes <= BATCH_BYTES)) {
        bytes += this.#queue[n++]!.bytes
      }
      const batch = this.#queue.splice(0, n)
      try {
        if (this.#broken !== undefined) throw this.#broken
        for (const { waiting, stored, error } of await this.#writeBatch(batch)) {
          if (error === undefined) waiting.resolve(stored)
          else waiting.reject(error)
        }
      } catch (error) {
        const typed = error instanceof AlphaloopError ? error : historyError(this.path, 'append to', error)
        for (const { reject } of batch) reject(typed)
      }
    }
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<Outcome[]> {
    const fd = this.#fd!
    await this.#catchUp(batch)
    const outcomes = await this.#lock!.hold(this.#options.lockWaitMs ?? 30_000, () =>
      this.#writeLocked(fd, batch),
    )
    try {
      await this.#system.sync(fd)
    } catch (error) {
      this.#broken = historyError(this.path, 'sync', error)
      throw this.#broken
    }
    return outcomes
  }

  /** Reads ahead of the lock what would take long under it. */
  async #catchUp(batch: readonly Waiting[]): Promise<void> {
    const fd = this.#fd!
    const foreign = batch.some(({ records }) =>
      records.some(({ id }) => !this.#minted.has(id) && this.#ids.get(id) === undefined),
    )
    const size = fstatSync(fd).size
    if (!(foreign && this.#indexedFrom > 0) && size - this.#end < LAG_BYTES) return
    const handle = await open(this.path, 'r')
    try {
      // An id that another process made may stand anywhere: from now on all ids are known.
      if (foreign && this.#indexedFrom > 0) {
        for await (const lines of readLines(handle, 0, this.#indexedFrom)) {
          for (const line of lines) this.#learn(line.bytes, line.offset, false)
        }
        this.#indexedFrom = 0
      }
      const end = endOfLines(handle.fd)
      for await (const lines of readLines(handle, this.#end, end)) {
        for (const line of lines) this.#learn(line.bytes, line.offset)
        const last = lines.at(-1)
        if (last !== undefined) this.#end = last.offset + last.bytes.length + 1
      }
    } finally {
      await handle.close()
    }
  }

  /** Takes number and id of a line that another wrote; `fresh`: just now, so that its head is enough. */
  #learn(bytes: Buffer, offset: number, fresh = true): void {
    const head = fresh && bytes.at(-1) === CLOSING_BRACE ? parseHead(bytes) : undefined
    if (head !== undefined) {
      this.#ids.add(head.id, offset)
      if (head.iteration !== undefined) this.#next = Math.max(this.#next, head.iteration + 1)
      return
    }
    const parsed = parseLine(bytes)
    if (!parsed.ok) {
      this.#reader.warnBadLine(this.#fd!, offset, parsed.because)
      return
    }
    const { record } = parsed
    this.#ids.add(record.id, offset)
    if ('iteration' in record && record.iteration !== undefined) {
      this.#next = Math.max(this.#next, record.iteration + 1)
    }
  }

  /** Everything that happens under the lock; nothing in it may wait. */
  #writeLocked(fd: number, batch: readonly Waiting[]): Outcome[] {
    this.#readNewLines(fd)
    const start = this.#end
    const lines: string[] = []
    const outcomes: Outcome[] = []
    const inBatch = new Map<string, KnownRecord>()
    /** For each line: its place, its record, and which call it belongs to. */
    const placed: { end: number; id: string; offset: number; iteration: number | undefined; call: number }[] =
      []
    let offset = start
    let next = this.#next
    for (const waiting of batch) {
      const stored: KnownRecord[] = []
      for (const prepared of waiting.records) {
        const known = this.#ids.get(prepared.id)
        const twin = known === undefined ? inBatch.get(prepared.id) : this.#storedAt(fd, known)
        if (twin !== undefined) {
          stored.push(twin)
          continue
        }
        const iteration = prepared.numbered ? next++ : undefined
        const line = prepared.line(iteration ?? 0)
        const end = offset + Buffer.byteLength(line)
        placed.push({ end, id: prepared.id, offset, iteration, call: outcomes.length })
        lines.push(line)
        offset = end
        const record = prepared.record(iteration ?? 0)
        inBatch.set(prepared.id, record)
        stored.push(record)
      }
      outcomes.push({ waiting, stored })
    }
    const failure = lines.length === 0 ? undefined : this.#write(fd, lines.join(''), start, placed)
    const reached = failure?.reached ?? offset
    for (const { end, id, offset: at, iteration, call } of placed) {
      if (end <= reached) {
        this.#end = end
        this.#ids.set(id, at)
        this.#minted.delete(id)
        if (iteration !== undefined) this.#next = iteration + 1
      } else if (outcomes[call]!.error === undefined) {
        const stored = placed.filter((line) => line.call === call && line.end <= reached).length
        outcomes[call]!.error = historyError(this.path, 'append to', failure!.cause, { stored })
      }
    }
    // A call whose only new line is the twin of one that failed failed with it.
    for (const outcome of outcomes) {
      if (outcome.error !== undefined || failure === undefined) continue
      const lost = outcome.waiting.records.some(({ id }) => this.#ids.get(id) === undefined)
      if (lost) outcome.error = historyError(this.path, 'append to', failure.cause, { stored: 0 })
    }
    return outcomes
  }

  /** Appends text; where that fails, cuts the file back to the last whole line and says up to where it reached. */
  #write(
    fd: number,
    text: string,
    start: number,
    placed: readonly { end: number }[],
  ): { reached: number; cause: unknown } | undefined {
    const bytes = Buffer.from(text, 'utf8')
    let written = 0
    try {
      while (written < bytes.length) written += this.#system.write(fd, bytes, written)
      return undefined
    } catch (cause) {
      // Whole lines stay: a reader may have seen them.
      const reached = placed.findLast(({ end }) => end <= start + written)?.end ?? start
      try {
        if (fstatSync(fd).size > reached) ftruncateSync(fd, reached)
      } catch {
        // The next writer finds the rest torn and moves it away.
      }
      return { reached, cause }
    }
  }

  /** Under the lock: learns what others appended, and moves away what a dead writer left. */
  #readNewLines(fd: number): void {
    const now = statSync(this.path, { throwIfNoEntry: false })
    const size = now?.size ?? 0
    if (
      now === undefined ||
      now.ino !== this.#identity!.ino ||
      now.dev !== this.#identity!.dev ||
      size < this.#end
    ) {
      throw environmentError(
        'HISTORY_REPLACED',
        `${this.path} was ${now === undefined ? 'deleted' : size < this.#end ? 'cut short' : 'replaced'} while it was open`,
        'stop whatever else changes the run directory, then run again',
        { path: this.path },
      )
    }
    if (size === this.#end) return
    const bytes = readRange(fd, this.#end, size)
    const lines = splitLines(bytes, this.#end)
    for (const line of lines) this.#learn(line.bytes, line.offset)
    const last = lines.at(-1)
    if (last !== undefined) this.#end = last.offset + last.bytes.length + 1
    if (this.#end === size) return
    const copy = moveTornTail(fd, this.path, this.#end, size, new Date(this.#now()))
    this.#warn(
      'HISTORY_TORN_TAIL',
      `${this.path} ended in ${size - this.#end} bytes of a record whose writer died; they were moved to ${copy}`,
      { path: this.path, offset: this.#end, bytes: size - this.#end, movedTo: copy },
    )
  }

  #storedAt(fd: number, offset: number): KnownRecord | undefined {
    const line = lineAt(fd, offset)
    const parsed = line === undefined ? undefined : parseLine(line)
    if (!parsed?.ok) return undefined
    const { record } = parsed
    return record.kind === 'newer' ? (record.raw as unknown as KnownRecord) : record
  }
}

/** The real place of a file that may not be there yet. */
function resolveLinks(given: string): string {
  try {
    return realpathSync(given)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return join(realpathSync(dirname(given)), basename(given))
  }
}
