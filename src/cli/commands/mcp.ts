import type { Command } from 'commander'
import { VERSION } from '../../compose.js'
import type { RunChoice } from '../../mcp/desk.js'
import type { CommandContext, Define } from '../main.js'
import { wholeNumber, withDataOptions } from './common.js'
import { type RunFlags, settleRun } from './settle-run.js'

export function mcpCommand(program: Command, define: Define): void {
  define<RunFlags>(
    withDataOptions(program.command('mcp [config]'))
      .description(
        'a server for agents (Model Context Protocol over stdin and stdout): their proposals are iterations of the run',
      )
      .option('--seed <n>', 'seed of all chance', wholeNumber)
      .option('--run-dir <dir>', 'where the history is; default: a new folder under runs/')
      .option('--workers <n>', 'evaluation threads', wholeNumber)
      .option('--market <name>', 'us-stock, tw-stock, crypto or none')
      .option('--fill <when>', 'nextOpen or nextClose, for every strategy')
      .option('--no-llm', 'ask no model: run_iterations takes every proposal from the Factor Graph')
      .option('--accept-changes', 'go on although config or data have changed, and record it')
      .addHelpText(
        'after',
        '\nExample:\n  $ alphaloop mcp --data prices.csv.gz --run-dir runs/agent' +
          '\n\nIn the configuration of a client (paths count from the folder that it starts the server in):' +
          `\n${JSON.stringify(CLIENT, null, 2).replace(/^/gm, '  ')}`,
      ),
    mcp,
  )
}

const CLIENT = {
  mcpServers: {
    alphaloop: {
      command: 'npx',
      args: ['alphaloop', 'mcp', '--data', '/data/prices.csv.gz', '--run-dir', '/data/runs/agent'],
    },
  },
}

async function mcp(context: CommandContext, options: RunFlags, path?: string): Promise<number> {
  const { io, out } = context
  // A new run directory gets its name once, however often the settings must be read until they can be used.
  let runDir: string | undefined
  const settle = async (): Promise<RunChoice> => {
    const { loaded, ...settled } = await settleRun(context, options, path)
    runDir ??= settled.runDir
    return { config: loaded.config, base: loaded.base, runDir }
  }
  const stop = new AbortController()
  let interrupted: 'SIGINT' | 'SIGTERM' | undefined
  const off = io.onSignal((signal) => {
    if (interrupted !== undefined) io.exit(exitCodeOf(signal))
    interrupted = signal
    out.info('Stopping: what is being evaluated is finished and recorded.')
    stop.abort()
  })
  try {
    // Its libraries are needed by no other command.
    const { serveAgents } = await import('../../mcp/serve.js')
    const { input, output } = io.protocol()
    out.info('Serving agents on standard input and output.')
    await serveAgents({
      settle,
      env: io.env,
      acceptChanges: options.acceptChanges ?? false,
      log: (line) => out.info(line),
      version: VERSION,
      cwd: io.cwd,
      input,
      output,
      stop: stop.signal,
    })
    return interrupted === undefined ? 0 : exitCodeOf(interrupted)
  } finally {
    off()
  }
}

const exitCodeOf = (signal: 'SIGINT' | 'SIGTERM') => (signal === 'SIGINT' ? 130 : 143)
