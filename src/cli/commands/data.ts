import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { usageError } from '../../base/errors.js'
import { dataOptions } from '../../compose.js'
import { parseDataArgument } from '../../data/argument.js'
import type { DataIssue, Dataset } from '../../data/dataset.js'
import { type DatasetDescription, describeDataset } from '../../data/describe.js'
import { counted, describePlace } from '../../data/issues.js'
import { INTRADAY } from '../../data/mending.js'
import { convertData, generateData } from '../../data/sources/commands.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import { describeMarket } from '../../data/synthetic/describe.js'
import { checkOutputs, dataFiles } from '../check-outputs.js'
import type { CommandContext, Define } from '../main.js'
import type { Output } from '../output.js'
import { percentText } from '../render/figures.js'
import { table } from '../render/table.js'
import { wrap, wrapParagraphs } from '../render/wrap.js'
import { configFile, type DataFlags, flagValues, loadConfig, withDataOptions } from './common.js'

interface ConvertOptions extends DataFlags {
  readonly out?: string
}

interface GenerateOptions {
  readonly out?: string
  readonly data?: string
  readonly noise?: boolean
  readonly symbols?: string
  readonly bars?: string
  readonly seed?: string
}

export function dataCommand(program: Command, define: Define): void {
  const data = program
    .command('data')
    .description('look at market data, check it, change its form')
    .addHelpText('after', '\nExample:\n  $ alphaloop data describe prices.csv.gz')
  define<DataFlags>(
    withDataOptions(data.command('describe [path]'))
      .description('size, range, fields and what is wrong with the data')
      .addHelpText('after', '\nExample:\n  $ alphaloop data describe prices.csv.gz'),
    describe,
  )
  define<DataFlags>(
    withDataOptions(data.command('check [path]'))
      .description('every issue with counts and places; exit code 3 where one is an error')
      .addHelpText('after', '\nExample:\n  $ alphaloop data check prices.csv.gz'),
    check,
  )
  define<ConvertOptions>(
    withDataOptions(data.command('convert [path]'))
      .description('any source as one long table: .csv, .csv.gz, .tsv or .parquet')
      .requiredOption('--out <file>', 'where to write; its ending is the format')
      .addHelpText('after', '\nExample:\n  $ alphaloop data convert prices/ --out prices.parquet'),
    convert,
  )
  define<GenerateOptions>(
    data
      .command('generate')
      .description('write a built-in market, with planted effects or as pure noise')
      .requiredOption('--out <file>', 'where to write; its ending is the format')
      .option('--symbols <n>', 'number of symbols')
      .option('--bars <n>', 'number of trading days')
      .option('--seed <n>', 'another market')
      .option('--noise', 'no effect at all')
      .option('--data <market>', "settings in full: 'builtin:seed=3,momentum=0.05'")
      .addHelpText('after', '\nExample:\n  $ alphaloop data generate --noise --seed 3 --out noise.csv.gz'),
    generate,
  )
}

/** The data set that the argument, the flags or the configuration name. */
async function open(context: CommandContext, options: DataFlags, path: string | undefined): Promise<Opened> {
  const { io, out } = context
  const { config, base } = loadConfig(context, undefined, flagValues(withPath(options, path), io.cwd))
  const dataset = await openDataset(dataOptions(config, base, io.env))
  for (const note of dataset.notes) out.warn(note)
  return { dataset, data: typeof config.data === 'string' ? config.data : config.data[0]! }
}

interface Opened {
  readonly dataset: Dataset
  /** The data argument as it was resolved: a path, or `builtin…`. */
  readonly data: string
}

/** The path may stand as the argument or as --data. */
function withPath<Options extends DataFlags>(options: Options, path: string | undefined): Options {
  if (path === undefined) return options
  if (options.data !== undefined && options.data[0] !== path)
    throw usageError(
      'TWO_PATHS',
      `two data sets are named: ${path} and --data ${options.data[0]}`,
      `give one of them, or, to join the two, --data ${path} --data ${options.data[0]}`,
    )
  return { ...options, data: options.data ?? [path] }
}

