import { z } from 'zod'
import { isUuid } from '../base/ids.js'
import { LEVELS } from '../champion/levels.js'
import type { StrategyGraph } from '../graph/strategy-graph.js'

/** The schema number that this version writes. */
export const RECORD_SCHEMA = 1

/**
 * An object that keeps keys it does not know (a newer version may have written them), while its static type names
 * only the known ones, so that a misspelt key still fails to compile.
 */
const open = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.looseObject(shape) as unknown as z.ZodObject<Shape, z.core.$strip>

const count = z.int().nonnegative()
const id = z.string().refine(isUuid, 'is not a UUID in lower-case form')
const timestamp = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'is not an ISO 8601 time in UTC (…Z)')

export const METHODS = ['llm', 'factor_graph', 'manual'] as const

/** What a run was made of; two records are comparable only where config and data agree. */
export const runInfoSchema = open({
  /** Hash of the configuration, as far as it can change results. */
  config: z.string(),
  /** Hash of the market data: train and validation rows only. */
  data: z.string(),
  seed: z.union([z.number(), z.string()]),
  /** Version of the package that wrote the record. */
  version: z.string(),
})

/** A strategy as it was evaluated. */
export const recordedStrategySchema = open({
  hash: z.string().min(1),
  name: z.string(),
  /** The genome; null only for imported records, whose code is text and cannot be run. */
  graph: z.custom<StrategyGraph>((value) => typeof value === 'object' && !Array.isArray(value)).nullable(),
  /** The source, when a person or a model wrote it. */
  code: z.string().optional(),
  /** The language of `code` where it is not this package's own. */
  language: z.string().optional(),
})

export const executionErrorSchema = open({
  /** What kind of mistake it was (syntax, unknown field, duplicate, limit, …), for counting alike failures. */
  category: z.string(),
  /** Stable code of the error. */
  code: z.string(),
  message: z.string(),
  /** 1-based place in the strategy's code, where it has one. */
  line: count.optional(),
  column: count.optional(),
  /** What to do about it. */
  hint: z.string().optional(),
})

const durationMs = z.number().nonnegative()

/** How an evaluation ended. Every way of failing is a variant of its own. */
export const executionSchema = z.discriminatedUnion('status', [
  open({ status: z.literal('success'), durationMs }),
  open({ status: z.literal('ruined'), durationMs, error: executionErrorSchema.optional() }),
  open({ status: z.literal('rejected'), durationMs, error: executionErrorSchema }),
  open({ status: z.literal('error'), durationMs, error: executionErrorSchema }),
  open({ status: z.literal('timeout'), durationMs, error: executionErrorSchema }),
])

/** Metrics by name; null where a metric is undefined. Units as in the backtest's metrics. */
export const metricValuesSchema = z.record(z.string(), z.number().nullable())

export const metricsSchema = open({
  train: metricValuesSchema.nullable(),
  validation: metricValuesSchema.nullable(),
})

const reasons = z.record(z.string(), z.string())
export const metricNotesSchema = open({ train: reasons.optional(), validation: reasons.optional() })

/** An evaluated strategy that other records point at. */
export const strategyRefSchema = open({
  id,
  iteration: count,
  hash: z.string(),
  name: z.string().optional(),
})

/** What one gate of the champion rules saw. `value` and `limit` are null where infinite or undefined. */
export const gateSchema = open({
  gate: z.string(),
  verdict: z.enum(['passed', 'failed', 'notJudged', 'notReached']),
  value: z.number().nullable(),
  limit: z.number().nullable(),
})

/** The decision about the champion after this iteration. Folds read it; they never decide again. */
export const recordedDecisionSchema = open({
  updated: z.boolean(),
  /** Why, in a sentence with the numbers. */
  because: z.string(),
  /** Id of the record whose strategy was champion before; null where there was none. */
  previous: z.string().nullable(),
  /** The gate that refused; absent where updated. */
  gate: z.string().optional(),
  gates: z.array(gateSchema).optional(),
})

