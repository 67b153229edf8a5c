/**
 * The server that agents talk to. A call of a tool goes:
 * 1. its arguments are checked against the tool's schema    tools/*.ts, arguments.ts
 * 2. settings and data are read, where nobody did before    desk.ts
 * 3. it reads the history, or takes its turn at writing     desk.ts
 * 4. what it may tell of records                            told.ts
 * 5. an error becomes a result that says so                 problem.ts
 */
import {
  type CallToolResult,
  type Tool as ListedTool,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { argumentsOf, unknownTool } from './arguments.js'
import type { Desk } from './desk.js'
import { pathHider, problemOf } from './problem.js'
import type { Call, Effect, Tool } from './tool.js'
import { describeApiTool } from './tools/api.js'
import { describeDataTool } from './tools/data.js'
import { feedbackTool, promptTool } from './tools/feedback.js'
import { iterateTool } from './tools/iterate.js'
import { proposeTool } from './tools/propose.js'
import { reportTool } from './tools/report.js'
import { championTool, listTool, recordTool, statusTool } from './tools/run.js'

const INSTRUCTIONS = [
  'alphaloop searches for trading strategies: it proposes, backtests, judges and remembers. You are one of those who propose.',
  'Read describe_api and describe_data once, then get_feedback, then propose_strategy; what it returns is the feedback for the next one.',
  'A proposal is the next iteration of the run, under the same rules as those of the loop, and every one counts as a trial.',
  'run_iterations lets the loop search by itself. get_champion has the best so far, list_history and get_record what was tried.',
  'Train metrics are given in numbers; of validation only the decision and the figures of champions.',
].join('\n')

export interface ServerOptions {
  readonly version: string
  /** Folder that the server was started in; its path is told to nobody. */
  readonly cwd: string
  readonly log: (line: string) => void
}

/** Every tool of the server. */
export const toolsOf = (desk: Desk, cwd: string): Tool[] => [
  describeApiTool(desk),
  describeDataTool(desk),
  proposeTool(desk, cwd),
  iterateTool(desk, cwd),
  statusTool(desk, cwd),
  championTool(desk, cwd),
  listTool(desk, cwd),
  recordTool(desk, cwd),
  feedbackTool(desk, cwd),
  promptTool(desk, cwd),
  reportTool(desk, cwd),
]

/** A server for one connection; any number of them may share a desk. */
export function createAgentServer(desk: Desk, { version, cwd, log }: ServerOptions): Server {
  const server = new Server(
    { name: 'alphaloop', version },
    { instructions: INSTRUCTIONS, capabilities: { tools: {} } },
  )
  const tools = toolsOf(desk, cwd)
  const problem = (error: unknown) => problemOf(error, pathHider(desk.known() ?? {}, cwd), log)
  // The library's own handling of tools would tell wrong arguments in words of its own.
  server.setRequestHandler('tools/list', () => ({ tools: tools.map(listed) }))
  server.setRequestHandler('tools/call', async ({ params }, context): Promise<CallToolResult> => {
    const tool = tools.find(({ name }) => name === params.name)
    if (tool === undefined) {
      const told = problem(unknownTool(params.name, tools))
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, told.message, told)
    }
    try {
      const { data, text } = await tool.run(argumentsOf(tool, params.arguments), callOf(context, log))
      // What was announced is kept, or it is a defect.
      tool.output.parse(data)
      return server.projectCallToolResult(
        {
          content: [{ type: 'text', text: text ?? JSON.stringify(data) }],
          structuredContent: data,
        },
        undefined,
      )
    } catch (error) {
      const told = problem(error)
      return {
        content: [{ type: 'text', text: JSON.stringify({ error: told }) }],
        structuredContent: { error: told },
        isError: true,
      }
    }
  })
  return server
}

/** A tool as clients are told of it, its schemas in JSON Schema 2020-12. */
const listed = ({ name, title, description, input, output, effect }: Tool): ListedTool => ({
  name,
  title,
  description,
  inputSchema: z.toJSONSchema(input, { io: 'input' }) as ListedTool['inputSchema'],
  outputSchema: z.toJSONSchema(output, { io: 'output' }) as ListedTool['inputSchema'],
  annotations: annotationsOf(effect),
})

const annotationsOf = (effect: Effect) => ({
  readOnlyHint: effect === 'reads',
  // Nothing is ever taken away from a history; a report of the same name is replaced.
  destructiveHint: false,
  idempotentHint: effect !== 'records',
  openWorldHint: false,
})

function callOf({ mcpReq }: ServerContext, log: (line: string) => void): Call {
  const { _meta, signal, notify } = mcpReq
  const token = _meta?.progressToken
  return {
    signal,
    progress(done, total, message) {
      if (token === undefined || signal.aborted) return
      notify({
        method: 'notifications/progress',
        params: { progressToken: token, progress: done, total, message },
      }).catch((error: unknown) => log(`warning: a client could not be told how far it is: ${error}`))
    },
  }
}