async function describe(context: CommandContext, options: DataFlags, path?: string): Promise<undefined> {
  const { out } = context
  const { dataset, data } = await open(context, options, path)
  const description = describeDataset(dataset)
  const market = builtinMarket(data)
  out.result(market === undefined ? description : { ...description, market: market.data }, () =>
    [
      described(dataset.source, description, out),
      market === undefined ? undefined : wrapParagraphs(market.text, out.columns),
    ]
      .filter((part) => part !== undefined)
      .join('\n\n'),
  )
  return undefined
}

/** What the built-in market holds, where that is what was asked for. */
function builtinMarket(data: string) {
  const options = parseDataArgument(data)
  if (!('builtin' in options)) return undefined
  const description = describeMarket(options.builtin)
  return { text: description.text, data: { options: description.options, effects: description.effects } }
}

function described(
  source: string,
  { hash, bars, symbols, start, end, fields, groups, tables, issues }: DatasetDescription,
  out: Output,
) {
  const { colors } = out
  const parts = [
    `${colors.bold(source)}  ${hash.slice(0, 8)}\n${counted(symbols, 'symbol')}, ${counted(bars, 'bar')}, ${start} … ${end}`,
    table(
      ['field', 'coverage', 'missing beside a close'],
      fields.map(({ name, coverage, missing }) => [name, percentText(coverage), String(missing)]),
      { colors, right: [1, 2] },
    ),
    ...(tables.length > 1 ? [tablesText(tables, out)] : []),
    ...(groups.length > 0
      ? [groups.map((group) => wrap(groupText(group, symbols), out.columns, '  ')).join('\n')]
      : []),
    issues.length === 0 ? 'No issues found.' : issuesText(issues, out),
  ]
  return parts.join('\n\n')
}

/** A group with its labels, and how much of the data has one where it is not all. */
function groupText(
  { name, labels, coverage, symbols }: DatasetDescription['groups'][number],
  all: number,
): string {
  const share =
    coverage === 1
      ? ''
      : ` (${symbols} of ${counted(all, 'symbol')}, ${percentText(coverage)} of the cells with a close)`
  return `group ${name}${share}: ${labels.join(', ')}`
}

const KINDS: Readonly<Record<DatasetDescription['tables'][number]['kind'], string>> = {
  prices: 'prices',
  daily: 'by day',
  announced: 'announced',
  groups: 'groups',
  universe: 'universe',
  adjustments: 'factors',
  renames: 'tickers',
}

/** Which table brought what. */
const tablesText = (tables: DatasetDescription['tables'], { colors }: Output): string =>
  table(
    ['table', 'kind', 'rows', 'used', 'brings'],
    tables.map(({ name, kind, rows, used, fields }) => [
      basename(name),
      KINDS[kind],
      String(rows),
      String(used),
      fields.length > 6 ? `${fields.slice(0, 6).join(', ')}, …` : fields.join(', '),
    ]),
    { colors, right: [2, 3] },
  )

const issuesText = (issues: DatasetDescription['issues'], { colors, columns }: Output): string =>
  issues
    .map(
      ({ severity, code, message }) =>
        `${severity === 'error' ? colors.red(severity) : colors.yellow(severity)} ${wrap(`${code}: ${message}`, columns - severity.length - 1, '  ')}`,
    )
    .join('\n')

/** An issue with its places one by one, and how to mend it. What became of the rows is said once, above them. */
function checkedText(issue: DataIssue, { colors, columns }: Output): string {
  const { severity, code, message, hint, count, examples } = issue
  const what = examples.length === 0 ? message : message.slice(0, message.indexOf(': '))
  const places = examples.map(
    (place) => `  ${describePlace(place)}${place.detail === undefined ? '' : ` – ${place.detail}`}`,
  )
  const more = examples.length === 0 ? 0 : count - examples.length
  const head = `${severity === 'error' ? colors.red(severity) : colors.yellow(severity)} ${code}: ${what}`
  return [
    head,
    ...places,
    ...(more > 0 ? [`  … and ${more} more`] : []),
    `  ${wrap(`hint: ${hint}`, columns - 2, '  ')}`,
  ].join('\n')
}

