import { createWriteStream, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { AlphaloopError, usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import { LEVELS } from '../../champion/levels.js'
import { makeFolder } from '../../data/sources/make-folder.js'
import { exportCsv, exportJsonLines } from '../../history/export.js'
import { importHistory } from '../../history/import.js'
import { HISTORY_FILE, JournalStore } from '../../history/journal-store.js'
import type { IterationRecord } from '../../history/record.js'
import { verifyHistory } from '../../history/verify.js'
import { openHistory } from '../../loop/stored-run.js'
import { checkOutputs } from '../check-outputs.js'
import type { CommandContext, Define } from '../main.js'
import { metricText } from '../render/figures.js'
import { recordText } from '../render/record.js'
import { roundsText } from '../render/rounds.js'
import { table } from '../render/table.js'
import { wrapParagraphs } from '../render/wrap.js'
import { historyOf, runDirOf } from '../run-dir.js'
import { cannotWrite, removeUnfinished } from '../write-file.js'
import { withRunDir } from './champion.js'
import { wholeNumber } from './common.js'

interface RunDirOption {
  readonly runDir?: string
}
interface ListOptions extends RunDirOption {
  readonly last?: number
  readonly level?: string
}
interface ExportOptions extends RunDirOption {
  readonly format?: string
  readonly out?: string
}

export function historyCommand(program: Command, define: Define): void {
  const history = program
    .command('history')
    .description("read a run's history")
    .addHelpText('after', '\nExample:\n  $ alphaloop history list --last 20')
  define<ListOptions>(
    withRunDir(history.command('list'))
      .description('one line an iteration')
      .option('--last <n>', 'only the last n', wholeNumber)
      .option('--level <level>', 'only LEVEL_0, LEVEL_1, LEVEL_2 or LEVEL_3')
      .addHelpText('after', '\nExample:\n  $ alphaloop history list --last 20'),
    list,
  )
  define<RunDirOption>(
    withRunDir(history.command('show <iteration>'))
      .description(
        'one record: strategy, figures, decision, talk with models, feedback; --json has all of it',
      )
      .addHelpText('after', '\nExample:\n  $ alphaloop history show 17'),
    show,
  )
  define<RunDirOption>(
    withRunDir(history.command('verify'))
      .description('check every line; exit code 1 where records are damaged or stand twice')
      .addHelpText('after', '\nExample:\n  $ alphaloop history verify --run-dir runs/20260102-093000'),
    verify,
  )
  define<ExportOptions>(
    withRunDir(history.command('export'))
      .description('write the records elsewhere')
      .option('--format <format>', 'jsonl (untouched lines) or csv (one row an iteration)', 'jsonl')
      .option('--out <file>', 'where to write; default: standard output')
      .addHelpText('after', '\nExample:\n  $ alphaloop history export --format csv --out history.csv'),
    exportHistory,
  )
  define<RunDirOption>(
    withRunDir(history.command('import <file>'))
      .description('append records of another history, or of the older flat format; each is stored once')
      .addHelpText('after', '\nExample:\n  $ alphaloop history import old.jsonl --run-dir runs/imported'),
    importInto,
  )
}

async function list({ io, out }: CommandContext, options: ListOptions): Promise<undefined> {
  const { level } = options
  if (level !== undefined && !(LEVELS as readonly string[]).includes(level))
    throw usageError(
      'UNKNOWN_LEVEL',
      `--level is ${level}; it must be ${LEVELS.join(', ')}`,
      `write ${nearest(level, LEVELS) ?? (/^[0-3]$/.test(level) ? `LEVEL_${level}` : LEVELS.at(-1))}`,
    )
  const runDir = runDirOf(io, options.runDir)
  const store = await openHistory(runDir, ({ message }) => out.warn(message))
  const records: IterationRecord[] = []
  try {
    const source =
      options.last !== undefined && level === undefined ? await store.tail(options.last) : store.records()
    for await (const record of source)
      if (record.kind === 'iteration' && (level === undefined || record.level === level)) records.push(record)
  } finally {
    await store.close()
  }
  const shown = options.last === undefined ? records : records.slice(-options.last)
  out.result(
    {
      runDir,
      iterations: shown.map((record) => ({
        iteration: record.iteration,
        timestamp: record.timestamp,
        method: record.method,
        proposer: record.proposer,
        status: record.execution.status,
        level: record.level,
        strategy: record.strategy && { hash: record.strategy.hash, name: record.strategy.name },
        sharpe: {
          train: record.metrics?.train?.sharpe ?? null,
          validation: record.metrics?.validation?.sharpe ?? null,
        },
        champion: record.champion.updated,
        because: record.champion.because,
      })),
    },
    () =>
      table(
        ['#', 'level', 'proposer', 'status', 'train', 'valid.', '', 'strategy'],
        shown.map((record) => [
          String(record.iteration),
          record.level,
          record.proposer,
          record.execution.status,
          metricText('sharpe', record.metrics?.train?.sharpe),
          metricText('sharpe', record.metrics?.validation?.sharpe),
          record.champion.updated ? '★' : '',
          record.strategy?.name ?? errorOf(record),
        ]),
        { colors: out.colors, right: [0, 4, 5], ...(io.terminal ? { width: out.columns } : {}) },
      ),
  )
  return undefined
}

const errorOf = ({ execution }: IterationRecord): string =>
  'error' in execution && execution.error ? `${execution.error.category}: ${execution.error.message}` : '–'

async function show({ io, out }: CommandContext, options: RunDirOption, text: string): Promise<undefined> {
  const iteration = Number(text)
  if (!/^\d+$/.test(text))
    throw usageError('INVALID_ITERATION', `'${text}' is no iteration number`, 'iterations count from 0')
  const runDir = runDirOf(io, options.runDir)
  const store = await openHistory(runDir, ({ message }) => out.warn(message))
  try {
    const record = await store.get(iteration)
    if (record === undefined) {
      const [last] = await store.tail(1)
      throw usageError(
        'NO_SUCH_ITERATION',
        `${runDir} has no iteration ${iteration}`,
        last === undefined ? 'it has none at all' : `it has 0 to ${last.iteration}`,
        { iteration },
      )
    }
    out.result(record, () => {
      const made = record.parents.length === 0 ? '' : `\n\nMade from ${record.parents.join(' and ')}`
      const rounds = roundsText(record, out)
      const asked = rounds === undefined ? '' : `\n\n${rounds}`
      return `${recordText(record, out)}${made}${asked}\n\n${out.colors.dim('What the proposal was told:')}\n${wrapParagraphs(record.feedback, out.columns)}`
    })
  } finally {
    await store.close()
  }
  return undefined
}

async function verify({ io, out }: CommandContext, options: RunDirOption): Promise<number> {
  const runDir = runDirOf(io, options.runDir)
  const verdict = await verifyHistory(join(runDir, HISTORY_FILE))
  out.result(verdict, () => {
    const head = `${verdict.path}: ${verdict.records} records, ${verdict.iterations} iterations, ${verdict.bytes} bytes`
    if (verdict.issues.length === 0) return `${head}. No damage found.`
    return [`${head}.`, ...verdict.issues.map(({ severity, message }) => `  ${severity}: ${message}`)].join(
      '\n',
    )
  })
  return verdict.ok ? 0 : 1
}

async function exportHistory({ io, out }: CommandContext, options: ExportOptions): Promise<undefined> {
  const format = options.format ?? 'jsonl'
  if (format !== 'jsonl' && format !== 'csv')
    throw usageError(
      'UNKNOWN_FORMAT',
      `--format is ${format}; it must be jsonl or csv`,
      'jsonl has everything, csv has one row an iteration',
    )
  if (options.out === undefined && out.json)
    throw usageError('OUT_MISSING', '--json prints one object, so the records need a file', 'give --out FILE')
  const runDir = runDirOf(io, options.runDir)
  checkOutputs(io.cwd, [{ name: '--out', path: options.out }], [historyOf(runDir)])
  const store = await openHistory(runDir, ({ message }) => out.warn(message))
  let badLines = 0
  const lines =
    format === 'csv'
      ? exportCsv(store)
      : exportJsonLines(join(runDir, HISTORY_FILE), ({ line, offset, because }) => {
          badLines++
          out.warn(`line ${line} (byte ${offset}) is left out: ${because}`)
        })
  try {
    if (options.out === undefined) {
      for await (const line of lines) await io.stdout(line.toString())
      return undefined
    }
    const path = resolve(io.cwd, options.out)
    await writeLines(path, lines)
    out.result({ runDir, path, format, badLines }, () => `Wrote ${options.out}.`)
  } finally {
    await store.close()
  }
  return undefined
}

async function writeLines(path: string, lines: AsyncIterable<string | Uint8Array>): Promise<void> {
  try {
    makeFolder(dirname(path))
    await pipeline(Readable.from(lines), createWriteStream(path))
  } catch (error) {
    if (error instanceof AlphaloopError) throw error
    removeUnfinished(path)
    throw cannotWrite(path, error)
  }
}

async function importInto({ io, out }: CommandContext, options: RunDirOption, file: string): Promise<number> {
  if (options.runDir === undefined)
    throw usageError(
      'RUN_DIR_MISSING',
      'import needs to know where to',
      'give --run-dir DIR; it is made if it is new',
    )
  const source = resolve(io.cwd, file)
  // Looked for first: a run directory must not be made for a file that is not there.
  if (!existsSync(source))
    throw usageError(
      'NO_SUCH_FILE',
      `there is no file ${source}`,
      'give a history.jsonl, or an older flat file',
    )
  const runDir = resolve(io.cwd, options.runDir)
  const store = await JournalStore.open(join(runDir, HISTORY_FILE), {
    onWarning: ({ message }) => out.warn(message),
  })
  try {
    const result = await importHistory(store, source)
    out.result({ runDir, ...result }, () =>
      [
        `${result.imported} records imported, ${result.present} stood there already, ${result.refused.length} refused.`,
        ...result.refused.map(({ position, because }) => `  ${position}: ${because}`),
      ].join('\n'),
    )
    return result.refused.length > 0 ? 1 : 0
  } finally {
    await store.close()
  }
}
