import { z } from 'zod'
import { LEVELS } from '../../champion/levels.js'
import { OBJECTIVES, type Objective } from '../../champion/objective.js'
import type { IterationRecord } from '../../history/record.js'
import { championPolicy } from '../../loop/judge.js'
import { feedbackFor } from '../../loop/propose.js'
import type { Session } from '../../loop/session.js'
import { batchStartOf } from '../../loop/slots.js'
import { proposalView } from '../../loop/state.js'
import type { Desk } from '../desk.js'
import { pathHider } from '../problem.js'
import { championShape, toldChampion, toldRecord, toldShape } from '../told.js'
import { tool } from '../tool.js'

const MOST_ITERATIONS = 10_000
/** Records that are told whole; list_history has the others. */
const MOST_TOLD = 10
const PROGRESS_EVERY_MS = 200

const ENDS = ['finished', 'outOfTime', 'interrupted', 'budgetSpent'] as const
type End = (typeof ENDS)[number]

export const iterateTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'run_iterations',
    title: 'Run iterations of the loop',
    description:
      'Lets the loop itself propose and evaluate: the configured models and the Factor Graph. Ends after `count` iterations, or with the batch in which `maxSeconds` are over (call again to go on); cancelling finishes and records what is being evaluated.',
    input: z.strictObject({
      count: z.int().min(1).max(MOST_ITERATIONS).describe('iterations to add'),
      maxSeconds: z
        .number()
        .min(1)
        .max(86_400)
        .default(45)
        .describe('many clients give up on a call after 60 seconds without an answer'),
    }),
    output: z.object({
      recorded: z.number(),
      /** Iterations of the run in all. */
      iterations: z.number(),
      ended: z.enum(ENDS),
      levels: z.record(z.string(), z.number()),
      distinctStrategies: z.number(),
      /** The best of these by the objective on train, best first. */
      best: z.array(toldShape),
      champions: z.array(z.number()),
      champion: championShape.nullable(),
      feedback: z.string(),
    }),
    effect: 'records',
    async run({ count, maxSeconds }, { signal, progress }) {
      const records: IterationRecord[] = []
      let toldAt = 0
      return desk.write(
        signal,
        async (session, { bench }) => {
          const { state } = session
          const seen = {
            state,
            policy: championPolicy(bench.config),
            hide: pathHider(desk.known() ?? {}, cwd),
          }
          const total = state.next + count
          progress(0, count, `from iteration ${state.next} on`)
          const ended = await iterateUntil(session, bench.config.batchSize, {
            total,
            outOfTime: AbortSignal.timeout(maxSeconds * 1000),
            stop: AbortSignal.any([signal, desk.closing]),
          })
          const levels = Object.fromEntries(
            LEVELS.map((level) => [level, records.filter((record) => record.level === level).length]),
          )
          return {
            data: {
              recorded: records.length,
              iterations: state.next,
              ended,
              levels,
              distinctStrategies: new Set(
                records.flatMap(({ strategy, execution }) =>
                  strategy !== null && execution.status !== 'rejected' ? [strategy.hash] : [],
                ),
              ).size,
              best: bestOf(records, bench.config.objective).map((record) => toldRecord(record, seen)),
              champions: records.filter((record) => record.champion.updated).map((one) => one.iteration),
              champion: toldChampion(state),
              feedback: feedbackFor(proposalView(state), bench.config),
            },
          }
        },
        (event) => {
          if (event.type === 'model-asked')
            progress(records.length, count, `iteration ${event.iteration}: asking a model`)
          if (event.type !== 'iteration-recorded') return
          records.push(event.record)
          const now = performance.now()
          if (now - toldAt < PROGRESS_EVERY_MS && records.length < count) return
          toldAt = now
          const { iteration, level, strategy } = event.record
          progress(
            records.length,
            count,
            `iteration ${iteration}: ${level} ${strategy?.name ?? ''}`.trimEnd(),
          )
        },
      )
    },
  })

/** Batch by batch: one is not cut for the time, or answers that models are at would be paid for in vain. */
async function iterateUntil(
  { state, iterate }: Session,
  batchSize: number,
  until: { readonly total: number; readonly outOfTime: AbortSignal; readonly stop: AbortSignal },
): Promise<End> {
  const { total, outOfTime, stop } = until
  while (state.next < total) {
    if (stop.aborted) return 'interrupted'
    if (outOfTime.aborted) return 'outOfTime'
    const batchEnd = batchStartOf(state.next, batchSize) + batchSize
    const stopped = await iterate({ total: Math.min(total, batchEnd), stop })
    if (stopped === 'budgetSpent') return stopped
  }
  return 'finished'
}

function bestOf(records: readonly IterationRecord[], objective: Objective): IterationRecord[] {
  const { metric } = OBJECTIVES[objective]
  const value = ({ metrics }: IterationRecord) => metrics?.train?.[metric] ?? Number.NEGATIVE_INFINITY
  return records
    .filter((record) => Number.isFinite(value(record)))
    .sort((a, b) => value(b) - value(a))
    .slice(0, MOST_TOLD)
}
