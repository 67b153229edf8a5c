import { existsSync, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { BenchmarkSeries } from '../backtest/benchmark-series.js'
import { AlphaloopError, dataError } from '../base/errors.js'
import { readPanel } from '../data/sources/open-dataset.js'

/** Whether `--benchmark` names a file rather than a symbol: it is there, or it is written as files are. */
export const isBenchmarkFile = (given: string, cwd: string): boolean => {
  const path = resolve(cwd, given)
  return /[/\\]|\.(csv|tsv|parquet|gz|txt)$/i.test(given) || (existsSync(path) && statSync(path).isFile())
}

/**
 * The levels in a file: a date and a close, or a date and one other column.
 * @throws AlphaloopError (data) BENCHMARK_SEVERAL where it holds several symbols, and what reading data throws
 */
export async function readBenchmark(
  path: string,
  cacheDir: string | false | undefined,
): Promise<BenchmarkSeries> {
  const read = (close?: string) =>
    readPanel({
      path,
      ...(cacheDir === undefined ? {} : { cacheDir }),
      ...(close === undefined ? {} : { columns: { close } }),
    })
  const panel = await read().catch((error: unknown) => {
    const columns = error instanceof AlphaloopError ? error.details.columns : undefined
    // A date and one more column: that can only be the level.
    if (
      (error as AlphaloopError).code === 'DATA_NO_CLOSE_COLUMN' &&
      Array.isArray(columns) &&
      columns.length === 2
    )
      return read(String(columns.find((name) => !/^(date|datetime|timestamp|time)$/i.test(String(name)))))
    throw error
  })
  if (panel.symbols.length !== 1)
    throw dataError(
      'BENCHMARK_SEVERAL',
      `${path} has ${panel.symbols.length} symbols, and a benchmark is one series`,
      'keep the rows of one, or name a symbol of the data: --benchmark SPY',
      { file: path, symbols: panel.symbols.slice(0, 8) },
    )
  return { name: basename(path), dates: panel.dates, values: panel.fields.get('close')! }
}
