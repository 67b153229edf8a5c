/**
 * The learning loop. An iteration's ten steps and where they are done:
 * 1. read the recent records        state.ts (a fold over the history)
 * 2. write the feedback             feedback/summarize.ts
 * 3. choose the method              slots.ts
 * 4. propose a strategy             propose.ts, through the ports
 * 5. check it                       propose.ts: types and limits when it is made, then duplicates
 * 6. backtest it                    workers/evaluation.ts, through the runner
 * 7. measure · 8. classify · 9. decide the champion    judge.ts
 * 10. append the record             here, through the store
 *
 * Iterations run in batches. Proposals of a batch are drawn from the state before it; their evaluations run at once;
 * their records are judged and appended in the order of proposal, each as soon as it can be. So neither the number of
 * workers nor the moment of a crash changes the history.
 */
import { createRng } from '../base/rng.js'
import { checkStaleness, type ScoredContender, stalenessDue } from '../champion/staleness.js'
import type { Config } from '../config/schema.js'
import { UNLIMITED } from '../graph/limits.js'
import { createStrategy, type Strategy } from '../graph/strategy.js'
import type {
  IterationDraft,
  IterationRecord,
  RangeMetrics,
  RecordedAblation,
  RunInfo,
} from '../history/record.js'
import type { HistoryStore } from '../history/store.js'
import type { Evaluation } from '../workers/evaluation.js'
import type { Runner } from '../workers/runner.js'
import { measureAblation } from './ablation.js'
import type { LoopEvent, StopReason } from './events.js'
import { championPolicy, judge, type Standing } from './judge.js'
import type {
  Ablate,
  FactorGraphProposer,
  ModelProposer,
  ReturnsCache,
  StartStrategy,
  TextKeeper,
} from './ports.js'
import { createBatchProposer, type Proposal } from './propose.js'
import { batchStartOf, slotsOfBatch } from './slots.js'
import { applyRecord, foldRules, type LoopState, type ProposalView, proposalView } from './state.js'

export interface LoopParts {
  readonly config: Config
  readonly store: HistoryStore
  readonly runner: Runner
  readonly factorGraph: FactorGraphProposer
  readonly ablate: Ablate
  readonly model: ModelProposer | null
  /** The user's own strategies, one for each of the first iterations; null where that is recorded already. */
  readonly starts: readonly (StartStrategy | null)[]
  readonly texts: TextKeeper
  readonly returns: ReturnsCache
  readonly run: RunInfo
  readonly periodsPerYear: number
  /** The benchmark's returns on validation, for an objective that is measured against it. */
  readonly benchmarkReturns: Float64Array
  /** Aborted by the first interrupt: what is being evaluated is finished, nothing new begins. */
  readonly stop: AbortSignal
  readonly onEvent: (event: LoopEvent) => void
  /** Called between batches with the state after the last record: the moment for a snapshot. */
  readonly onBatchEnd?: (state: LoopState) => Promise<void>
}

/**
 * Runs until the total is reached or the signal stops it. `state` is the fold over the history so far, `view` the
 * state before the batch that the next iteration belongs to.
 */
export async function runLoop(parts: LoopParts, state: LoopState, view: ProposalView): Promise<StopReason> {
  const { config, stop, onEvent } = parts
  const bench = createBench(parts, state)
  // A crash can fall between the last record before a staleness check and what the check decides.
  await bench.decideStaleness()
  let before = state.next === view.next ? proposalView(state) : view
  while (state.next < config.iterations && !stop.aborted) {
    const ended = parts.model?.ended?.(state.next)
    if (ended !== undefined) {
      onEvent({
        type: 'warning',
        message: `${ended} The run ends here, after a whole batch, as \`llm.budget.whenSpent\` says; to go on, raise the budget or set it to factorGraph.`,
      })
      return 'budgetSpent'
    }
    await runBatch(parts, state, before, bench)
    if (stop.aborted) break
    before = proposalView(state)
    await parts.onBatchEnd?.(state)
  }
  return state.next >= config.iterations ? 'finished' : 'interrupted'
}

