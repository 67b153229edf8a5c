import { isUuid } from '../base/ids.js'

/**
 * Where records stand, by id: 48 bytes a record at most. UUIDs are kept as their 128 bits in open addressing, ids of
 * any other form in a map.
 */
export class IdIndex {
  #capacity = 1024
  #words = new Uint32Array(this.#capacity * 4)
  /** Offset + 1; 0 marks an empty slot. */
  #offsets = new Float64Array(this.#capacity)
  #used = 0
  readonly #others = new Map<string, number>()
  readonly #key = new Uint32Array(4)

  /** Records the place of an id; the first place stays. */
  add(id: string, offset: number): void {
    if (this.get(id) === undefined) this.set(id, offset)
  }

  /** Records the place of an id, instead of an earlier one. */
  set(id: string, offset: number): void {
    if (!isUuid(id)) {
      this.#others.set(id, offset)
      return
    }
    if (this.#used * 2 >= this.#capacity) this.#grow()
    this.#read(id)
    const slot = this.#find(this.#key)
    if (this.#offsets[slot] === 0) this.#used++
    this.#words.set(this.#key, slot * 4)
    this.#offsets[slot] = offset + 1
  }

  /** The byte offset of an id's record; undefined where the id is unknown. */
  get(id: string): number | undefined {
    if (!isUuid(id)) return this.#others.get(id)
    this.#read(id)
    const offset = this.#offsets[this.#find(this.#key)]!
    return offset === 0 ? undefined : offset - 1
  }

  #read(id: string): void {
    const hex = id.replaceAll('-', '')
    for (let i = 0; i < 4; i++) this.#key[i] = Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16)
  }

  /** The slot that holds a key, or the empty one where it belongs. */
  #find(key: Uint32Array): number {
    const mask = this.#capacity - 1
    let slot = Math.imul(key[0]! ^ key[1]! ^ Math.imul(key[2]!, 31) ^ key[3]!, 0x9e3779b1) >>> 0
    slot = (slot ^ (slot >>> 15)) & mask
    while (this.#offsets[slot] !== 0) {
      const at = slot * 4
      const words = this.#words
      if (
        words[at] === key[0] &&
        words[at + 1] === key[1] &&
        words[at + 2] === key[2] &&
        words[at + 3] === key[3]
      )
        break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #grow(): void {
    const words = this.#words
    const offsets = this.#offsets
    this.#capacity *= 2
    this.#words = new Uint32Array(this.#capacity * 4)
    this.#offsets = new Float64Array(this.#capacity)
    for (let i = 0; i < offsets.length; i++) {
      if (offsets[i] === 0) continue
      const key = words.subarray(i * 4, i * 4 + 4)
      const slot = this.#find(key)
      this.#words.set(key, slot * 4)
      this.#offsets[slot] = offsets[i]!
    }
  }
}
