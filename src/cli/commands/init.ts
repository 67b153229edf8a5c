import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import * as prompts from '@clack/prompts'
import type { Command } from 'commander'
import { MARKETS } from '../../backtest/markets.js'
import { usageError } from '../../base/errors.js'
import type { CommandContext, Define } from '../main.js'
import { CONFIG_FILE } from './common.js'
import { configTemplate, STRATEGY_TEMPLATE } from './init-templates.js'

interface InitOptions {
  readonly data?: string
  readonly market?: string
  readonly iterations?: string
  readonly force?: boolean
}

export function initCommand(program: Command, define: Define): void {
  define<InitOptions>(
    program
      .command('init [dir]')
      .description('write a commented configuration, an example strategy and a .gitignore')
      .option('--data <path>', "a file, a folder, or 'builtin'")
      .option('--market <name>', MARKETS.map(({ name }) => name).join(', '))
      .option('--iterations <n>', 'iterations of a run')
      .option('--force', 'overwrite files that are there')
      .addHelpText('after', '\nExample:\n  $ alphaloop init research --data prices.csv.gz --market us-stock'),
    init,
  )
}

async function init({ io, out }: CommandContext, options: InitOptions, dir = '.'): Promise<undefined> {
  const folder = resolve(io.cwd, dir)
  const names = MARKETS.map(({ name }) => name)
  if (options.market !== undefined && !names.includes(options.market))
    throw usageError(
      'UNKNOWN_MARKET',
      `there is no market ${options.market}`,
      `there are ${names.join(', ')}`,
    )
  const answers = io.interactive && !out.json ? await ask(options, names) : options
  const data = answers.data ?? 'builtin'
  const files: [string, string][] = [
    [
      CONFIG_FILE,
      configTemplate({
        // A path given on the command line counts from here, one in the file from the file.
        data: /^builtin(:|$)/.test(data) ? data : relative(folder, resolve(io.cwd, data)) || '.',
        market: answers.market ?? 'us-stock',
        iterations: Number(answers.iterations ?? 50),
      }),
    ],
    [join('strategies', 'momentum.ts'), STRATEGY_TEMPLATE],
    ['.gitignore', 'runs/\n'],
  ]
  const standing = files.filter(([name]) => existsSync(join(folder, name)))
  if (standing.length > 0 && !options.force)
    throw usageError(
      'FILE_EXISTS',
      `${standing.map(([name]) => join(dir, name)).join(', ')} stands already; nothing was written`,
      'choose another folder, or --force to overwrite',
      { files: standing.map(([name]) => name) },
    )
  for (const [name, text] of files) {
    mkdirSync(resolve(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const cd = folder === io.cwd ? '' : `cd ${dir} && `
  out.result({ dir: folder, files: files.map(([name]) => name) }, () =>
    [
      `Wrote ${files.map(([name]) => join(dir, name)).join(', ')}.`,
      '',
      'Next:',
      `  ${cd}alphaloop backtest strategies/momentum.ts`,
      `  ${cd}alphaloop run`,
    ].join('\n'),
  )
  return undefined
}

async function ask(given: InitOptions, markets: readonly string[]): Promise<InitOptions> {
  prompts.intro('alphaloop init')
  const answers = await prompts.group(
    {
      data: () =>
        given.data !== undefined
          ? Promise.resolve(given.data)
          : prompts.text({
              message: "Market data: a file or folder, or 'builtin' for the built-in market",
              placeholder: 'builtin',
              defaultValue: 'builtin',
            }),
      market: () =>
        given.market !== undefined
          ? Promise.resolve(given.market)
          : prompts.select({
              message: 'Market (costs and days of a year)',
              options: markets.map((name) => ({ value: name, label: name })),
            }),
    },
    {
      onCancel() {
        throw usageError('CANCELLED', 'nothing was written')
      },
    },
  )
  return { ...given, ...answers } as InitOptions
}
