import { isUtf8 } from 'node:buffer'
import { dataError } from '../../base/errors.js'
import { type ColumnRole, isWide, NUMBER_FIELDS } from '../columns.js'
import { type BadCell, type CodedColumn, type LongTable, MAX_GROUP_LABELS } from '../long-table.js'
import { type CellCounts, isMissingMark, isTextColumn } from '../missing-marks.js'
import { writtenForm } from '../written-numbers.js'

const NEWLINE = 10
const RETURN = 13
const QUOTE = 34
const PLUS = 43
const MINUS = 45
const DOT = 46
const ZERO = 48
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** Powers of ten that are exact doubles. */
const TENS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

/**
 * The different texts of one column. Cells are looked up by their bytes, so that a text is decoded once however often
 * it occurs; a quoted and a bare spelling of one text get one code.
 */
class TextCodes {
  readonly texts: string[] = []
  codes = new Int32Array(1024)
  private readonly byText = new Map<string, number>()
  private slots = new Int32Array(1024).fill(-1)
  private starts: number[] = []
  private ends: number[] = []
  private spellings: number[] = []
  private last = -1

  private readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** The code of the cell at [start, end); −1 where it is empty. */
  code(start: number, end: number): number {
    const { bytes } = this
    if (start === end) return -1
    // Tables are mostly sorted by date or by symbol: the cell above is the first guess.
    if (this.last >= 0 && this.same(this.last, start, end)) return this.spellings[this.last]!
    let hash = end - start
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
    hash ^= hash >>> 15
    let slot = hash & (this.slots.length - 1)
    for (;;) {
      const spelling = this.slots[slot]!
      if (spelling < 0) break
      if (this.same(spelling, start, end)) {
        this.last = spelling
        return this.spellings[spelling]!
      }
      slot = (slot + 1) & (this.slots.length - 1)
    }
    const text = cellText(bytes, start, end)
    let code = text === '' ? -1 : this.byText.get(text)
    if (code === undefined) {
      code = this.texts.push(text) - 1
      this.byText.set(text, code)
    }
    const spelling = this.spellings.push(code) - 1
    this.starts.push(start)
    this.ends.push(end)
    this.slots[slot] = spelling
    this.last = spelling
    if (this.spellings.length * 2 > this.slots.length) this.grow()
    return code
  }

  private same(spelling: number, start: number, end: number): boolean {
    const { bytes } = this
    let from = this.starts[spelling]!
    if (this.ends[spelling]! - from !== end - start) return false
    for (let i = start; i < end; i++) if (bytes[i] !== bytes[from++]) return false
    return true
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 4).fill(-1)
    for (let spelling = 0; spelling < this.spellings.length; spelling++) {
      const [start, end] = [this.starts[spelling]!, this.ends[spelling]!]
      let hash = end - start
      for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + this.bytes[i]!) | 0
      hash ^= hash >>> 15
      let slot = hash & (slots.length - 1)
      while (slots[slot]! >= 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = spelling
    }
    this.slots = slots
  }
}

/** A cell's text without its quotes and the spaces around it. */
function cellText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end).trim()
  return text.startsWith('"') && text.endsWith('"') && text.length >= 2
    ? text.slice(1, -1).replaceAll('""', '"').trim()
    : text
}

/** A number's text as a double; undefined where it is none. `nan` is a missing value, as an empty cell is. */
export function parseNumber(text: string): number | undefined {
  if (text === '' || /^[+-]?nan$/i.test(text)) return Number.NaN
  if (!NUMBER.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** Which sign parts the cells: the one that the header has most of; a comma where it has none. */
function delimiterOf(header: string): number {
  const bare = header.replace(/"(?:[^"]|"")*"/g, '')
  let best = ','
  let count = 0
  for (const sign of [',', '\t', ';', '|']) {
    const seen = bare.split(sign).length - 1
    if (seen > count) {
      best = sign
      count = seen
    }
  }
  return best.charCodeAt(0)
}

/** The end of the line that starts at `start`; line breaks inside quotes do not count. */
function endOfRecord(bytes: Buffer, start: number): number {
  let quoted = false
  for (let i = start; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) quoted = !quoted
    else if (bytes[i] === NEWLINE && !quoted) return i
  }
  return bytes.length
}

