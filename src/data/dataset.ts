import type { DataHash } from '../base/hash.js'
import type { Panel } from './panel.js'
import type { MarketOptions } from './synthetic/options.js'

/** What happens to rows that cannot be used: stop with an error, lose the row, or lose the cell. */
export type BadRows = 'stop' | 'drop' | 'missing'

/** How a file or folder of market data is to be read. */
export interface FileDataOptions {
  /** A file (CSV, CSV.gz, TSV, Parquet) or a folder with one file per symbol. */
  readonly path: string
  /** Which column is what, where the names do not say it: `{date: 'Day', symbol: 'Code', close: 'Last'}`. */
  readonly columns?: Readonly<Record<string, string>>
  /**
   * More tables, joined to the prices by their columns: date and symbol (fields of that day; with `available`, fields
   * of a period that are known from then on), symbol alone (groups), or a wide table called after its field.
   */
  readonly join?: readonly string[]
  /** Tables of memberships (symbol, from, to), each a field of 1 and 0 called after its file. */
  readonly universe?: readonly string[]
  /** A table of factors (symbol, date, price_factor, split_factor) that prices and volume are adjusted with. */
  readonly adjustments?: string
  /** A table of the tickers (file, date, ticker) under which each company traded. */
  readonly renames?: string
  /** Numeric columns that are groups. */
  readonly groups?: readonly string[]
  /** Days after its announcement that a value stays known; default: until the next one. */
  readonly staleAfterDays?: number
  /** Leaves prices as they are although there are `adj_close` or `adjustments`. */
  readonly unadjusted?: boolean
  /** Default `stop`. */
  readonly onBadRows?: BadRows
}

/** The built-in market instead of a file. */
export interface BuiltinDataOptions {
  readonly builtin: MarketOptions
}

export type DataOptions = (FileDataOptions | BuiltinDataOptions) & {
  /** Where read data is kept; `false`: nowhere. Default: the user's cache folder. */
  readonly cacheDir?: string | false
}

export const ISSUE_CODES = [
  'BAD_DATE',
  'BAD_NUMBER',
  'BAD_ROW',
  'SYMBOL_MISSING',
  'DUPLICATE_CONFLICT',
  'PRICE_NOT_POSITIVE',
  'DUPLICATE_EQUAL',
  'HIGH_BELOW_LOW',
  'OUTSIDE_RANGE',
  'LARGE_MOVE',
  'GAP',
  'ENDS_EARLY',
  'VOLUME_ZERO',
  'WEEKEND',
  'MIXED_TIME_ZONES',
  'ADJ_CLOSE_MISSING',
  'TEXT_COLUMN_IGNORED',
  'NUMBER_COLUMN_IGNORED',
  'AVAILABLE_EARLY',
  'AVAILABLE_MISSING',
  'JOIN_UNMATCHED',
  'UNIVERSE_UNKNOWN',
  'UNIVERSE_OVERLAP',
  'NOT_ADJUSTED',
  'TICKER_UNCLAIMED',
  'TICKER_UNKNOWN',
  'FILE_WITHOUT_ROWS',
  'DATES_AS_GROUP',
  'DATE_FAR_AHEAD',
  'SYMBOL_ZEROS',
  'GROUP_INCOMPLETE',
] as const
/** Stable: programs match on them. */
export type IssueCode = (typeof ISSUE_CODES)[number]

/** One place where an issue was seen; `line` counts from 1 in `file`, the header included. */
export interface IssuePlace {
  readonly symbol: string | null
  readonly date: string | null
  readonly line: number | null
  readonly file?: string
  /** What was seen there. Left out of a data set that was imported in a child: it may come from sealed rows. */
  readonly detail?: string
}

/**
 * Everything of one kind that was found in the data: `symbol`, `date` and `line` are those of the first place,
 * `examples` has up to three. No message holds a price.
 */
export interface DataIssue extends Omit<IssuePlace, 'detail'> {
  readonly severity: 'error' | 'warning'
  readonly code: IssueCode
  readonly count: number
  readonly message: string
  /** How to mend it, or when it is right. */
  readonly hint: string
  readonly examples: readonly IssuePlace[]
}

/** Rows of the source; of a wide table, where a row is a date, each cell with a value counts. */
export interface RowCounts {
  readonly read: number
  /** Those that are in the panel; the others repeat a row or could not be used. */
  readonly kept: number
}

/** One table that the data was made of. */
export interface TableSummary {
  /** The file's or folder's own name. */
  readonly name: string
  readonly kind: 'prices' | 'daily' | 'announced' | 'groups' | 'universe' | 'adjustments' | 'renames'
  readonly rows: number
  /** Rows that found their place in the panel. */
  readonly used: number
  /** Fields and groups that come from it. */
  readonly fields: readonly string[]
}

export interface FieldSummary {
  readonly name: string
  /** Share of all T × N cells that have a value. */
  readonly coverage: number
  /** Cells that have a close and no value here. */
  readonly missing: number
}

export interface GroupSummary {
  readonly name: string
  readonly labels: readonly string[]
  /** Share of the cells with a close that have a label. */
  readonly coverage: number
  /** Symbols with a close that have a label on some day. */
  readonly symbols: number
}

/**
 * Market data that was read and checked and is kept on disk; opening it holds no prices. A prefix can be loaded
 * without ever touching later rows, which is how the learning loop keeps its sealed test range out of its memory.
 */
export interface Dataset {
  /** What was given: a path, or `builtin:…`. */
  readonly source: string
  /** Hash of the whole content. A loaded prefix has its own, of the prefix only. */
  readonly hash: DataHash
  readonly dates: readonly string[]
  readonly symbols: readonly string[]
  readonly rows: RowCounts
  readonly fields: readonly FieldSummary[]
  readonly groups: readonly GroupSummary[]
  /** The tables that were read, the prices first. */
  readonly tables: readonly TableSummary[]
  readonly issues: readonly DataIssue[]
  /** What the surroundings did, such as a cache that could not be written. */
  readonly notes: readonly string[]
  /**
   * The first `bars` bars, or those up to and including the day `until`, or everything. Arrays are backed by
   * SharedArrayBuffer. Only the bytes of these bars are read.
   */
  load(range?: { readonly bars?: number; readonly until?: string }): Promise<Panel>
}
