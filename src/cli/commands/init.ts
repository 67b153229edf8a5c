import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import * as prompts from '@clack/prompts'
import type { Command } from 'commander'
import { MARKETS } from '../../backtest/markets.js'
import { usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import type { CommandContext, Define } from '../main.js'
import { writeOutput } from '../write-file.js'
import { CONFIG_FILE, shellWord, wholeNumber } from './common.js'
import { configTemplate, STRATEGY_TEMPLATE } from './init-templates.js'

interface InitOptions {
  readonly data?: string
  readonly market?: string
  readonly iterations?: number
  readonly force?: boolean
}

export function initCommand(program: Command, define: Define): void {
  define<InitOptions>(
    program
      .command('init [dir]')
      .description('write a commented configuration, an example strategy and a .gitignore')
      .option('--data <path>', "a file, a folder, or 'builtin'")
      .option('--market <name>', MARKETS.map(({ name }) => name).join(', '))
      .option('--iterations <n>', 'iterations of a run', wholeNumber)
      .option('--force', 'overwrite files that are there')
      .addHelpText('after', '\nExample:\n  $ alphaloop init research --data prices.csv.gz --market us-stock'),
    init,
  )
}

async function init({ io, out }: CommandContext, options: InitOptions, dir = '.'): Promise<number> {
  const folder = resolve(io.cwd, dir)
  const names = MARKETS.map(({ name }) => name)
  const meant = options.market === undefined ? undefined : nearest(options.market, names)
  if (options.market !== undefined && !names.includes(options.market))
    throw usageError(
      'UNKNOWN_MARKET',
      `there is no market ${options.market}${meant ? `; did you mean ${meant}?` : ''}`,
      `there are ${names.join(', ')}`,
    )
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw usageError(
      'NOT_A_FOLDER',
      `${dir} is a file, not a folder`,
      'name a folder; it is made if it is new',
    )
  refuseToOverwrite(folder, dir, options)
  const answers = io.interactive && !out.json ? await ask(options, names) : options
  if (answers === undefined) {
    out.info('Nothing was written.')
    return 130
  }
  const data = answers.data ?? 'builtin'
  const files: [string, string][] = [
    [
      CONFIG_FILE,
      configTemplate({
        // A path given on the command line counts from here, one in the file from the file.
        data:
          isAbsolute(data) || /^builtin(:|$)/.test(data)
            ? data
            : relative(folder, resolve(io.cwd, data)) || '.',
        market: answers.market ?? 'us-stock',
        iterations: answers.iterations ?? 50,
      }),
    ],
    [STRATEGY_FILE, STRATEGY_TEMPLATE],
  ]
  for (const [name, text] of files) writeOutput(join(folder, name), text)
  ignoreRuns(join(folder, '.gitignore'))
  const cd = folder === io.cwd ? '' : `cd ${shellWord(dir)} && `
  const written = [...files.map(([name]) => name), '.gitignore']
  out.result({ dir: folder, files: written }, () =>
    [
      `Wrote ${written.map((name) => join(dir, name)).join(', ')}.`,
      '',
      'Next:',
      `  ${cd}${out.command} backtest strategies/momentum.ts`,
      `  ${cd}${out.command} run`,
    ].join('\n'),
  )
  return 0
}

const STRATEGY_FILE = join('strategies', 'momentum.ts')

/** Looked at before anything is asked. A .gitignore of the user's is added to, never replaced. */
function refuseToOverwrite(folder: string, dir: string, { force }: InitOptions): void {
  const standing = [CONFIG_FILE, STRATEGY_FILE].filter((name) => existsSync(join(folder, name)))
  if (standing.length === 0 || force) return
  throw usageError(
    'FILE_EXISTS',
    `${standing.map((name) => join(dir, name)).join(' and ')} ${standing.length === 1 ? 'exists' : 'exist'} already; nothing was written`,
    'choose another folder, or --force to overwrite',
    { files: standing },
  )
}

/** Run directories are large and can be made again. */
function ignoreRuns(path: string): void {
  const present = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (/^\/?runs\/?\s*$/m.test(present)) return
  if (present === '') writeOutput(path, 'runs/\n')
  else appendFileSync(path, `${present.endsWith('\n') ? '' : '\n'}runs/\n`)
}

/** What the flags leave open; undefined where the user leaves by Ctrl-C. */
async function ask(given: InitOptions, markets: readonly string[]): Promise<InitOptions | undefined> {
  prompts.intro('alphaloop init')
  const data =
    given.data ??
    (await prompts.text({
      message: "Market data: a file or folder, or 'builtin' for the built-in market",
      placeholder: 'builtin',
      defaultValue: 'builtin',
    }))
  if (prompts.isCancel(data)) return undefined
  const market =
    given.market ??
    (await prompts.select({
      message: 'Market (costs and days of a year)',
      options: markets.map((name) => ({ value: name, label: name })),
    }))
  if (prompts.isCancel(market)) return undefined
  return { ...given, data, market }
}