/**
 * Evaluates one proposal that came from outside, judges and records it at once: the next iteration, whatever the batch
 * it falls into. The rest of that batch is still drawn from the state before it.
 */
export async function runProposal(
  parts: LoopParts,
  state: LoopState,
  proposal: Proposal,
): Promise<IterationRecord> {
  const bench = createBench(parts, state)
  await bench.decideStaleness()
  const evaluation =
    proposal.state === 'strategy' ? await parts.runner.evaluate(proposal.strategy.graph) : undefined
  if (proposal.state === 'strategy' && evaluation === undefined)
    throw new Error('the runner was closed before the proposal could be evaluated')
  return bench.record(proposal, evaluation)
}

async function runBatch(parts: LoopParts, state: LoopState, view: ProposalView, bench: Bench): Promise<void> {
  const { config, runner, stop, onEvent } = parts
  const first = batchStartOf(state.next, config.batchSize)
  const slots = slotsOfBatch(first, config.iterations, {
    seed: config.seed,
    batchSize: config.batchSize,
    innovationRate: config.innovationRate,
    modelAvailable: parts.model !== null,
    starts: parts.starts.length,
  })
  onEvent({ type: 'batch-started', first: state.next, last: first + slots.length - 1 })
  const stored = state.recent.filter(({ iteration }) => iteration >= first && iteration < state.next)
  const proposals = await createBatchProposer(parts)(slots, view, stored, state.next)
  if (stop.aborted) return

  // All are asked for at once; in which order the runner begins them makes no difference to the history.
  const evaluations = proposals.map((proposal) =>
    proposal.state === 'strategy'
      ? runner.evaluate(proposal.strategy.graph, { cancelled: () => stop.aborted })
      : Promise.resolve(undefined),
  )
  // Each is awaited below; one that fails while an earlier one is waited for is not an unhandled failure.
  for (const evaluation of evaluations) evaluation.catch(() => {})
  for (const [i, proposal] of proposals.entries()) {
    const evaluation = await evaluations[i]
    // Interrupted: from the first that was not begun, the batch is left for the resume.
    if (proposal.state === 'strategy' && evaluation === undefined) return
    await bench.record(proposal, evaluation)
  }
}

/** Judges and appends, one record after the other. */
interface Bench {
  record(proposal: Proposal, evaluation: Evaluation | undefined): Promise<IterationRecord>
  decideStaleness(): Promise<void>
}

