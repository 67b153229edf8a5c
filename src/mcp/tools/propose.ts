import { z } from 'zod'
import { AlphaloopError } from '../../base/errors.js'
import { executionErrorOf, placeOf } from '../../feedback/execution-error.js'
import type { IterationRecord } from '../../history/record.js'
import { signatureFor } from '../../llm/repair.js'
import type { CompiledText } from '../../loop/agent-proposal.js'
import { championPolicy } from '../../loop/judge.js'
import { feedbackFor } from '../../loop/propose.js'
import { type LoopState, proposalView } from '../../loop/state.js'
import type { Workbench } from '../../loop/workbench.js'
import type { StrategyLanguage } from '../../strategy/compile.js'
import type { Desk } from '../desk.js'
import { pathHider } from '../problem.js'
import { championShape, errorShape, metricsShape, toldChampion, toldRecord } from '../told.js'
import { look, tool } from '../tool.js'

/** In UTF-16 code units; the compiler takes no more. */
const LONGEST_CODE = 256 * 1024
const MOST_PARENTS = 10

const OUTCOMES = ['compiles', 'evaluated', 'refused', 'duplicate', 'failed'] as const
type Outcome = (typeof OUTCOMES)[number]

export const proposeTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'propose_strategy',
    title: 'Propose a strategy',
    description:
      'Compiles a strategy in the sandbox, backtests it on train and validation, judges it against the champion and records it as the next iteration. Code that does not compile is recorded too (LEVEL_0), with the exact place; dryRun checks without recording. Returns the train metrics, the decision and the feedback for the next proposal.',
    input: z.strictObject({
      code: z
        .string()
        .min(1)
        .max(LONGEST_CODE)
        .describe('TypeScript or JavaScript with `export default strategy({ … })`, or the graph as JSON'),
      language: z.enum(['ts', 'js', 'json']).optional().describe('told by the text where it is left out'),
      parents: z
        .array(z.int().nonnegative())
        .max(MOST_PARENTS)
        .default([])
        .describe('iterations whose strategies it was made from, for the lineage'),
      dryRun: z.boolean().default(false).describe('compile and check only; nothing is evaluated or recorded'),
    }),
    output: z.object({
      outcome: z.enum(OUTCOMES),
      recorded: z.boolean(),
      iteration: z.number().nullable(),
      level: z.string().nullable(),
      strategy: z.object({ name: z.string(), hash: z.string(), nodes: z.number() }).nullable(),
      error: errorShape
        .extend({ sourceLine: z.string().optional(), signature: z.string().optional() })
        .nullable(),
      /** The iteration that evaluated the same strategy first. */
      duplicateOf: z.number().nullable(),
      train: metricsShape.nullable(),
      trainNotes: z.record(z.string(), z.string()),
      becameChampion: z.boolean(),
      decision: z.string().nullable(),
      champion: championShape.nullable(),
      /** What the next proposal should know. */
      feedback: z.string().nullable(),
    }),
    effect: 'records',
    async run({ code, language = languageOf(code), parents, dryRun }, { signal }) {
      if (dryRun) {
        const { bench } = await desk.opened()
        const compiled = await compile(code, language, bench)
        const { state, hide } = await look(desk, cwd)
        const told = toldProgram(compiled, hide)
        return {
          data: {
            outcome: told.error === null ? ('compiles' as const) : ('refused' as const),
            recorded: false,
            iteration: null,
            level: null,
            ...told,
            duplicateOf: firstOf(told.strategy, state),
            train: null,
            trainNotes: {},
            becameChampion: false,
            decision: null,
            champion: toldChampion(state),
            feedback: null,
          },
        }
      }
      // Compiled in its turn, so that proposals are recorded in the order in which they came.
      return desk.write(signal, async (session, { bench }) => {
        const { state } = session
        const compiled = await compile(code, language, bench)
        const seen = { state, policy: championPolicy(bench.config), hide: pathHider(desk.known() ?? {}, cwd) }
        const told = toldProgram(compiled, seen.hide)
        const record = await session.propose({ source: code, language, compiled, parents })
        const { error, train, trainNotes, becameChampion, decision } = toldRecord(record, seen)
        const outcome = outcomeOf(record)
        return {
          data: {
            outcome,
            recorded: true,
            iteration: record.iteration,
            level: record.level,
            strategy: told.strategy,
            error: told.error ?? error,
            duplicateOf: outcome === 'duplicate' ? firstOf(told.strategy, state) : null,
            train,
            trainNotes,
            becameChampion,
            decision,
            champion: toldChampion(state),
            feedback: feedbackFor(proposalView(state), bench.config),
          },
        }
      })
    },
  })

/** The JSON form begins with a brace; a program never does. */
const languageOf = (code: string): StrategyLanguage => (code.trimStart().startsWith('{') ? 'json' : 'ts')

/** What the author can mend is a result; anything else is thrown, and nothing is recorded. */
async function compile(
  code: string,
  language: StrategyLanguage,
  bench: Pick<Workbench, 'compile'>,
): Promise<CompiledText> {
  try {
    return { state: 'compiled', strategy: await bench.compile(code, language) }
  } catch (error) {
    if (error instanceof AlphaloopError && error.kind === 'usage') return { state: 'refused', error }
    throw error
  }
}

/** The iteration that evaluated a strategy first. */
const firstOf = (strategy: { readonly hash: string } | null, { evaluated }: LoopState): number | null =>
  (strategy && evaluated.get(strategy.hash)) ?? null

/** How a recorded proposal ended. */
function outcomeOf({ execution, metrics, strategy }: IterationRecord): Outcome {
  if (strategy === null) return 'refused'
  if (execution.status === 'rejected') return 'duplicate'
  return metrics === null ? 'failed' : 'evaluated'
}

function toldProgram(compiled: CompiledText, hide: (text: string) => string) {
  if (compiled.state === 'compiled') {
    const { hash, graph } = compiled.strategy
    return { strategy: { name: graph.name, hash: hash as string, nodes: graph.nodes.length }, error: null }
  }
  const { message, hint, ...error } = executionErrorOf(compiled.error)
  const { sourceLine } = placeOf(compiled.error)
  const signature = signatureFor(compiled.error)
  return {
    strategy: null,
    error: {
      ...error,
      message: hide(message),
      ...(hint === undefined ? {} : { hint: hide(hint) }),
      ...(sourceLine === undefined ? {} : { sourceLine: sourceLine.slice(0, 300) }),
      ...(signature === undefined ? {} : { signature }),
    },
  }
}
