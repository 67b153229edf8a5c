import { type AlphaloopError, usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'

/** A holdings file, read: shares by symbol, and the cash row where there is one. */
export interface HoldingsTable {
  readonly shares: Readonly<Record<string, number>>
  readonly cash: number | undefined
}

const SYMBOL_NAMES = ['symbol', 'ticker', 'code', 'stock_id', 'name']
const SHARES_NAMES = ['shares', 'quantity', 'qty', 'units', 'position', 'amount']
/** Beside a better name these are something else: the company's name, the value of the position. */
const WEAK_NAMES = ['name', 'amount']
/** What programs call a last row that adds up the others. */
const SUM_NAMES = [
  'total',
  'totals',
  'sum',
  'subtotal',
  'grand total',
  '合計',
  '總計',
  '小計',
  '合计',
  '总计',
  '小计',
  'gesamt',
  'summe',
]
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/**
 * Reads a table of holdings: a header that names a column of symbols (`symbol`, `ticker`, `code`) and one of shares
 * (`shares`, `quantity`, `qty`, `units`, `position`), then one row a position, parted by commas, semicolons or tabs.
 * Symbols stay text. Shares are negative for a short and may be fractions. A row `cash` (in any case) holds money,
 * unless `symbols` has that very name. Columns of other names are passed over; two that may be meant are refused, and
 * so is a row that adds up the others.
 *
 * @param name what to call the table in messages
 * @throws AlphaloopError (usage) BAD_HOLDINGS with the line, what is wrong there and how to mend it
 */
export function parseHoldings(
  text: string,
  options: { readonly name?: string; readonly symbols?: readonly string[] } = {},
): HoldingsTable {
  const { name = 'the holdings', symbols = [] } = options
  const refuse = (line: number, what: string, hint: string): AlphaloopError =>
    usageError('BAD_HOLDINGS', `${name}, line ${line}: ${what}`, hint, { file: name, line })

  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const first = lines.findIndex((line) => line.trim() !== '')
  if (first < 0) throw refuse(1, 'there is nothing in it', 'its first line is symbol,shares')
  const delimiter = [',', '\t', ';'].find((sign) => lines[first]!.includes(sign)) ?? ','
  const written = cellsOf(lines[first]!, delimiter)
  const header = written.map((cell) => cell.toLowerCase())
  const column = (names: readonly string[]) => {
    const all = header.flatMap((cell, k) => (names.includes(cell) ? [k] : []))
    const plain = all.filter((k) => !WEAK_NAMES.includes(header[k]!))
    const [at = -1, second] = plain.length > 0 ? plain : all
    if (second !== undefined)
      throw refuse(
        first + 1,
        `two columns may hold the ${names === SYMBOL_NAMES ? 'symbols' : 'shares'}: ${written[at]} and ${written[second]}`,
        'keep one of them, or call the other something else',
      )
    return at
  }
  const symbolAt = column(SYMBOL_NAMES)
  const sharesAt = column(SHARES_NAMES)
  if (symbolAt < 0 || sharesAt < 0) {
    const [what, known] = symbolAt < 0 ? ['symbols', SYMBOL_NAMES] : ['shares', SHARES_NAMES]
    const meant = header.map((cell) => [cell, nearest(cell, known)]).find(([, found]) => found !== undefined)
    throw refuse(
      first + 1,
      `no column of ${what} is named`,
      meant === undefined
        ? `write a first line such as symbol,shares; it has ${header.join(', ')}`
        : `is ${meant[0]} meant to be ${meant[1]}? The first line names the columns: symbol,shares`,
    )
  }

  const shares: Record<string, number> = Object.create(null)
  const lineOf = new Map<string, number>()
  let cash: number | undefined
  for (let at = first + 1; at < lines.length; at++) {
    const line = at + 1
    if (lines[at]!.trim() === '') continue
    const cells = cellsOf(lines[at]!, delimiter)
    const symbol = cells[symbolAt] ?? ''
    const number = cells[sharesAt] ?? ''
    if (symbol === '') throw refuse(line, 'the symbol is missing', 'name it, or take the row out')
    const isCash = symbol.toLowerCase() === 'cash' && !symbols.includes(symbol)
    const known = isCash ? 'cash' : symbol
    const what = isCash ? 'the cash' : `the shares of ${symbol}`
    if (SUM_NAMES.includes(symbol.toLowerCase()) && !symbols.includes(symbol))
      throw refuse(
        line,
        `${JSON.stringify(symbol)} looks like a sum of the rows above, and is no symbol of the data`,
        'take the row out; money stands in a row cash',
      )
    if (number === '')
      throw refuse(
        line,
        `${isCash ? `${what} is` : `${what} are`} missing: the column ${written[sharesAt]} is empty there`,
        isCash ? `write the amount under ${written[sharesAt]}` : 'write a number',
      )
    if (!NUMBER.test(number))
      throw refuse(
        line,
        `${what}: ${JSON.stringify(number.slice(0, 40))} is no number`,
        /^[+-]?\d{1,3}([,' ]\d{3})+(\.\d+)?$/.test(number)
          ? `write it without separators: ${number.replace(/[,' ]/g, '')}`
          : 'write it as 120, 0.5 or -30',
      )
    const before = lineOf.get(known)
    if (before !== undefined)
      throw refuse(line, `${symbol} stands on line ${before} too`, 'add the two up in one row')
    lineOf.set(known, line)
    if (isCash) cash = Number(number)
    else shares[symbol] = Number(number)
  }
  return { shares, cash }
}

/** A line's cells without the spaces around them and without their quotes (RFC 4180). */
function cellsOf(line: string, delimiter: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const sign = line[i]!
    if (quoted) {
      if (sign !== '"') cell += sign
      else if (line[i + 1] === '"') {
        cell += '"'
        i++
      } else quoted = false
    } else if (sign === '"' && cell.trim() === '') {
      quoted = true
      cell = ''
    } else if (sign === delimiter) {
      cells.push(cell.trim())
      cell = ''
    } else cell += sign
  }
  return [...cells, cell.trim()]
}
