import { Command, CommanderError } from 'commander'
import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import { VERSION } from '../compose.js'
import { backtestCommand } from './commands/backtest.js'
import { benchCommand } from './commands/bench.js'
import { championCommand } from './commands/champion.js'
import { configCommand } from './commands/config.js'
import { dataCommand } from './commands/data.js'
import { doctorCommand } from './commands/doctor.js'
import { factorCommand } from './commands/factor.js'
import { historyCommand } from './commands/history.js'
import { initCommand } from './commands/init.js'
import { mcpCommand } from './commands/mcp.js'
import { operatorsCommand } from './commands/operators.js'
import { positionsCommand } from './commands/positions.js'
import { promptCommand } from './commands/prompt.js'
import { runCommand } from './commands/run.js'
import type { Io } from './io.js'
import { createOutput, type Output, type OutputOptions } from './output.js'

/** What every command is handed: its surroundings, and where to write. */
export interface CommandContext {
  readonly io: Io
  readonly out: Output
}

/** A command's work: resolves to the exit code, 0 where nothing is said. */
export type Action<Options> = (
  context: CommandContext,
  options: Options,
  ...args: string[]
) => Promise<number | undefined>

/** Adds the options that every command has, and runs its action with errors turned into messages and exit codes. */
export type Define = <Options>(command: Command, action: Action<Options>) => void

/**
 * Runs one command line and resolves to its exit code: 0 done, 1 the job failed, 2 usage, 3 data, 4 surroundings,
 * 130/143 interrupted.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code = 0
  const json = argv.includes('--json')
  const program = new Command('alphaloop')
    .description('An autonomous research loop for trading strategies.')
    .version(VERSION, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: () => {} })
    .showSuggestionAfterError(false)
    .helpCommand(false)
    .addHelpText('after', `\nExample:\n  $ alphaloop run --data prices.csv.gz --iterations 100 --seed 1`)

  const define: Define = (command, action) => {
    command
      .option('--json', 'print one JSON object on stdout, everything else on stderr')
      .option('--quiet', 'no notes, warnings or progress: the result, and errors')
      .option('--verbose', 'print more, and stack traces')
      .exitOverride()
      .configureOutput({ writeOut: io.stdout, writeErr: () => {} })
      .action(async (...args: unknown[]) => {
        const own = args.pop() as Command
        const options = args.pop() as never
        const out = createOutput(io, own.opts() as OutputOptions)
        try {
          code = (await action({ io, out }, options, ...(args as string[]))) ?? 0
        } catch (error) {
          code = out.error(error)
        }
      })
  }
  for (const add of [
    initCommand,
    runCommand,
    backtestCommand,
    factorCommand,
    championCommand,
    positionsCommand,
    historyCommand,
    promptCommand,
    dataCommand,
    operatorsCommand,
    benchCommand,
    configCommand,
    doctorCommand,
    mcpCommand,
  ])
    add(program, define)

  try {
    if (argv.length === 0) {
      io.stdout(program.helpInformation())
      return 0
    }
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version are printed by commander, which leaves by an exception.
    if (error.exitCode === 0) return 0
    const { message, hint } = explain(error, argv, program)
    return createOutput(io, { json }).error(usageError('USAGE', message, hint))
  }
  return code
}

/** Commander's complaint in our words, with the name that was probably meant. */
function explain(
  error: CommanderError,
  argv: readonly string[],
  program: Command,
): { message: string; hint: string } {
  const message = error.message.replace(/^error: /, '')
  const command = program.commands.find((candidate) => candidate.name() === argv[0])
  const path = ['alphaloop', ...(command ? [command.name()] : [])].join(' ')
  const given = /'([^']+)'/.exec(message)?.[1]
  const invalid = /^option '(\S+)[^']*' argument '.*' is invalid\. (.*?)\.?$/s.exec(message)
  if (invalid !== null)
    return { message: `${invalid[1]}: ${invalid[2]}`, hint: `${path} --help shows what it takes` }
  const incomplete =
    command !== undefined &&
    command.commands.length > 0 &&
    (argv.length === 1 || COMMON_OPTIONS.includes(argv[1]!))
  if (incomplete)
    return {
      message: `${path} needs to know what: ${command.commands.map((one) => one.name()).join(', ')}`,
      hint: `${path} --help shows what there is`,
    }
  if (command === undefined && given !== undefined && COMMON_OPTIONS.includes(given))
    return {
      message: `${given} stands before the command`,
      hint: `write it behind: alphaloop ${argv
        .filter((part) => !COMMON_OPTIONS.includes(part))
        .slice(0, 1)
        .join(' ')} … ${given}`,
    }
  const owner = subcommandOf(command, argv) ?? command ?? program
  const known =
    error.code === 'commander.unknownOption'
      ? owner.options.flatMap(({ long }) => (long ? [long] : []))
      : error.code === 'commander.unknownCommand'
        ? (command ?? program).commands.map((candidate) => candidate.name())
        : []
  const meant = given === undefined ? undefined : nearest(given, known)
  const words = [path, ...(owner !== command && owner !== program ? [owner.name()] : [])].join(' ')
  return {
    message: meant ? `${message}; did you mean ${meant}?` : message,
    hint: `${words} --help shows what there is`,
  }
}

const COMMON_OPTIONS: readonly string[] = ['--json', '--quiet', '--verbose']

const subcommandOf = (command: Command | undefined, argv: readonly string[]): Command | undefined =>
  command?.commands.find((candidate) => candidate.name() === argv[1])