function splitRecord(bytes: Buffer, start: number, end: number, delimiter: number): string[] {
  const cells: string[] = []
  let quoted = false
  let from = start
  for (let i = start; i <= end; i++) {
    if (i < end && bytes[i] === QUOTE) quoted = !quoted
    if (i === end || (bytes[i] === delimiter && !quoted)) {
      cells.push(cellText(bytes, from, i))
      from = i + 1
    }
  }
  return cells
}

const MUST_BE_NUMBERS: ReadonlySet<string> = new Set(NUMBER_FIELDS)

/** Header lines of a text: the column names, the delimiter and where the rows start. */
function readHeader(bytes: Buffer, file: string) {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  let line = 1
  while (start < bytes.length && (bytes[start] === NEWLINE || bytes[start] === RETURN))
    if (bytes[start++] === NEWLINE) line++
  if (start >= bytes.length)
    throw dataError(
      'DATA_EMPTY',
      `${file} is empty`,
      'a table starts with a header like date,symbol,open,high,low,close,volume',
      { file },
    )
  const end = endOfRecord(bytes, start)
  if (bytes.subarray(start, Math.min(end, start + 4096)).includes(0))
    throw dataError(
      'DATA_NOT_TEXT',
      `${file} is not a text in UTF-8: it has zero bytes in its first line`,
      'give CSV, TSV (gzipped or not, UTF-8) or Parquet; spreadsheets and UTF-16 texts have to be exported first',
      { file },
    )
  const delimiter = delimiterOf(cellHeader(bytes, start, end))
  for (let i = start; i < end; i++) if (bytes[i] === NEWLINE) line++
  return { header: splitRecord(bytes, start, end, delimiter), delimiter, body: end + 1, line: line + 1 }
}

const cellHeader = (bytes: Buffer, start: number, end: number) => bytes.toString('utf8', start, end)

/**
 * Reads a delimited text into a long table in one pass over its bytes. Numbers are the doubles nearest to what is
 * written: up to 15 digits by one exact division (Clinger 1990), the rest by the language's own parser. A column that
 * is no price or volume and holds more texts than numbers is a text column; the whole column decides, so that the
 * order of rows does not matter. `resolve` says what the columns of a header are. A table without a symbol column is
 * the series `series`.
 */
export function readDelimited(
  bytes: Buffer,
  file: string,
  resolve: (header: readonly string[], firstRow: readonly string[]) => readonly ColumnRole[],
  series: string,
): LongTable {
  const { header, delimiter, body, line } = readHeader(bytes, file)
  if (!isUtf8(bytes)) throw notUtf8(bytes, file)
  const roles = resolve(header, splitRecord(bytes, body, endOfRecord(bytes, body), delimiter))
  const isText = roles.map(({ role, name }, i) => {
    if (role !== 'field' || MUST_BE_NUMBERS.has(name)) return false
    return sampleIsText(bytes, body, delimiter, i)
  })
  for (;;) {
    const { table, wrong } = readBody(bytes, { file, series, roles, isText, delimiter }, body, line)
    if (wrong.length === 0) return table
    for (const at of wrong) isText[at] = !isText[at]
  }
}

/** Names the first byte that is none of a character, and its line: what stands there cannot be shown. */
function notUtf8(bytes: Buffer, file: string) {
  let line = 1
  let start = 0
  for (;;) {
    const next = bytes.indexOf(NEWLINE, start)
    const end = next < 0 ? bytes.length : next
    const record = bytes.subarray(start, end)
    if (!isUtf8(record)) {
      // The longest part in front that reads as text ends where the first bad byte stands.
      let good = 0
      for (let i = 1; i < record.length; i++) if (isUtf8(record.subarray(0, i))) good = i
      const byte = `0x${record[good]!.toString(16).padStart(2, '0')}`
      return dataError(
        'DATA_NOT_TEXT',
        `${file} is not a text in UTF-8 (byte ${byte} in line ${line})`,
        'save it as UTF-8 (in a spreadsheet: CSV UTF-8); a file of another encoding, such as Big5, can be converted with iconv -f BIG5 -t UTF-8',
        { file, line },
      )
    }
    line++
    start = end + 1
  }
}

