import { z } from 'zod'
import { usageError } from '../../base/errors.js'
import { LEVELS, type Level } from '../../champion/levels.js'
import type { IterationRecord, RecordedAblation } from '../../history/record.js'
import type { HistoryStore } from '../../history/store.js'
import { openHistory } from '../../loop/stored-run.js'
import { type Desk, runName } from '../desk.js'
import { championShape, codeOf, metricsShape, toldChampion, toldRecord, toldShape } from '../told.js'
import { look, tool } from '../tool.js'

const countsShape = z.record(z.string(), z.number())

export const statusTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'get_status',
    title: 'Where the run stands',
    description:
      'Iterations so far, how they ended, who proposed them, distinct strategies, the champion in brief.',
    input: z.strictObject({}),
    output: z.object({
      run: z.string(),
      iterations: z.number(),
      levels: countsShape,
      methods: countsShape,
      proposers: countsShape,
      statuses: countsShape,
      trials: z.number(),
      distinctStrategies: z.number(),
      champion: championShape.nullable(),
    }),
    effect: 'reads',
    async run() {
      const { state } = await look(desk, cwd)
      const { levels, methods, proposers, statuses, trials } = state.counts
      return {
        data: {
          run: runName(await desk.choice()),
          iterations: state.next,
          levels: { ...levels },
          methods: { ...methods },
          proposers: { ...proposers },
          statuses: { ...statuses },
          trials,
          distinctStrategies: state.evaluated.size,
          champion: toldChampion(state),
        },
      }
    },
  })

export const championTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'get_champion',
    title: 'The champion',
    description:
      'The best strategy of the run: code, metrics on train and validation, why it took over, what made it work, and the champions before it.',
    input: z.strictObject({
      graph: z.boolean().default(false).describe('the graph as JSON beside the code'),
    }),
    output: z.object({
      champion: championShape
        .extend({
          code: z.string().nullable(),
          graph: z.record(z.string(), z.unknown()).optional(),
          proposer: z.string(),
          because: z.string(),
          since: z.number(),
          /** The objective on train without each of its parts: what made it work. */
          ablation: z
            .object({
              metric: z.string(),
              whole: z.number().nullable(),
              parts: z.array(z.object({ without: z.string(), value: z.number().nullable() })),
            })
            .nullable(),
        })
        .nullable(),
      reigns: z.array(
        z.object({
          iteration: z.number(),
          name: z.string().nullable(),
          from: z.number(),
          to: z.number().nullable(),
          because: z.string(),
        }),
      ),
    }),
    effect: 'reads',
    async run({ graph }) {
      const { state } = await look(desk, cwd)
      const record = state.championRecord
      const reigns = state.champion.reigns.map(({ iteration, name, from, to, because }) => ({
        iteration,
        name,
        from,
        to,
        because,
      }))
      if (record === null) return { data: { champion: null, reigns } }
      const reign = state.champion.current!
      return {
        data: {
          champion: {
            ...toldChampion(state)!,
            code: codeOf(record),
            ...(graph ? { graph: { ...record.strategy!.graph } } : {}),
            proposer: record.proposer,
            because: reign.because,
            since: reign.from,
            ablation: toldAblation(state.championAblation),
          },
          reigns,
        },
      }
    },
  })

function toldAblation(ablation: RecordedAblation | null) {
  if (ablation === null) return null
  const { metric, whole, parts } = ablation
  return { metric, whole, parts: parts.map(({ without, value }) => ({ without, value })) }
}

const MOST_LISTED = 100

