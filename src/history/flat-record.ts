import { z } from 'zod'
import { contentHash } from '../base/hash.js'
import { uuidv7 } from '../base/ids.js'
import { LEVELS, type Level } from '../champion/levels.js'
import { complaints, type Execution, type IterationDraft, type MetricValues } from './record.js'

/** The older flat format; whatever stands beside these is kept under `imported.rest`. */
const flatSchema = z.looseObject({
  iteration_num: z.int().nonnegative(),
  generation_method: z.string().nullish(),
  strategy_code: z.string().nullish(),
  strategy_id: z.union([z.string(), z.number()]).nullish(),
  strategy_generation: z.number().nullish(),
  execution_result: z.looseObject({}).nullish(),
  metrics: z.record(z.string(), z.unknown()).nullish(),
  classification_level: z.union([z.string(), z.number()]).nullish(),
  timestamp: z.union([z.string(), z.number()]).nullish(),
  champion_updated: z.boolean().nullish(),
  feedback_used: z.string().nullish(),
})

type Flat = z.infer<typeof flatSchema>

/** Metrics of the older format under today's names; others keep theirs in camel case. */
const METRIC_NAMES: Readonly<Record<string, string>> = {
  sharpe_ratio: 'sharpe',
  sortino_ratio: 'sortino',
  calmar_ratio: 'calmar',
  annual_return: 'cagr',
  annualized_return: 'cagr',
  num_trades: 'trades',
  total_trades: 'trades',
}

const camelCase = (name: string) =>
  name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

function metricsOf(flat: Flat): MetricValues | null {
  const entries = Object.entries(flat.metrics ?? {}).filter(
    ([, value]) => value === null || typeof value === 'number',
  ) as [string, number | null][]
  if (entries.length === 0) return null
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const known = METRIC_NAMES[name] ?? camelCase(name)
      // A drawdown is never positive here; the older format wrote both signs.
      const signed = known === 'maxDrawdown' && value !== null ? -Math.abs(value) : value
      return [known, signed === 0 ? 0 : signed]
    }),
  )
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
const seconds = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : 0)

function executionOf(flat: Flat): Execution {
  const result = flat.execution_result ?? {}
  const durationMs = 1000 * seconds(result.execution_time ?? result.duration ?? result.duration_seconds)
  // Two spellings were in use, and a part of that system read the wrong one.
  const said = text(result.status)?.toLowerCase()
  const succeeded = result.success === true || said === 'success' || said === 'completed' || said === 'ok'
  const message = text(result.error_message) ?? text(result.error) ?? text(result.message)
  if (succeeded || (flat.execution_result == null && metricsOf(flat) !== null))
    return { status: 'success', durationMs }
  const category = text(result.error_type) ?? text(result.category) ?? 'imported'
  const error = { category, code: 'IMPORTED', message: message ?? 'the record names no error' }
  const timedOut = said === 'timeout' || /time.?out/i.test(category)
  return { status: timedOut ? 'timeout' : 'error', durationMs, error }
}

function levelOf(flat: Flat, execution: Execution): Level | undefined {
  const given = flat.classification_level
  if (given === null || given === undefined) return execution.status === 'success' ? 'LEVEL_1' : 'LEVEL_0'
  const digit = /^(?:level[_ ]?)?([0-3])(?:_.*)?$/i.exec(String(given).trim())?.[1]
  return digit === undefined ? undefined : LEVELS[Number(digit)]
}

function millisOf(timestamp: Flat['timestamp']): number | undefined {
  if (timestamp === null || timestamp === undefined) return 0
  if (typeof timestamp === 'number') return timestamp > 1e11 ? timestamp : timestamp * 1000
  // The older format wrote local times without a zone; UTC is the one reading that is the same everywhere.
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(timestamp) ? timestamp : `${timestamp.replace(' ', 'T')}Z`
  const millis = Date.parse(zoned.replace(/(\.\d{3})\d+/, '$1'))
  return Number.isFinite(millis) && millis >= 0 ? millis : undefined
}

export type FlatReading =
  | { readonly ok: true; readonly draft: IterationDraft }
  | { readonly ok: false; readonly because: string }

/** Whether a JSON value means to be a record of the older flat format. */
export const looksFlat = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'iteration_num' in value

/**
 * A record of the older flat format as a draft. Its code is kept as text (Python) and never run; its one set of
 * metrics was measured in sample, so it stands as train. Its id follows from its content, so that importing twice
 * stores once.
 */
export function readFlatRecord(value: unknown): FlatReading {
  const parsed = flatSchema.safeParse(value)
  if (!parsed.success) return { ok: false, because: complaints(parsed.error) }
  const flat = parsed.data
  const millis = millisOf(flat.timestamp)
  if (millis === undefined)
    return { ok: false, because: `timestamp: ${String(flat.timestamp)} is not a time` }
  const execution = executionOf(flat)
  const level = levelOf(flat, execution)
  if (level === undefined) {
    return {
      ok: false,
      because: `classification_level: ${String(flat.classification_level)} is none of ${LEVELS}`,
    }
  }
  const code = text(flat.strategy_code)
  const named = flat.strategy_id ?? undefined
  const train = metricsOf(flat)
  const method = flat.generation_method === 'llm' ? 'llm' : 'factor_graph'
  const generation = flat.strategy_generation ?? undefined
  const name =
    named === undefined
      ? `iteration ${flat.iteration_num}`
      : generation === undefined
        ? String(named)
        : `${named} (generation ${generation})`
  const known = new Set(Object.keys(flatSchema.shape))
  const rest = Object.entries(flat).filter(([key]) => !known.has(key))
  const content = Buffer.from(contentHash(JSON.stringify(value)), 'hex')
  const imported = {
    format: 'flat' as const,
    iteration: flat.iteration_num,
    ...(flat.generation_method ? { method: flat.generation_method } : {}),
    ...(rest.length > 0 ? { rest: Object.fromEntries(rest) } : {}),
  }
  const draft: IterationDraft = {
    kind: 'iteration',
    id: uuidv7(Math.floor(millis), content),
    timestamp: new Date(millis).toISOString(),
    run: null,
    method,
    proposer: 'imported',
    trials: 1,
    parents: [],
    strategy:
      code === undefined && named === undefined
        ? null
        : {
            hash: contentHash(code ?? `${named}:${generation ?? ''}`),
            name,
            graph: null,
            ...(code === undefined ? {} : { code, language: 'python' }),
          },
    execution,
    metrics: train === null ? null : { train, validation: null },
    level,
    champion: {
      updated: flat.champion_updated ?? false,
      because: 'Imported; the older format gives no reason.',
      previous: null,
    },
    feedback: flat.feedback_used ?? '',
    imported,
  }
  return { ok: true, draft }
}