/** A first guess from the first rows, so that a second pass is rarely needed. */
function sampleIsText(bytes: Buffer, body: number, delimiter: number, column: number): boolean {
  const counts: CellCounts = { numbers: 0, marks: 0, texts: 0 }
  let start = body
  for (let row = 0; row < 50 && start < bytes.length; row++) {
    const end = endOfRecord(bytes, start)
    const cell = splitRecord(bytes, start, end, delimiter)[column] ?? ''
    if (cell !== '') counts[kindOf(cell)]++
    start = end + 1
  }
  return isTextColumn(counts)
}

interface NumberColumn {
  readonly kind: 'number'
  readonly name: string
  values: Float64Array
  numbers: number
  bad: BadCell[]
}
interface TextColumn {
  readonly kind: 'text'
  readonly name: string
  readonly cells: TextCodes
}

interface Layout {
  readonly file: string
  readonly series: string
  readonly roles: readonly ColumnRole[]
  readonly isText: readonly boolean[]
  readonly delimiter: number
}

function readBody(bytes: Buffer, layout: Layout, body: number, firstLine: number) {
  const { roles, isText, delimiter } = layout
  const columns = roles.map(({ role, name }, i): NumberColumn | TextColumn | undefined => {
    if (role === 'ignored') return undefined
    return role === 'field' && !isText[i]
      ? { kind: 'number', name, values: new Float64Array(1024), numbers: 0, bad: [] }
      : { kind: 'text', name, cells: new TextCodes(bytes) }
  })
  const width = columns.length
  const end = bytes.length
  let capacity = 1024
  let lines = new Int32Array(capacity)
  let row = 0
  let line = firstLine
  let at = body
  const badRows: { row: number; text: string }[] = []
  while (at < end) {
    if (bytes[at] === NEWLINE || (bytes[at] === RETURN && bytes[at + 1] === NEWLINE)) {
      at += bytes[at] === NEWLINE ? 1 : 2
      line++
      continue
    }
    if (row === capacity) {
      capacity *= 2
      lines = grown(lines, new Int32Array(capacity))
      for (const column of columns) {
        if (column?.kind === 'number') column.values = grown(column.values, new Float64Array(capacity))
        else if (column) column.cells.codes = grown(column.cells.codes, new Int32Array(capacity))
      }
    }
    lines[row] = line
    const recordStart = at
    let cell = 0
    let more = true
    while (more) {
      const column = cell < width ? columns[cell] : undefined
      const start = at
      let value = 0
      let plainNumber = false
      if (column?.kind === 'number') {
        // Digits are taken in while looking for the end of the cell; anything unusual falls through to the text path.
        let c = bytes[at]!
        const negative = c === MINUS
        if (negative || c === PLUS) c = bytes[++at]!
        let digits = 0
        while (c >= ZERO && c <= 57) {
          value = value * 10 + (c - ZERO)
          digits++
          c = bytes[++at]!
        }
        let decimals = 0
        if (c === DOT) {
          c = bytes[++at]!
          while (c >= ZERO && c <= 57) {
            value = value * 10 + (c - ZERO)
            decimals++
            c = bytes[++at]!
          }
        }
        plainNumber =
          digits + decimals > 0 &&
          digits + decimals <= 15 &&
          (c === delimiter || c === NEWLINE || c === RETURN || at >= end)
        if (plainNumber) {
          if (decimals > 0) value /= TENS[decimals]!
          if (negative) value = -value
          if (c === RETURN && bytes[at + 1] !== NEWLINE && at + 1 < end) plainNumber = false
        }
        if (!plainNumber) at = start
      }
      let stop = at
      if (!plainNumber) {
        let quoted = false
        let c = 0
        while (at < end) {
          c = bytes[at]!
          if (c === QUOTE) quoted = !quoted
          else if (c === NEWLINE) {
            if (!quoted) break
            line++
          } else if (c === delimiter && !quoted) break
          at++
        }
        stop = at
        if (stop > start && bytes[stop - 1] === RETURN) stop--
      } else if (bytes[at] === RETURN) at++
      if (column?.kind === 'number') {
        if (!plainNumber) {
          const text = start === stop ? '' : cellText(bytes, start, stop)
          const parsed = parseNumber(text)
          if (parsed === undefined) column.bad.push({ row, column: column.name, text })
          else if (text !== '') column.numbers++
          value = parsed ?? Number.NaN
        } else column.numbers++
        column.values[row] = value
      } else if (column) column.cells.codes[row] = column.cells.code(start, stop)
      cell++
      more = at < end && bytes[at] === delimiter
      at++
    }
    // A delimiter at the end of each row is a habit of some exporters and harmless; missing cells are not.
    if (cell !== width && !(cell > width && isBlankTail(bytes, recordStart, at - 1, delimiter, width))) {
      badRows.push({ row, text: `${cell} cells, the header has ${width}` })
      for (let i = cell; i < width; i++) {
        const column = columns[i]
        if (column?.kind === 'number') column.values[row] = Number.NaN
        else if (column) column.cells.codes[row] = -1
      }
    }
    row++
    line++
  }
  return finish(layout, columns, lines, row, badRows)
}

