/**
 * A run that was recorded, to be run again without asking anybody: its settings, its own strategies, what its models
 * answered and what agents proposed. Everything else is computed anew, and compared with what stands in its records.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AlphaloopError, environmentError, usageError } from '../base/errors.js'
import { UNLIMITED } from '../graph/limits.js'
import { createStrategy } from '../graph/strategy.js'
import type { StrategyGraph } from '../graph/strategy-graph.js'
import type { IterationRecord, ModelCall, RunSettings } from '../history/record.js'
import { keptTotal } from '../history/run-dir.js'
import type { OnWarning } from '../history/store.js'
import { TextStore } from '../history/text-store.js'
import { type ReplayedTalk, replayDiffers } from '../llm/replay.js'
import type { StrategyLanguage } from '../strategy/compile.js'
import { AGENT, type AgentProposal } from './agent-proposal.js'
import type { StartStrategy } from './ports.js'
import { openHistory } from './stored-run.js'

/** Iterations of a recorded run, as far as they can be replayed. */
export interface Recordings {
  readonly runDir: string
  /** Id of the record that created it. */
  readonly id: string
  /** What it was created with. */
  readonly settings: RunSettings
  /** Version of the package that recorded it. */
  readonly version: string
  /** Iterations that can be replayed: 0 to length − 1. */
  readonly length: number
  /** Iterations that it was asked for; undefined where that is not known any more. */
  readonly total: number | undefined
  /** Why they end before the run does, if so. */
  readonly endsBecause?: string
  readonly texts: TextStore
  get(iteration: number): RecordedIteration | undefined
  /** Seconds after which evaluations were stopped, by the strategy's hash: a clock must not decide differently now. */
  readonly timedOut: Readonly<Record<'evaluate' | 'tryOut', ReadonlyMap<string, number>>>
}

/** What a replay takes from a record, and what it must come to. */
export type RecordedIteration = Pick<
  IterationRecord,
  'iteration' | 'method' | 'proposer' | 'level' | 'parents' | 'rounds'
> & {
  readonly status: IterationRecord['execution']['status']
  readonly isCrowned: boolean
  readonly hash: string | null
  /** Of what is not proposed anew: the user's own strategies, and those of agents. */
  readonly own?: Pick<IterationRecord, 'strategy' | 'execution' | 'attempt'>
}

/**
 * Reads a run's recordings.
 * @throws AlphaloopError HISTORY_MISSING and the like; (usage) REPLAY_NO_SETTINGS, REPLAY_NOT_RECORDED for runs of
 *   versions that kept no requests; (environment) REPLAY_TEXT_MISSING
 */
export async function openRecordings(runDir: string, onWarning: OnWarning = () => {}): Promise<Recordings> {
  const store = await openHistory(runDir, onWarning)
  const iterations = new Map<number, RecordedIteration>()
  const timedOut = { evaluate: new Map<string, number>(), tryOut: new Map<string, number>() }
  const numbers = new Map<string, number>()
  let created: { id: string; settings: RunSettings; version: string } | undefined
  let endsBecause: string | undefined
  try {
    for await (const record of store.records()) {
      if (record.kind === 'change' && record.settings !== undefined) {
        if (created === undefined)
          created = { id: record.id, settings: record.settings, version: record.run?.version ?? 'unknown' }
        else {
          endsBecause = `its ${record.what} was changed after iteration ${iterations.size - 1}`
          break
        }
      } else if (record.kind === 'iteration') {
        numbers.set(record.id, record.iteration)
        iterations.set(record.iteration, recordedIteration(record, numbers))
        noteTimeOuts(record, timedOut)
      }
    }
  } finally {
    await store.close()
  }
  if (created === undefined)
    throw usageError(
      'REPLAY_NO_SETTINGS',
      `${runDir} does not say what it was made of, so it cannot be replayed: its records were imported`,
      'replay the run that they came from',
      { runDir },
    )
  let length = 0
  while (iterations.has(length)) length++
  if (length < iterations.size) endsBecause ??= `iteration ${length} is missing or cannot be read`
  const textsDir = join(runDir, 'texts')
  for (let i = 0; i < length; i++) checkRecorded(iterations.get(i)!, created.version, textsDir)
  return {
    runDir,
    ...created,
    length,
    total: keptTotal(runDir),
    ...(endsBecause === undefined ? {} : { endsBecause }),
    texts: new TextStore(textsDir),
    get: (iteration) => iterations.get(iteration),
    timedOut,
  }
}