export const listTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'list_history',
    title: 'Iterations of the run',
    description:
      'A page of iterations in order: the last ones, or those before `before`. Train figures in numbers; of validation only the decision.',
    input: z.strictObject({
      limit: z.int().min(1).max(MOST_LISTED).default(20),
      before: z
        .int()
        .nonnegative()
        .optional()
        .describe('the first iteration of the page that was read before'),
      level: z.enum(LEVELS).optional(),
    }),
    output: z.object({
      total: z.number(),
      iterations: z.array(
        z.object({
          iteration: z.number(),
          proposer: z.string(),
          name: z.string().nullable(),
          status: z.string(),
          level: z.string(),
          train: metricsShape,
          becameChampion: z.boolean(),
          decision: z.string(),
        }),
      ),
      /** What to give as `before` for the page before this one; null at the beginning. */
      before: z.number().nullable(),
    }),
    effect: 'reads',
    async run({ limit, before = Number.POSITIVE_INFINITY, level }) {
      const seen = await look(desk, cwd)
      const { page, more } = await pageOf(desk, seen.state.next, { limit, before, level })
      return {
        data: {
          total: seen.state.next,
          iterations: page.map((record) => {
            const { iteration, proposer, name, status, level, train, becameChampion, decision } = toldRecord(
              record,
              seen,
            )
            return { iteration, proposer, name, status, level, train: brief(train), becameChampion, decision }
          }),
          before: more ? page[0]!.iteration : null,
        },
      }
    },
  })

const BRIEF = ['sharpe', 'cagr', 'maxDrawdown', 'calmar', 'turnover'] as const

const brief = (metrics: Readonly<Record<string, number | null>> | null): Record<string, number | null> =>
  metrics === null ? {} : Object.fromEntries(BRIEF.map((name) => [name, metrics[name] ?? null]))

export const recordTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'get_record',
    title: 'One iteration',
    description:
      'What one iteration proposed, the code, its train metrics, the decision, and what it was told before.',
    input: z.strictObject({
      iteration: z.int().nonnegative(),
      graph: z.boolean().default(false).describe('the graph as JSON beside the code'),
    }),
    output: toldShape.extend({
      code: z.string().nullable(),
      /** As its author wrote it, where that is kept. */
      written: z.string().nullable(),
      graph: z.record(z.string(), z.unknown()).nullable(),
      parents: z.array(z.string()),
      feedback: z.string(),
    }),
    effect: 'reads',
    async run({ iteration, graph }) {
      const seen = await look(desk, cwd)
      const record = await recordOf(desk, iteration, seen.state.next)
      return {
        data: {
          ...toldRecord(record, seen),
          code: codeOf(record),
          written: record.attempt?.code ?? record.strategy?.code ?? null,
          graph: graph && record.strategy?.graph ? { ...record.strategy.graph } : null,
          parents: [...record.parents],
          feedback: seen.hide(record.feedback),
        },
      }
    },
  })

/** The last `limit` records before an iteration, and whether there are earlier ones. */
async function pageOf(
  desk: Desk,
  next: number,
  wanted: { readonly limit: number; readonly before: number; readonly level: Level | undefined },
): Promise<{ readonly page: readonly IterationRecord[]; readonly more: boolean }> {
  const { limit, before, level } = wanted
  if (next === 0) return { page: [], more: false }
  const { runDir } = await desk.choice()
  const store = await openHistory(runDir, () => {})
  try {
    const fits = ({ iteration, level: its }: IterationRecord) =>
      iteration < before && (level === undefined || its === level)
    // Without a level the page is found from the end of the history, and nothing before it is read.
    const fromEnd = limit + 1 + Math.max(0, next - before)
    const records = level === undefined ? await store.tail(fromEnd) : await allIterations(store)
    const found = records.filter(fits)
    return { page: found.slice(-limit), more: found.length > limit }
  } finally {
    await store.close()
  }
}

async function allIterations(store: Pick<HistoryStore, 'records'>): Promise<IterationRecord[]> {
  const found: IterationRecord[] = []
  for await (const record of store.records()) if (record.kind === 'iteration') found.push(record)
  return found
}

/** @throws AlphaloopError (usage) NO_SUCH_ITERATION */
async function recordOf(desk: Desk, iteration: number, next: number): Promise<IterationRecord> {
  if (iteration < next) {
    const { runDir } = await desk.choice()
    const store = await openHistory(runDir, () => {})
    try {
      const record = await store.get(iteration)
      if (record !== undefined) return record
    } finally {
      await store.close()
    }
  }
  throw usageError(
    'NO_SUCH_ITERATION',
    `the run has no iteration ${iteration}`,
    next === 0
      ? 'it has none at all: propose_strategy or run_iterations makes some'
      : `it has 0 to ${next - 1}`,
    { iteration },
  )
}
