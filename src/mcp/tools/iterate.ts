import { z } from 'zod'
import { LEVELS } from '../../champion/levels.js'
import type { IterationRecord } from '../../history/record.js'
import { feedbackFor } from '../../loop/propose.js'
import { proposalView } from '../../loop/state.js'
import type { Desk } from '../desk.js'
import { championShape, toldChampion, toldRecord, toldShape } from '../told.js'
import { look, tool } from '../tool.js'

const MOST_ITERATIONS = 10_000
/** Records that are told whole; list_history has the others. */
const MOST_TOLD = 10
const PROGRESS_EVERY_MS = 200

export const iterateTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'run_iterations',
    title: 'Run iterations of the loop',
    description:
      'Lets the loop itself propose and evaluate: the configured models and the Factor Graph. Ends after `count` iterations or `maxSeconds`, whichever comes first (call again to go on); cancelling finishes and records what is being evaluated.',
    input: z.object({
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
      ended: z.enum(['finished', 'outOfTime', 'interrupted', 'budgetSpent']),
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
      const { policy, hide } = await look(desk, cwd)
      const records: IterationRecord[] = []
      let toldAt = 0
      return desk.write(
        signal,
        async (session, { bench }) => {
          const { state } = session
          const outOfTime = AbortSignal.timeout(maxSeconds * 1000)
          const total = state.next + count
          progress(0, count, `from iteration ${state.next} on`)
          const stopped = await session.iterate({
            total,
            stop: AbortSignal.any([signal, desk.closing, outOfTime]),
          })
          const levels = Object.fromEntries(
            LEVELS.map((level) => [level, records.filter((record) => record.level === level).length]),
          )
          return {
            data: {
              recorded: records.length,
              iterations: state.next,
              ended: stopped === 'interrupted' && outOfTime.aborted ? ('outOfTime' as const) : stopped,
              levels,
              distinctStrategies: new Set(
                records.flatMap(({ strategy, execution }) =>
                  strategy !== null && execution.status !== 'rejected' ? [strategy.hash] : [],
                ),
              ).size,
              best: bestOf(records, bench.config.objective).map((record) =>
                toldRecord(record, { state, policy, hide }),
              ),
              champions: records.filter((record) => record.champion.updated).map((one) => one.iteration),
              champion: toldChampion(state),
              feedback: feedbackFor(proposalView(state), bench.config),
            },
          }
        },
        (event) => {
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

function bestOf(records: readonly IterationRecord[], objective: string): IterationRecord[] {
  const value = ({ metrics }: IterationRecord) => metrics?.train?.[objective] ?? Number.NEGATIVE_INFINITY
  return records
    .filter((record) => Number.isFinite(value(record)))
    .sort((a, b) => value(b) - value(a))
    .slice(0, MOST_TOLD)
}