function recordedIteration(record: IterationRecord, numbers: ReadonlyMap<string, number>): RecordedIteration {
  const { iteration, method, proposer, level, rounds, strategy, execution, attempt } = record
  const isOwn = method === 'manual' || proposer === AGENT
  return {
    iteration,
    method,
    proposer,
    level,
    // By number: a replay's records have ids of their own.
    parents: record.parents.map((id) => String(numbers.get(id) ?? id)),
    status: execution.status,
    isCrowned: record.champion.updated,
    hash: strategy?.hash ?? null,
    ...(rounds === undefined ? {} : { rounds }),
    ...(isOwn ? { own: { strategy, execution, ...(attempt === undefined ? {} : { attempt }) } } : {}),
  }
}

function noteTimeOuts(record: IterationRecord, timedOut: Record<'evaluate' | 'tryOut', Map<string, number>>) {
  const seconds = (message = '') => Number(/longer than ([\d.]+) second/.exec(message)?.[1])
  const { execution, strategy, rounds = [] } = record
  if (execution.status === 'timeout' && strategy !== null)
    timedOut.evaluate.set(strategy.hash, seconds(execution.error.message))
  for (const { outcome } of rounds)
    if (outcome?.became === 'timeout' && outcome.strategy !== undefined)
      timedOut.tryOut.set(outcome.strategy, seconds(outcome.error?.message))
}

const callsOf = ({ rounds = [] }: Pick<RecordedIteration, 'rounds'>): ModelCall[] =>
  rounds.flatMap(({ calls }) => calls)

/** Everything that will be asked for must be there before a replay begins. */
function checkRecorded(recorded: RecordedIteration, version: string, textsDir: string): void {
  const { iteration, method, proposer, rounds } = recorded
  const isModels = method === 'llm' && proposer !== AGENT
  const calls = callsOf(recorded)
  if ((isModels && rounds === undefined) || calls.some(({ request }) => request === undefined))
    throw usageError(
      'REPLAY_NOT_RECORDED',
      `iteration ${iteration} asked a model, and what was asked and answered was not kept: version ${version} did not do so yet`,
      'only runs of newer versions can be replayed',
      { iteration, version },
    )
  for (const hash of calls.flatMap(({ request, reply }) => [
    request!,
    ...(reply === undefined ? [] : [reply]),
  ]))
    if (!existsSync(join(textsDir, hash.slice(0, 2), `${hash}.txt`)))
      throw textMissing(iteration, hash, textsDir)
}

const textMissing = (iteration: number, hash: string, textsDir: string) =>
  environmentError(
    'REPLAY_TEXT_MISSING',
    `iteration ${iteration} cannot be replayed: its text ${hash} is not in ${textsDir}`,
    'the folder texts/ belongs to the history: copy it together with history.jsonl',
    { iteration, hash },
  )

/** A run that takes its first iterations from recordings. */
export interface Replay {
  readonly recordings: Recordings
  /** The first iteration that is not replayed. */
  readonly until: number
  /** Version of the package that replays. */
  readonly version: string
}

/** What may be behind a difference, and what can be done. */
const hintOf = ({ recordings, version }: Replay, iteration: number): string =>
  recordings.version === version
    ? `are the data, the environment (ALPHALOOP_…) and the platform those of then? --fork ${iteration} goes on live from there`
    : `it was recorded by version ${recordings.version}, and this is ${version}: replay it with that one, or --fork ${iteration} to go on live from there`