/** A champion without each of its parts, on train: what made it work. */
export const ablationSchema = open({
  /** The metric that was looked at, and its value for the whole strategy. */
  metric: z.string(),
  whole: z.number().nullable(),
  parts: z.array(
    open({
      /** The part that was left out, as code or in words. */
      without: z.string(),
      /** The metric without it; null where it has none. */
      value: z.number().nullable(),
      /** Why there is none. */
      because: z.string().optional(),
    }),
  ),
})

/** Which way of asking a model an iteration used. */
export const promptVariantSchema = open({ name: z.string(), version: count })

/** What a model wrote that did not compile. */
export const attemptSchema = open({ code: z.string(), language: z.string() })

/** What a model call cost. Null where the provider did not say, never 0 for unknown. */
export const usageSchema = open({
  provider: z.string(),
  model: z.string(),
  inputTokens: count.nullable(),
  outputTokens: count.nullable(),
  costUsd: z.number().nonnegative().nullable(),
  latencyMs: z.number().nonnegative(),
  attempts: count,
})

/** What one model was asked for in a round, its attempts together. Null where the provider did not say. */
export const modelCallSchema = open({
  /** Its name in the configuration. */
  model: z.string(),
  /** `replied`, or the kind of failure: timeout, rateLimit, auth, … */
  ended: z.string(),
  because: z.string().optional(),
  attempts: count,
  inputTokens: count.nullable(),
  outputTokens: count.nullable(),
  costUsd: z.number().nonnegative().nullable(),
  /** What the budget counts, the worst case where the provider did not say; `costUsd` is null without a price. */
  charged: open({ calls: count, tokens: count, costUsd: z.number().nonnegative().nullable() }),
  latencyMs: z.number().nonnegative().optional(),
  /** The reply ended because it reached its token limit. */
  cutOff: z.literal(true).optional(),
  /** Hashes in the text store: what was asked (llm/recordings.ts has its form), and the reply where one came. */
  request: z.string().optional(),
  reply: z.string().optional(),
})

/** What became of a round. */
export const roundOutcomeSchema = open({
  /**
   * `proposed`; sent back, or given up in the last round: `refused` (nothing that compiles), `duplicate`, `neverTrades`,
   * `failed` (it cannot be evaluated), `timeout`; `crashed` (the compiler did), or `noAnswer`.
   */
  became: z.string(),
  /** Hash of the strategy, where one compiled. */
  strategy: z.string().optional(),
  /** What the model was told, or would have been. */
  error: executionErrorSchema.optional(),
})

/** One question to a model and whoever stepped in for it. */
export const modelRoundSchema = open({
  asked: z.string(),
  /** Null where nobody answered. */
  answered: z.string().nullable(),
  calls: z.array(modelCallSchema),
  outcome: roundOutcomeSchema.optional(),
})

/** Where an imported record came from. */
export const importedSchema = open({
  format: z.enum(['record', 'flat']),
  /** The number that it had there. */
  iteration: z.number().optional(),
})

const common = {
  schema: z.int().min(1),
  id,
  timestamp,
  /** Null only for records imported from elsewhere. */
  run: runInfoSchema.nullable(),
}

/** One iteration of the loop, whatever became of it. */
export const iterationRecordSchema = open({
  ...common,
  kind: z.literal('iteration'),
  /** 0, 1, 2… without gaps; the store hands it out as it writes. */
  iteration: count,
  /** The method that made the proposal. */
  method: z.enum(METHODS),
  /** The part that made it: model, template, mutate, crossover, tune, random, start… */
  proposer: z.string(),
  /**
   * Evaluations that this record stands for: its own, a tuner's, those of a new champion without its parts, and those
   * of strategies that a model was asked to mend.
   */
  trials: count,
  /** The method first chosen, where a fallback changed it. */
  requested: z.enum(METHODS).optional(),
  fallbackReason: z.string().optional(),
  /** Ids of the records that it was made from. */
  parents: z.array(z.string()),
  /** Null when nothing compiled. */
  strategy: recordedStrategySchema.nullable(),
  /** Hashes of prompt and reply in the text store. */
  prompt: z.string().optional(),
  reply: z.string().optional(),
  /** The variant of the prompt, where one was sent. */
  promptVariant: promptVariantSchema.optional(),
  /** What the model's last reply held, where that did not compile. */
  attempt: attemptSchema.optional(),
  usage: usageSchema.optional(),
  /** Whom the iteration asked for a strategy and its repairs, and who answered. */
  rounds: z.array(modelRoundSchema).optional(),
  execution: executionSchema,
  /** Null when nothing was measured. */
  metrics: metricsSchema.nullable(),
  /** Why a metric is null. */
  metricNotes: metricNotesSchema.optional(),
  level: z.enum(LEVELS),
  champion: recordedDecisionSchema,
  /** What made it work, where it became champion. */
  ablation: ablationSchema.optional(),
  /** The feedback that was given to this proposal. */
  feedback: z.string(),
  imported: importedSchema.optional(),
})

