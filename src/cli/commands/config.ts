import type { Command } from 'commander'
import { stringify } from 'yaml'
import { originText } from '../../config/contradictions.js'
import type { Origin } from '../../config/resolve.js'
import type { CommandContext, Define } from '../main.js'
import { table } from '../render/table.js'
import { type DataFlags, flagValues, loadConfig, nearPath, withDataOptions } from './common.js'

export function configCommand(program: Command, define: Define): void {
  const config = program
    .command('config')
    .description('look at the configuration')
    .addHelpText('after', '\nExample:\n  $ alphaloop config show alphaloop.yaml')
  define<DataFlags>(
    withDataOptions(config.command('show [config]'))
      .description('print every setting, its value and where it came from')
      .addHelpText('after', '\nExample:\n  $ alphaloop config show alphaloop.yaml'),
    show,
  )
}

async function show(context: CommandContext, options: DataFlags, path?: string): Promise<undefined> {
  const { io, out } = context
  const { config, origins } = loadConfig(context, path, flagValues(options, io.cwd))
  const place = (origin: Origin) =>
    originText(origin.from === 'file' ? { ...origin, file: nearPath(origin.file, io.cwd) } : origin)
  const settings = [...origins].map(([setting, origin]) => ({
    setting,
    value: valueAt(config, setting.split('.')),
    origin,
  }))
  out.result({ config, settings }, () =>
    table(
      ['setting', 'value', 'from'],
      settings.map(({ setting, value, origin }) => [setting, shown(value), place(origin)]),
      { colors: out.colors },
    ),
  )
  return undefined
}

const valueAt = (config: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config)

/** Models name the variable of their key, never a key, so nothing needs to be masked here. */
const shown = (value: unknown): string =>
  value === undefined ? '–' : stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()
