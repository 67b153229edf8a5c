import { resolve } from 'node:path'
import type { Command } from 'commander'
import { usageError } from '../../base/errors.js'
import { lineage } from '../../champion/lineage.js'
import type { IterationRecord } from '../../history/record.js'
import { hallOfHistory } from '../../loop/hall.js'
import { createReturnsCache, returnsFolder } from '../../loop/returns-cache.js'
import { championOf, openHistory, readRun } from '../../loop/stored-run.js'
import { checkOutputs } from '../check-outputs.js'
import type { CommandContext, Define } from '../main.js'
import { ablationText } from '../render/ablation.js'
import { codeOf, recordText } from '../render/record.js'
import { table } from '../render/table.js'
import { wrap } from '../render/wrap.js'
import { historyOf, runDirOf } from '../run-dir.js'
import { writeOutput } from '../write-file.js'

interface ChampionOptions {
  readonly runDir?: string
}

interface ExportOptions extends ChampionOptions {
  readonly format?: string
  readonly out?: string
}

export function championCommand(program: Command, define: Define): void {
  const champion = program
    .command('champion')
    .description("look at a run's champion")
    .addHelpText('after', '\nExample:\n  $ alphaloop champion show --run-dir runs/20260102-093000')
  define<ChampionOptions>(
    withRunDir(champion.command('show'))
      .description('code, metrics, what made it work and descent of the champion')
      .addHelpText('after', '\nExample:\n  $ alphaloop champion show --run-dir runs/20260102-093000'),
    show,
  )
  define<ChampionOptions>(
    withRunDir(champion.command('history'))
      .description('every champion of the run and why it took over, and its hall of fame')
      .addHelpText('after', '\nExample:\n  $ alphaloop champion history --run-dir runs/20260102-093000'),
    history,
  )
  define<ExportOptions>(
    withRunDir(champion.command('export'))
      .description('the champion as a strategy file')
      .option('--format <format>', 'ts or json', 'ts')
      .option('--out <file>', 'where to write it; default: standard output')
      .addHelpText('after', '\nExample:\n  $ alphaloop champion export --format ts --out champion.ts'),
    exportChampion,
  )
}

export const withRunDir = (command: Command): Command =>
  command.option('--run-dir <dir>', 'the run; default: the newest under runs/')

async function show({ io, out }: CommandContext, options: ChampionOptions): Promise<undefined> {
  const runDir = runDirOf(io, options.runDir)
  const state = await readRun(runDir, ({ message }) => out.warn(message))
  const record = championOf(state, runDir)
  const code = codeOf(record)
  const ancestors = await ancestorsOf(record, runDir)
  const { strategy, metrics, champion, iteration } = record
  out.result(
    {
      runDir,
      iteration,
      id: record.id,
      strategy,
      code,
      method: record.method,
      proposer: record.proposer,
      metrics,
      metricNotes: record.metricNotes ?? {},
      because: champion.because,
      reign: state.champion.current,
      ablation: state.championAblation,
      ancestors,
    },
    () => {
      const descent = ancestors
        .slice(1)
        .map(
          (one) =>
            `  ${'  '.repeat(one.generation - 1)}iteration ${one.iteration}: ${one.name} (${one.proposer})`,
        )
      const ablation = state.championAblation
      const parts =
        ablation === null || ablation.parts.length === 0 ? '' : `\n\n${ablationText(ablation, out)}`
      return `${recordText(record, out)}${parts}${descent.length > 0 ? `\n\nMade from:\n${descent.join('\n')}` : ''}`
    },
  )
  return undefined
}

/** Entries of a tier that a person is shown. */
const SHOWN = 10

async function history({ io, out }: CommandContext, options: ChampionOptions): Promise<undefined> {
  const runDir = runDirOf(io, options.runDir)
  const state = await readRun(runDir, ({ message }) => out.warn(message))
  const { reigns } = state.champion
  const hall = await readHall(runDir)
  const tiers = (['champions', 'contenders', 'archived'] as const).map((tier) => ({
    tier,
    entries: hall[tier].map(({ returns: _returns, ...entry }) => entry),
  }))
  out.result(
    {
      runDir,
      champions: reigns,
      hallOfFame: Object.fromEntries(tiers.map(({ tier, entries }) => [tier, entries])),
    },
    () => {
      const past = reigns.map(
        ({ iteration, name, from, to, because }) =>
          `${out.colors.bold(`${name}`)}  (iteration ${iteration}, champion from ${from} ${to === null ? 'on' : `to ${to}`})\n  ${wrap(because, out.columns - 2, '  ')}`,
      )
      const rows = tiers.flatMap(({ tier, entries }) =>
        entries
          .slice(0, SHOWN)
          .map(({ iteration, level, value, name }) => [
            tier,
            String(iteration),
            level,
            value.toFixed(3),
            name,
          ]),
      )
      const hallText =
        rows.length === 0
          ? []
          : [
              '',
              'Hall of fame, by the objective on validation, without near-duplicates:',
              table(['tier', '#', 'level', 'value', 'strategy'], rows, {
                colors: out.colors,
                right: [1, 3],
                width: out.columns,
              }),
            ]
      return [...(past.length === 0 ? [`No champion in ${state.next} iterations.`] : past), ...hallText].join(
        '\n',
      )
    },
  )
  return undefined
}

async function readHall(runDir: string) {
  const store = await openHistory(runDir, () => {})
  try {
    return await hallOfHistory(store.records(), (run) => createReturnsCache(returnsFolder(runDir, run)))
  } finally {
    await store.close()
  }
}

async function exportChampion({ io, out }: CommandContext, options: ExportOptions): Promise<undefined> {
  const format = options.format ?? 'ts'
  if (format !== 'ts' && format !== 'json')
    throw usageError('UNKNOWN_FORMAT', `--format is ${format}; it must be ts or json`, 'write ts or json')
  const runDir = runDirOf(io, options.runDir)
  checkOutputs(io.cwd, [{ name: '--out', path: options.out }], [historyOf(runDir)])
  const state = await readRun(runDir, ({ message }) => out.warn(message))
  const record = championOf(state, runDir)
  const { graph, hash, name } = record.strategy!
  const text = format === 'json' ? `${JSON.stringify(graph, null, 2)}\n` : codeOf(record)!
  const path = options.out === undefined ? undefined : resolve(io.cwd, options.out)
  if (path !== undefined) writeOutput(path, text)
  out.result(
    {
      runDir,
      iteration: record.iteration,
      strategy: { hash, name },
      format,
      ...(path ? { path } : { text }),
    },
    () => (path === undefined ? text : `Wrote ${options.out}: ${name}`),
  )
  return undefined
}

async function ancestorsOf(record: IterationRecord, runDir: string) {
  if (record.parents.length === 0)
    return [
      { generation: 0, iteration: record.iteration, name: record.strategy!.name, proposer: record.proposer },
    ]
  const store = await openHistory(runDir, () => {})
  try {
    const records = new Map<
      string,
      { id: string; parents: readonly string[]; iteration: number; name: string; proposer: string }
    >()
    for await (const one of store.records())
      if (one.kind === 'iteration')
        records.set(one.id, {
          id: one.id,
          parents: one.parents,
          iteration: one.iteration,
          name: one.strategy?.name ?? '–',
          proposer: one.proposer,
        })
    return lineage(record.id, records).ancestors.map(
      ({ generation, record: { iteration, name, proposer } }) => ({
        generation,
        iteration,
        name,
        proposer,
      }),
    )
  } finally {
    await store.close()
  }
}