function createBench(parts: LoopParts, state: LoopState): Bench {
  const { config, store, runner, returns, run, periodsPerYear, benchmarkReturns, onEvent } = parts
  const policy = championPolicy(config)
  const staleness = config.champion
  const rules = foldRules(config)
  const recent = new Map<string, Float64Array>()

  const remember = async (hash: string, values: Float64Array) => {
    recent.delete(hash)
    recent.set(hash, values)
    if (recent.size > 2 * staleness.stalenessWindow) recent.delete(recent.keys().next().value!)
    await returns.put(hash, values)
  }

  /** Validation returns of a strategy: remembered, cached, or computed anew from its graph. */
  const returnsOf = async (record: IterationRecord): Promise<Float64Array> => {
    const { hash, graph } = record.strategy!
    const known = recent.get(hash) ?? (await returns.get(hash))
    if (known !== undefined && known.length === benchmarkReturns.length) return known
    const evaluation = graph === null ? undefined : await runner.evaluate(graph)
    if (evaluation?.state !== 'scored')
      throw new Error(
        `iteration ${record.iteration}: its returns cannot be computed again (${evaluation?.state})`,
      )
    const values = evaluation.ranges.validation.returns
    await remember(hash, values)
    return values
  }

  const contender = async (record: IterationRecord): Promise<ScoredContender> => ({
    id: record.id,
    iteration: record.iteration,
    hash: record.strategy!.hash,
    level: record.level,
    validation: {
      metrics: record.metrics?.validation ?? {},
      ...(record.metricNotes?.validation ? { notes: record.metricNotes.validation } : {}),
    },
    returns: await returnsOf(record),
    nodes: record.strategy!.graph?.nodes.length ?? 0,
  })

  const standing = async (iteration: number): Promise<Standing> => ({
    champion: state.championRecord === null ? null : await contender(state.championRecord),
    crownedAt: state.champion.current?.from ?? null,
    iteration,
    rng: createRng(config.seed, 'champion', iteration),
    periodsPerYear,
    benchmarkReturns,
  })

  /** Asked once, when a strategy becomes champion; from then on it is read from the record. */
  const ablationOf = (strategy: Strategy, train: RangeMetrics['train']): Promise<RecordedAblation> =>
    measureAblation(parts.ablate(strategy), runner, rules.objective, train)

  const draftOf = async (proposal: Proposal, evaluation: Evaluation | undefined): Promise<IterationDraft> => {
    const common = {
      kind: 'iteration' as const,
      run,
      method: proposal.method,
      proposer: proposal.proposer,
      trials: 1 + (proposal.discarded ?? 0),
      parents: [...proposal.parents],
      feedback: proposal.feedback,
      ...proposal.origin,
    }
    if (proposal.state === 'failed') {
      const previous = state.championRecord?.id ?? null
      return {
        ...common,
        strategy: proposal.strategy,
        execution: { status: proposal.status, durationMs: 0, error: proposal.error },
        metrics: null,
        level: 'LEVEL_0',
        champion: {
          updated: false,
          because: `Not a candidate (LEVEL_0): ${proposal.error.message}`,
          previous,
          gate: 'level',
        },
      }
    }
    const { strategy, code } = proposal
    const judged = judge(
      evaluation!,
      { hash: strategy.hash, nodes: strategy.graph.nodes.length },
      config,
      await standing(proposal.iteration),
    )
    const ablation = judged.decision.updated
      ? await ablationOf(strategy, judged.metrics?.train ?? null)
      : undefined
    return {
      ...common,
      ...(ablation === undefined ? {} : { ablation, trials: common.trials + ablation.parts.length }),
      strategy: {
        hash: strategy.hash,
        name: strategy.graph.name,
        graph: strategy.graph,
        ...(code === undefined ? {} : { code }),
      },
      execution: judged.execution,
      metrics: judged.metrics,
      ...(judged.metricNotes === undefined ? {} : { metricNotes: judged.metricNotes }),
      level: judged.level,
      champion: judged.decision,
    }
  }

  const bench: Bench = {
    async record(proposal, evaluation) {
      const draft = await draftOf(proposal, evaluation)
      if (proposal.state === 'strategy' && evaluation?.state === 'scored')
        await remember(proposal.strategy.hash, evaluation.ranges.validation.returns)
      const record = await store.append(draft)
      applyRecord(state, record, rules)
      onEvent({ type: 'iteration-recorded', record, done: state.next, total: config.iterations })
      await bench.decideStaleness()
      return record
    },

    async decideStaleness() {
      const champion = state.championRecord
      const due = stalenessDue(state.next, staleness)
      if (!due || champion === null || state.demotedAt === state.next - 1) return
      const scored = await Promise.all(
        state.scored.filter(({ strategy }) => strategy?.graph).map((record) => contender(record)),
      )
      const decision = checkStaleness(
        await contender(champion),
        scored,
        policy,
        { rng: createRng(config.seed, 'staleness', state.next), periodsPerYear, benchmarkReturns },
        staleness,
      )
      if (!decision.demote) return
      const { successor } = decision
      const taking = state.scored.find(({ id }) => id === successor.id)!
      const ablation =
        taking.ablation === undefined
          ? await ablationOf(createStrategy(taking.strategy!.graph, UNLIMITED), taking.metrics?.train ?? null)
          : undefined
      const record = await store.append({
        kind: 'demotion',
        run,
        demoted: refOf(champion),
        successor: { id: successor.id, iteration: successor.iteration, hash: successor.hash },
        after: state.next - 1,
        because: decision.because,
        ...(ablation === undefined ? {} : { ablation, trials: ablation.parts.length }),
      })
      applyRecord(state, record, rules)
      onEvent({ type: 'champion-demoted', record })
    },
  }
  return bench
}

const refOf = (record: IterationRecord) => ({
  id: record.id,
  iteration: record.iteration,
  hash: record.strategy!.hash,
  name: record.strategy!.name,
})
