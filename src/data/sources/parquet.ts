import { dataError, messageOf } from '../../base/errors.js'
import { isWide, NUMBER_FIELDS, resolveColumns } from '../columns.js'
import { type BadCell, type CodedColumn, type LongTable, MAX_GROUP_LABELS } from '../long-table.js'
import { isTextColumn } from '../missing-marks.js'
import { countCells, parseNumber } from './delimited.js'

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$/
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
  mapping: Readonly<Record<string, string>>,
  series: string,
): Promise<LongTable> {
  const { connection, close } = await openDuckDb()
  try {
    const from = `read_parquet(${sqlText(path)})`
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`)
    const header = described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }))
    const roles = resolveColumns(
      header.map(({ name }) => name),
      mapping,
      file,
    )
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)
    const rows = Number(counted.getRows()[0]?.[0] ?? 0)
    const wanted = roles.flatMap((role, i) =>
      role.role === 'ignored' ? [] : [{ ...role, ...header[i]!, field: role.name }],
    )
    const selected = wanted.map(({ name, type, role }) => {
      if (role === 'date' && MOMENT.test(type)) return `epoch_ms(${identifier(name)})::DOUBLE`
      const isNumber = role === 'field' && NUMERIC.test(type)
      return `CAST(${identifier(name)} AS ${isNumber ? 'DOUBLE' : 'VARCHAR'})`
    })
    const columns = wanted.map(({ type, role }, k) =>
      role === 'field' && NUMERIC.test(type)
        ? { values: new Float64Array(rows).fill(Number.NaN), coder: undefined, moment: false }
        : { values: undefined, coder: new Coder(rows), moment: selected[k]!.startsWith('epoch_ms') },
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
          else
            coder!.set(
              start + i,
              moment && item !== null ? new Date(Number(item)).toISOString().slice(0, 10) : item,
            )
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
    return { ...table, wide: isWide(roles) }
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
  const badCells: BadCell[] = []
  for (const { role, field, values, coder } of columns) {
    if (role === 'date') dates = coder!
    else if (role === 'symbol') symbols = coder!
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
    lines: Int32Array.from({ length: rows }, (_, row) => row + 1),
    parts: [{ file, firstRow: 0 }],
    badCells,
    badRows: [],
    unit: 'row',
  }
}
