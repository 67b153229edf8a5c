import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { environmentError } from '../base/errors.js'
import { contentHash } from '../base/hash.js'
import { historyError } from './errors.js'
import { syncDirectory } from './file-system.js'
import { createRedactor, type Redactor } from './redact.js'

/** A text as it was stored: without secrets. */
export interface KeptText {
  readonly hash: string
  readonly text: string
}

/**
 * Long texts that records point at (prompts, replies), by the hash of their content: the same text is stored once.
 * One file a text, in folders of the first two digits.
 */
export class TextStore {
  readonly #root: string
  readonly #redactor: Redactor
  readonly #known = new Set<string>()

  constructor(root: string, redactor: Redactor = createRedactor()) {
    this.#root = root
    this.#redactor = redactor
  }

  /** Stores a text without its secrets, durably, and returns the hash of what was stored. */
  async put(text: string): Promise<string> {
    return (await this.keep(text)).hash
  }

  /** As `put`; returns the text that `get` will give back as well. */
  async keep(text: string): Promise<KeptText> {
    // A lone surrogate has no UTF-8 form: hash what a reader will see.
    const bytes = Buffer.from(this.#redactor.text(text), 'utf8')
    const kept = { hash: contentHash(bytes), text: bytes.toString('utf8') }
    await this.#store(kept.hash, bytes)
    return kept
  }

  async #store(hash: string, bytes: Buffer): Promise<void> {
    if (this.#known.has(hash)) return
    const path = this.#pathOf(hash)
    try {
      const present = await readFile(path).catch(() => undefined)
      if (present === undefined || contentHash(present) !== hash) {
        mkdirSync(dirname(path), { recursive: true })
        await writeFileAtomic(path, bytes, { mode: 0o644 })
        syncDirectory(dirname(path))
        syncDirectory(this.#root)
      }
    } catch (error) {
      throw historyError(path, 'write', error)
    }
    this.#known.add(hash)
  }

  /** The text of a hash; undefined where it is not stored. Rejects with TEXT_DAMAGED where it changed on disk. */
  async get(hash: string): Promise<string | undefined> {
    if (!/^[0-9a-f]{32}$/.test(hash)) return undefined
    const path = this.#pathOf(hash)
    let bytes: Buffer
    try {
      bytes = await readFile(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw historyError(path, 'read', error)
    }
    if (contentHash(bytes) !== hash) {
      throw environmentError(
        'TEXT_DAMAGED',
        `${path} does not hold the text of its name any more`,
        undefined,
        {
          path,
          hash,
        },
      )
    }
    return bytes.toString('utf8')
  }

  #pathOf(hash: string): string {
    return join(this.#root, hash.slice(0, 2), `${hash}.txt`)
  }
}