/** A look at the sealed part of the data; counted per data set. */
export const lookRecordSchema = open({
  ...common,
  kind: z.literal('look'),
  strategy: open({ hash: z.string(), name: z.string() }),
  /** Hash of the sealed data that was looked at. */
  dataset: z.string(),
  metrics: metricValuesSchema.nullable(),
  /** What the look was for, or what it found. */
  because: z.string(),
})

/** First and last day, both included. */
const dateRange = open({ start: z.string(), end: z.string() })

/** What a run is made of, complete: a resume needs nothing but the history. */
export const runSettingsSchema = open({
  /** The configuration, as far as it can change results. */
  config: z.record(z.string(), z.unknown()),
  /** What was read, of train and validation only. */
  data: open({
    source: z.string(),
    /** Tables beside the prices. */
    with: open({
      join: z.array(z.string()).optional(),
      universe: z.array(z.string()).optional(),
      adjustments: z.string().optional(),
      renames: z.string().optional(),
    }).optional(),
    hash: z.string(),
    symbols: count,
    start: z.string(),
    end: z.string(),
  }),
  /** First and last day of each range, as ISO dates; the sealed test range is null where there is none. */
  split: open({ train: dateRange, validation: dateRange, test: dateRange.nullable() }),
})

/** The run was created, or the user went on although config or data had changed. */
export const changeRecordSchema = open({
  ...common,
  kind: z.literal('change'),
  what: z.enum(['created', 'config', 'data']),
  /** Of a created run whose first iterations, up to `until`, come from the recordings of another: its first record. */
  replay: open({ of: z.string(), until: count }).optional(),
  /** What holds from here on. */
  settings: runSettingsSchema.optional(),
  differences: z.array(open({ path: z.string(), before: z.unknown(), after: z.unknown() })),
  because: z.string(),
})

/** A stale champion that had to go, and who took over. */
export const demotionRecordSchema = open({
  ...common,
  kind: z.literal('demotion'),
  demoted: strategyRefSchema,
  successor: strategyRefSchema,
  /** Number of the last iteration before the demotion. */
  after: count,
  because: z.string(),
  /** What makes the successor work, where no record says so yet, and the evaluations that it took. */
  ablation: ablationSchema.optional(),
  trials: count.optional(),
})

/** Anything else worth keeping with a run. */
export const noteRecordSchema = open({ ...common, kind: z.literal('note'), text: z.string() })

export const recordSchema = z.discriminatedUnion('kind', [
  iterationRecordSchema,
  lookRecordSchema,
  changeRecordSchema,
  demotionRecordSchema,
  noteRecordSchema,
])