/** What was read, and what became of rows that are not in the panel. `policy` is that of the flag. */
function readText(
  { rows, symbols, bars, start, end, issues }: DatasetDescription,
  policy: string | undefined,
): string {
  const out = rows.read - rows.kept
  const errors = issues.filter(({ severity }) => severity === 'error')
  const kept =
    out === 0
      ? ''
      : ` read, ${counted(out, 'left out', 'left out')}, ${counted(rows.kept, 'remains', 'remain')}`
  const missing = policy === 'missing' && errors.length > 0 ? ' (cells that cannot be used are missing)' : ''
  const size = `${counted(symbols, 'symbol')}, ${counted(bars, 'date')}, ${start} … ${end}`
  // Without the flag the reading went on only to list everything; other commands do not go on.
  const stops = errors.length > 0 && policy === undefined ? '; other commands stop on these errors' : ''
  const unless =
    stops !== '' && errors.every(({ hint }) => hint !== INTRADAY) ? ' unless given --on-bad-rows drop' : ''
  return `${counted(rows.read, 'row')}${kept}${missing}: ${size}${stops}${unless}`
}

async function check(context: CommandContext, options: DataFlags, path?: string): Promise<number> {
  const { out } = context
  // Everything that is wrong is to be listed, so the reading goes on behind the first bad rows.
  const { dataset } = await open(context, { onBadRows: 'drop', ...options }, path)
  const description = describeDataset(dataset)
  const { hash, rows, bars, symbols, start, end, tables, issues } = description
  const errors = issues.filter(({ severity }) => severity === 'error').length
  const warnings = issues.length - errors
  out.result({ hash, rows, bars, symbols, start, end, errors, warnings, tables, issues }, () =>
    [
      issues.length === 0 ? `${dataset.source}: no issues found.` : `${dataset.source}:`,
      wrap(readText(description, options.onBadRows), out.columns, '  '),
      ...(tables.length > 1 ? ['', tablesText(tables, out), ''] : []),
      ...issues.map((issue) => checkedText(issue, out)),
    ].join('\n'),
  )
  return errors > 0 ? 3 : 0
}

const sizeText = ({ symbols, bars }: { symbols: number; bars: number }): string =>
  `${counted(symbols, 'symbol')}, ${counted(bars, 'bar')}`

async function convert(context: CommandContext, options: ConvertOptions, path?: string): Promise<undefined> {
  const { io, out } = context
  const loaded = loadConfig(context, undefined, flagValues(withPath(options, path), io.cwd))
  const data = dataOptions(loaded.config, loaded.base, io.env)
  checkOutputs(io.cwd, [{ name: '--out', path: options.out }], [...dataFiles(data), configFile(loaded)])
  const written = await convertData(data, resolve(io.cwd, options.out!))
  out.result(written, () => `Wrote ${options.out}: ${sizeText(written)}.`)
  return undefined
}

async function generate({ io, out }: CommandContext, options: GenerateOptions): Promise<undefined> {
  const { symbols, bars, seed, noise } = options
  const settings = [
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...(symbols === undefined ? [] : [`symbols=${symbols}`]),
    ...(bars === undefined ? [] : [`bars=${bars}`]),
    ...(noise ? ['noise'] : []),
  ]
  const given = options.data ?? 'builtin'
  const text =
    settings.length === 0 ? given : `${given}${given.includes(':') ? ',' : ':'}${settings.join(',')}`
  const argument = parseDataArgument(text)
  if (!('builtin' in argument))
    throw usageError(
      'NOT_BUILTIN',
      `${given} is not the built-in market`,
      'write builtin, or builtin:seed=3,noise',
    )
  const written = await generateData(argument.builtin, resolve(io.cwd, options.out!))
  out.result(
    written,
    () =>
      `Wrote ${options.out}: ${sizeText(written)}.\n\n${wrapParagraphs(written.market.text, out.columns)}`,
  )
  return undefined
}