function isBlankTail(bytes: Buffer, start: number, end: number, delimiter: number, width: number): boolean {
  return splitRecord(bytes, start, Math.min(end, bytes.length), delimiter)
    .slice(width)
    .every((cell) => cell === '')
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from as never)
  return to
}

function finish(
  { file, series, roles }: Layout,
  columns: readonly (NumberColumn | TextColumn | undefined)[],
  lines: Int32Array,
  rows: number,
  badRows: { row: number; text: string }[],
) {
  const numbers = new Map<string, Float64Array>()
  const texts = new Map<string, CodedColumn | undefined>()
  const asText = new Map<string, CodedColumn>()
  const badCells: BadCell[] = []
  const wrong: number[] = []
  let dates: CodedColumn = { texts: [], codes: new Int32Array(rows).fill(-1) }
  let symbols: CodedColumn = { texts: [series], codes: new Int32Array(rows) }
  columns.forEach((column, i) => {
    if (!column) return
    if (column.kind === 'number') {
      if (!MUST_BE_NUMBERS.has(column.name)) {
        const counts: CellCounts = { numbers: column.numbers, marks: 0, texts: 0 }
        for (const { text } of column.bad) counts[kindOf(text)]++
        if (isTextColumn(counts)) wrong.push(i)
      }
      numbers.set(column.name, column.values.subarray(0, rows))
      for (const bad of column.bad) badCells.push(bad)
      return
    }
    const coded = { texts: column.cells.texts, codes: column.cells.codes.subarray(0, rows) }
    if (roles[i]!.role === 'date') dates = coded
    else if (roles[i]!.role === 'symbol') symbols = coded
    else if (roles[i]!.role === 'text') asText.set(column.name, coded)
    else {
      if (roles[i]!.role === 'field' && !isTextColumn(countCells(coded))) wrong.push(i)
      texts.set(column.name, coded.texts.length <= MAX_GROUP_LABELS ? coded : undefined)
    }
  })
  const table: LongTable = {
    rows,
    dates,
    symbols,
    numbers,
    texts,
    asText,
    lines: lines.subarray(0, rows),
    parts: [{ file, firstRow: 0 }],
    badCells,
    badRows,
    unit: 'line',
    wide: isWide(roles),
    undated: !roles.some(({ role }) => role === 'date'),
  }
  return { table, wrong }
}

/** How the cells of a column of texts would read as numbers; `1,234` and `3.5%` are meant as such. */
export function countCells({ texts, codes }: CodedColumn): CellCounts {
  const counts: CellCounts = { numbers: 0, marks: 0, texts: 0 }
  const kinds = texts.map(kindOf)
  for (const code of codes) if (code >= 0) counts[kinds[code]!]++
  return counts
}

const kindOf = (text: string): keyof CellCounts =>
  parseNumber(text) !== undefined
    ? 'numbers'
    : isMissingMark(text)
      ? 'marks'
      : writtenForm(text) === undefined
        ? 'texts'
        : 'numbers'