export type Method = (typeof METHODS)[number]
export type RunInfo = z.infer<typeof runInfoSchema>
export type ExecutionError = z.infer<typeof executionErrorSchema>
export type Execution = z.infer<typeof executionSchema>
export type MetricValues = z.infer<typeof metricValuesSchema>
export type RangeMetrics = z.infer<typeof metricsSchema>
export type MetricNotes = z.infer<typeof metricNotesSchema>
export type RecordedDecision = z.infer<typeof recordedDecisionSchema>
export type RecordedAblation = z.infer<typeof ablationSchema>
export type Usage = z.infer<typeof usageSchema>
export type ModelRound = z.infer<typeof modelRoundSchema>
export type ModelCall = z.infer<typeof modelCallSchema>
export type RoundOutcome = z.infer<typeof roundOutcomeSchema>
export type IterationRecord = z.infer<typeof iterationRecordSchema>
export type RunSettings = z.infer<typeof runSettingsSchema>
export type LookRecord = z.infer<typeof lookRecordSchema>
export type ChangeRecord = z.infer<typeof changeRecordSchema>
export type DemotionRecord = z.infer<typeof demotionRecordSchema>
export type NoteRecord = z.infer<typeof noteRecordSchema>
/** The records that this version writes. */
export type KnownRecord = z.infer<typeof recordSchema>

/**
 * A record of a newer schema that does not fit this version's types. The fields that are known and valid stand in
 * `known`, the whole of it in `raw`; `export` writes the line back untouched.
 */
export interface NewerRecord {
  readonly kind: 'newer'
  readonly schema: number
  /** Its own kind, as written. */
  readonly recordKind: string
  readonly id: string
  /** Its number, where it is an iteration. */
  readonly iteration?: number
  readonly timestamp?: string
  readonly known: Readonly<Partial<Omit<IterationRecord, 'kind'>>>
  readonly raw: Readonly<Record<string, unknown>>
}

/** What a reader may meet. */
export type HistoryRecord = KnownRecord | NewerRecord
export type RecordKind = KnownRecord['kind']

/**
 * A record before it is stored: the store gives the schema number, the number of an iteration, and an id and a
 * timestamp where none stand.
 */
export type DraftOf<R> = R extends KnownRecord
  ? Omit<R, 'schema' | 'id' | 'timestamp' | 'iteration'> & { id?: string; timestamp?: string }
  : never
export type RecordDraft = DraftOf<KnownRecord>
export type IterationDraft = DraftOf<IterationRecord>
/** The stored form of a draft. */
export type StoredAs<D> = D extends { kind: infer K extends RecordKind }
  ? Extract<KnownRecord, { kind: K }>
  : never

export type ParsedRecord =
  | { readonly ok: true; readonly record: HistoryRecord }
  | { readonly ok: false; readonly because: string }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The parts of an iteration that a newer record may still hold in the known form. */
function knownFields(raw: Record<string, unknown>): NewerRecord['known'] {
  const known: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(iterationRecordSchema.shape)) {
    if (key === 'kind' || !(key in raw)) continue
    const parsed = (schema as z.ZodType).safeParse(raw[key])
    if (parsed.success) known[key] = parsed.data
  }
  return known as NewerRecord['known']
}

/** The first few complaints of a schema, as `path: message`. */
export function complaints(error: z.ZodError): string {
  const lines = error.issues.map((issue) => {
    const path = issue.path.map(String).join('.')
    return path === '' ? issue.message : `${path}: ${issue.message}`
  })
  return lines.slice(0, 3).join('; ') + (lines.length > 3 ? `; and ${lines.length - 3} more` : '')
}

/** Reads one JSON value as a record. Never throws: what does not fit comes back with the reason. */
export function parseRecord(value: unknown): ParsedRecord {
  if (!isObject(value)) return { ok: false, because: 'is not a JSON object' }
  if (!Number.isInteger(value.schema) || typeof value.kind !== 'string') {
    return { ok: false, because: 'has no schema number and kind' }
  }
  const parsed = recordSchema.safeParse(value)
  if (parsed.success) return { ok: true, record: parsed.data }
  const { schema, kind, iteration } = value
  if ((schema as number) <= RECORD_SCHEMA || typeof value.id !== 'string') {
    return { ok: false, because: complaints(parsed.error) }
  }
  const record: NewerRecord = {
    kind: 'newer',
    schema: schema as number,
    recordKind: kind,
    id: value.id,
    ...(kind === 'iteration' && Number.isInteger(iteration) ? { iteration: iteration as number } : {}),
    ...(typeof value.timestamp === 'string' ? { timestamp: value.timestamp } : {}),
    known: knownFields(value),
    raw: value,
  }
  return { ok: true, record }
}
