import { dataError, messageOf } from '../../base/errors.js'
import { type ColumnRole, isWide, NUMBER_FIELDS } from '../columns.js'
import { type BadCell, type CodedColumn, type LongTable, MAX_GROUP_LABELS } from '../long-table.js'
import { isTextColumn } from '../missing-marks.js'
import { countCells, parseNumber } from './delimited.js'

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$/
const FRACTIONAL = /^(FLOAT|DOUBLE)$/
const MOMENT = /^TIMESTAMP/
const MUST_BE_NUMBERS: ReadonlySet<string> = new Set(NUMBER_FIELDS)

/** A database in memory that reaches for nothing outside. */
export async function openDuckDb() {
  // Loaded when it is needed: most reads never touch it, and its library takes longer to load than a cached panel.
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  return {
    connection,
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`
export const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`

/** How milliseconds since 1970 are written; undefined for a column of other things. */
function momentText(type: string, selected: string): ((milliseconds: number) => string) | undefined {
  if (!selected.startsWith('epoch_ms')) return undefined
  const zone = type.includes('WITH TIME ZONE') ? 'Z' : ''
  return (milliseconds) =>
    new Date(milliseconds).toISOString().replace('T00:00:00.000Z', '').replace('Z', zone)
}

/** Codes texts in order of appearance. */
class Coder {
  readonly texts: string[] = []
  readonly codes: Int32Array
  private readonly byText = new Map<string, number>()

  constructor(rows: number) {
    this.codes = new Int32Array(rows).fill(-1)
  }

  set(row: number, value: unknown): void {
    if (value === null || value === undefined) return
    const text = String(value).trim()
    if (text === '') return
    let code = this.byText.get(text)
    if (code === undefined) {
      code = this.texts.push(text) - 1
      this.byText.set(text, code)
    }
    this.codes[row] = code
  }
}

/** Reads a Parquet file into a long table. Symbols and dates stay as they are; numbers of any width become doubles. */
export async function readParquet(
  path: string,
  file: string,
  resolve: (header: readonly string[]) => readonly ColumnRole[],
  series: string,
): Promise<LongTable> {
  const { connection, close } = await openDuckDb()
  try {
    const from = `read_parquet(${sqlText(path)})`
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`)
    const header = described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }))
    const roles = resolve(header.map(({ name }) => name))
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)
    const rows = Number(counted.getRows()[0]?.[0] ?? 0)
    const wanted = roles.flatMap((role, i) =>
      role.role === 'ignored' ? [] : [{ ...role, ...header[i]!, field: role.name }],
    )
    const selected = wanted.map(({ name, type, role }) => {
      if (MOMENT.test(type) && role !== 'field' && role !== 'group')
        return `epoch_ms(${identifier(name)})::DOUBLE`
      // A table of pandas with one missing code has them all as 50.0, which nobody calls a symbol.
      if (FRACTIONAL.test(type) && role !== 'field')
        return `regexp_replace(CAST(${identifier(name)} AS VARCHAR), '\\.0$', '')`
      const isNumber = role === 'field' && NUMERIC.test(type)
      return `CAST(${identifier(name)} AS ${isNumber ? 'DOUBLE' : 'VARCHAR'})`
    })
    const columns = wanted.map(({ type, role }, k) =>
      role === 'field' && NUMERIC.test(type)
        ? { values: new Float64Array(rows).fill(Number.NaN), coder: undefined, moment: undefined }
        : { values: undefined, coder: new Coder(rows), moment: momentText(type, selected[k]!) },
    )
    const stream = await connection.stream(`SELECT ${selected.join(', ')} FROM ${from}`)
    let start = 0
    for (;;) {
      const chunk = await stream.fetchChunk()
      if (!chunk || chunk.rowCount === 0) break
      columns.forEach(({ values, coder, moment }, k) => {
        const vector = chunk.getColumnVector(k)
        for (let i = 0; i < chunk.rowCount; i++) {
          const item = vector.getItem(i)
          if (values) values[start + i] = item === null ? Number.NaN : Number(item)
          else coder!.set(start + i, moment && item !== null ? moment(Number(item)) : item)
        }
      })
      start += chunk.rowCount
    }
    const table = toTable(
      file,
      series,
      rows,
      wanted.map(({ role, field }, k) => ({ role, field, ...columns[k]! })),
    )
    return { ...table, wide: isWide(roles), undated: !roles.some(({ role }) => role === 'date') }
  } catch (error) {
    if (error instanceof Error && error.name === 'AlphaloopError') throw error
    throw dataError(
      'DATA_NOT_PARQUET',
      `${file} cannot be read as Parquet: ${messageOf(error).split('\n')[0]}`,
      undefined,
      {
        file,
      },
    )
  } finally {
    close()
  }
}

function toTable(
  file: string,
  series: string,
  rows: number,
  columns: readonly {
    role: string
    field: string
    values: Float64Array | undefined
    coder: Coder | undefined
  }[],
): LongTable {
  let dates: CodedColumn = { texts: [], codes: new Int32Array(rows).fill(-1) }
  let symbols: CodedColumn = { texts: [series], codes: new Int32Array(rows) }
  const numbers = new Map<string, Float64Array>()
  const texts = new Map<string, CodedColumn | undefined>()
  const asText = new Map<string, CodedColumn>()
  const badCells: BadCell[] = []
  for (const { role, field, values, coder } of columns) {
    if (role === 'date') dates = coder!
    else if (role === 'symbol') symbols = coder!
    else if (role === 'text') asText.set(field, coder!)
    else if (role === 'group') texts.set(field, coder!.texts.length <= MAX_GROUP_LABELS ? coder : undefined)
    else if (values) {
      numbers.set(field, values)
      for (let row = 0; row < rows; row++)
        if (Math.abs(values[row]!) === Number.POSITIVE_INFINITY)
          badCells.push({ row, column: field, text: String(values[row]) })
    } else {
      if (!MUST_BE_NUMBERS.has(field) && isTextColumn(countCells(coder!))) {
        texts.set(field, coder!.texts.length <= MAX_GROUP_LABELS ? coder : undefined)
        continue
      }
      const parsed = coder!.texts.map(parseNumber)
      const read = new Float64Array(rows).fill(Number.NaN)
      for (let row = 0; row < rows; row++) {
        const code = coder!.codes[row]!
        if (code < 0) continue
        const value = parsed[code]
        if (value === undefined) badCells.push({ row, column: field, text: coder!.texts[code]! })
        else read[row] = value
      }
      numbers.set(field, read)
    }
  }
  return {
    rows,
    dates,
    symbols,
    numbers,
    texts,
    asText,
    lines: Int32Array.from({ length: rows }, (_, row) => row + 1),
    parts: [{ file, firstRow: 0 }],
    badCells,
    badRows: [],
    unit: 'row',
  }
}
