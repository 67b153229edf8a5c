import { byCodeUnit, sharedFloats } from './align.js'
import { SYMBOL_NAMES } from './columns.js'
import type { DataIssue } from './dataset.js'
import type { Grid } from './grid.js'
import { counted, IssueList } from './issues.js'
import type { LongTable } from './long-table.js'
import { daysOf, RowProblems, textOf, type WantedColumn } from './side-table.js'

const PRICE_FACTOR = 'price_factor'
const SPLIT_FACTOR = 'split_factor'

export const ADJUSTMENT_COLUMNS: readonly WantedColumn[] = [
  { role: 'symbol', name: 'symbol', names: SYMBOL_NAMES },
  { role: 'date', name: 'date', names: ['date', 'until', 'to'] },
  {
    role: 'field',
    name: PRICE_FACTOR,
    names: [PRICE_FACTOR, 'factor', 'adj_factor', 'adjustment_factor'],
    optional: true,
  },
  { role: 'field', name: SPLIT_FACTOR, names: [SPLIT_FACTOR, 'split'], optional: true },
]

const HINT = 'each row has a symbol, a day and factors above 0, which hold up to and including that day'

interface Factor {
  readonly row: number
  readonly date: string
  readonly price: number
  readonly split: number
}

/**
 * Factors of splits and dividends. A bar's prices are multiplied by price_factor × split_factor of the symbol's first
 * row dated on or after the bar, and its volume is divided by the split_factor; after the last row both are 1.
 */
export class Adjustments {
  readonly file: string
  readonly rows: number
  private readonly factors = new Map<string, Factor[]>()

  /** @throws AlphaloopError (data) DATA_BAD_FACTORS with the lines that cannot be used */
  constructor(table: LongTable, file: string) {
    this.file = file
    this.rows = table.rows
    const problems = new RowProblems(table, file)
    const symbolOf = textOf(table, 'symbol')
    const dateText = textOf(table, 'date')
    const [dateOf] = daysOf(table, ['date'], problems)
    const [price, split] = [table.numbers.get(PRICE_FACTOR), table.numbers.get(SPLIT_FACTOR)]
    if (table.rows > 0 && !price && !split)
      problems.add(0, `there is no ${PRICE_FACTOR} and no ${SPLIT_FACTOR}`)
    for (let row = 0; row < table.rows; row++) {
      const [symbol, date] = [symbolOf(row), dateOf(row)]
      const factor = { row, date: date ?? '', price: price?.[row] ?? 1, split: split?.[row] ?? 1 }
      if (symbol === undefined) problems.add(row, 'the symbol is empty')
      else if (dateText(row) === undefined) problems.add(row, 'the date is empty')
      else if (!(factor.price > 0 && factor.split > 0)) problems.add(row, 'a factor is empty, 0 or below')
      else if (date !== undefined) {
        const known = this.factors.get(symbol)
        if (known) known.push(factor)
        else this.factors.set(symbol, [factor])
      }
    }
    for (const factors of this.factors.values()) {
      factors.sort((a, b) => byCodeUnit(a.date, b.date) || a.row - b.row)
      factors.forEach((factor, k) => {
        const before = factors[k - 1]
        if (before?.date === factor.date && (before.price !== factor.price || before.split !== factor.split))
          problems.add(
            factor.row,
            `${factor.date} has other factors in ${table.unit} ${table.lines[before.row]}`,
          )
      })
    }
    problems.refuse('DATA_BAD_FACTORS', HINT)
  }

  /** How many rows are of these symbols. */
  used(symbols: readonly string[]): number {
    return symbols.reduce((sum, symbol) => sum + (this.factors.get(symbol)?.length ?? 0), 0)
  }

  /**
   * The fields of a panel adjusted, with the close as it was in `rawClose` and, where there is a volume, the traded
   * value as it was in `dollarVolume`: raw closes and adjusted volumes do not multiply to it.
   */
  on(
    { dates, symbols }: Grid,
    raw: ReadonlyMap<string, Float64Array>,
  ): { fields: Map<string, Float64Array>; issues: DataIssue[] } {
    const width = symbols.length
    const size = dates.length * width
    const prices = new Float64Array(size).fill(1)
    const splits = new Float64Array(size).fill(1)
    const without = new IssueList('NOT_ADJUSTED')
    symbols.forEach((symbol, i) => {
      const factors = this.factors.get(symbol)
      if (!factors) {
        without.add(() => ({ symbol, date: null, line: null }))
        return
      }
      let k = 0
      for (let t = 0; t < dates.length; t++) {
        while (k < factors.length && factors[k]!.date < dates[t]!) k++
        const factor = factors[k]
        if (factor === undefined) break
        prices[t * width + i] = factor.price * factor.split
        splits[t * width + i] = factor.split
      }
    })
    const scaled = (values: Float64Array, by: (value: number, cell: number) => number) => {
      const field = sharedFloats(size).fill(Number.NaN)
      for (let cell = 0; cell < size; cell++) {
        const value = by(values[cell]!, cell)
        // Missing values keep the bits of one NaN: equal content has equal hashes.
        if (Number.isFinite(value)) field[cell] = value
      }
      return field
    }
    const [close, volume] = [raw.get('close')!, raw.get('volume')]
    const fields = new Map(raw)
    for (const name of ['open', 'high', 'low', 'close', 'vwap']) {
      const values = raw.get(name)
      if (values)
        fields.set(
          name,
          scaled(values, (value, cell) => value * prices[cell]!),
        )
    }
    fields.set('rawClose', close)
    if (volume) {
      fields.set(
        'volume',
        scaled(volume, (value, cell) => value / splits[cell]!),
      )
      if (!raw.has('dollarVolume'))
        fields.set(
          'dollarVolume',
          scaled(volume, (value, cell) => value * close[cell]!),
        )
    }
    return {
      fields,
      issues: without.issue(
        'warning',
        (n) => `${counted(n, 'symbol has no row in', 'symbols have no row in')} ${this.file}`,
        'their prices are as they were',
      ),
    }
  }
}
