import type { DataHash } from '../../base/hash.js'
import type { DataOptions } from '../dataset.js'
import { describeMarket, type MarketDescription } from '../synthetic/describe.js'
import { generateMarket } from '../synthetic/market.js'
import type { MarketOptions } from '../synthetic/options.js'
import { openDataset } from './open-dataset.js'
import { type WrittenTable, writeTable } from './write-table.js'

export interface ConvertedData extends WrittenTable {
  /** Of the panel that was read; reading the written file gives the same. */
  readonly hash: DataHash
  readonly bars: number
  readonly symbols: number
}

/**
 * Reads data as `data describe` does and writes it as one long table: CSV, TSV, gzipped or not, or Parquet, by the
 * ending of `out`. Prices are written as the panel has them (adjusted, with `rawClose` beside them); of data that was
 * read unadjusted the table keeps the adj_close, so it has to be read unadjusted again.
 */
export async function convertData(options: DataOptions, out: string): Promise<ConvertedData> {
  const panel = await (await openDataset(options)).load()
  const written = await writeTable(panel, out)
  return { ...written, hash: panel.hash, bars: panel.dates.length, symbols: panel.symbols.length }
}

export interface GeneratedData extends ConvertedData {
  readonly market: MarketDescription
}

/** Makes a built-in market and writes it as one long table, and says what was planted in it. */
export async function generateData(options: MarketOptions, out: string): Promise<GeneratedData> {
  const panel = generateMarket(options)
  const written = await writeTable(panel, out)
  return {
    ...written,
    hash: panel.hash,
    bars: panel.dates.length,
    symbols: panel.symbols.length,
    market: describeMarket(options),
  }
}