/** The talk of an iteration, to be had again. @throws AlphaloopError REPLAY_DIFFERS where there was none */
export function talkOf(replay: Replay, iteration: number): ReplayedTalk {
  const { recordings } = replay
  const calls = callsOf(recordings.get(iteration) ?? {})
  let next = 0
  return {
    iteration,
    next: () => calls[next++],
    async text(hash) {
      const text = await recordings.texts.get(hash)
      if (text === undefined) throw textMissing(iteration, hash, join(recordings.runDir, 'texts'))
      return text
    },
    hint: hintOf(replay, iteration),
  }
}

/** The user's own strategies as they were recorded; null for those that stand in the replay already. */
export function recordedStarts(
  { recordings, until }: Replay,
  files: readonly string[],
  next: number,
): (StartStrategy | null)[] {
  return files.slice(0, until).map((file, i): StartStrategy | null => {
    const own = recordings.get(i)?.own
    if (i < next || own === undefined) return null
    const { strategy, execution } = own
    if (strategy?.graph)
      return { state: 'compiled', file, strategy: strategyFrom(strategy.graph), code: strategy.code ?? '' }
    return {
      state: 'broken',
      file,
      error: (execution as { error: (StartStrategy & { state: 'broken' })['error'] }).error,
    }
  })
}

const strategyFrom = (graph: StrategyGraph) => createStrategy(graph, UNLIMITED)

/** The next iteration from `from` on that an agent proposed. */
export function nextAgent({ recordings, until }: Replay, from: number): number | undefined {
  for (let i = from; i < until; i++) if (recordings.get(i)?.proposer === AGENT) return i
  return undefined
}

/** What an agent proposed then. */
export function recordedAgent({ recordings }: Replay, iteration: number): AgentProposal {
  const { own, parents } = recordings.get(iteration)!
  const { strategy, execution, attempt } = own!
  const error = 'error' in execution ? execution.error : undefined
  return {
    source: attempt?.code ?? strategy?.code ?? '',
    language: (attempt?.language ?? 'ts') as StrategyLanguage,
    parents: parents.map(Number).filter(Number.isInteger),
    compiled: strategy?.graph
      ? { state: 'compiled', strategy: strategyFrom(strategy.graph) }
      : {
          state: 'refused',
          error: new AlphaloopError('usage', error?.code ?? 'UNKNOWN', error?.message ?? '', {
            hint: error?.hint,
            details: { line: error?.line, column: error?.column },
          }),
        },
  }
}

/** What a record must have in common with the one that it replays. @throws AlphaloopError (usage) REPLAY_DIFFERS */
export function checkReplayed(
  replay: Replay,
  iteration: number,
  now: Pick<
    IterationRecord,
    'method' | 'proposer' | 'strategy' | 'execution' | 'level' | 'champion' | 'rounds'
  >,
): void {
  const then = replay.recordings.get(iteration)!
  const pairs: [string, unknown, unknown][] = [
    ['method', then.method, now.method],
    ['proposer', then.proposer, now.proposer],
    ['strategy', then.hash, now.strategy?.hash ?? null],
    ['calls to models', callsOf(then).length, callsOf(now).length],
    ['outcome', then.status, now.execution.status],
    ['level', then.level, now.level],
    ['becoming champion', then.isCrowned, now.champion.updated],
  ]
  const different = pairs.find(([, was, is]) => was !== is)
  if (different === undefined) return
  const [what, was, is] = different
  throw replayDiffers(
    iteration,
    `its ${what} came out as ${JSON.stringify(is)}, and was ${JSON.stringify(was)}`,
    hintOf(replay, iteration),
  )
}

/** A replay into the directory of its own recordings would be no replay. */
export function checkTarget(runDir: string, { recordings }: Pick<Replay, 'recordings'>): void {
  if (resolve(runDir) === resolve(recordings.runDir))
    throw usageError(
      'REPLAY_SAME_DIR',
      `${runDir} cannot be replayed into itself`,
      'give another --run-dir, or none: a new one is made under runs/',
      { runDir },
    )
}
