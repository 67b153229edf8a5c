import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { AlphaloopError, messageOf } from '../../base/errors.js'
import { compileStrategyCode, dataOptions, VERSION } from '../../compose.js'
import { openDataset } from '../../data/sources/open-dataset.js'
import { HISTORY_FILE, JournalStore } from '../../history/journal-store.js'
import { checkModels, type ModelCheck } from '../../llm/check-models.js'
import { systemSleep } from '../../llm/retry.js'
import type { CommandContext, Define } from '../main.js'
import { type DataFlags, flagValues, type LoadedConfig, loadConfig, withDataOptions } from './common.js'
import { STRATEGY_TEMPLATE } from './init-templates.js'

interface Finding {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'error'
  readonly message: string
  readonly hint?: string
}

export function doctorCommand(program: Command, define: Define): void {
  define<DataFlags>(
    withDataOptions(program.command('doctor [config]'))
      .description('check that everything a run needs works here')
      .addHelpText('after', '\nExample:\n  $ alphaloop doctor alphaloop.yaml'),
    doctor,
  )
}

async function doctor(context: CommandContext, options: DataFlags, path?: string): Promise<number> {
  const { io, out } = context
  const findings: Finding[] = []
  const examine = async (name: string, work: () => Promise<string | Finding> | string | Finding) => {
    try {
      const found = await work()
      findings.push(typeof found === 'string' ? { name, state: 'ok', message: found } : found)
    } catch (error) {
      const hint = error instanceof AlphaloopError ? error.hint : undefined
      findings.push({
        name,
        state: 'error',
        message: messageOf(error),
        ...(hint === undefined ? {} : { hint }),
      })
    }
  }

  await examine('surroundings', () => {
    const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
    return `alphaloop ${VERSION}, Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} threads, ${memory}`
  })
  let loaded: LoadedConfig | undefined
  await examine('configuration', () => {
    loaded = loadConfig(context, path, flagValues(options, io.cwd))
    return loaded.file === undefined
      ? 'no file; every setting has its default'
      : `${loaded.file.name} is valid`
  })
  await examine('sandbox', async () => {
    const { hash } = await compileStrategyCode(STRATEGY_TEMPLATE, { fileName: 'example.ts' })
    return `runs strategy code (the example is ${hash.slice(0, 8)})`
  })
  await examine('history', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alphaloop-doctor-'))
    try {
      const store = await JournalStore.open(join(folder, HISTORY_FILE))
      await store.append({ kind: 'note', run: null, text: 'doctor' })
      await store.close()
      return 'appends are durable here'
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
  await examine('working folder', () => {
    const runs = join(io.cwd, 'runs')
    try {
      accessSync(existsSync(runs) ? runs : io.cwd, constants.W_OK)
    } catch (error) {
      return {
        name: 'working folder',
        state: 'error',
        message: `nothing can be written to ${runs}: ${(error as NodeJS.ErrnoException).code}`,
        hint: 'start alphaloop elsewhere, or name a folder with --run-dir',
      }
    }
    return `runs go to ${runs}`
  })
  if (loaded !== undefined) {
    const { config, base } = loaded
    await examine('data', async () => {
      const { source, dates, symbols, issues } = await openDataset(dataOptions(config, base, io.env))
      return `${source}: ${symbols.length} symbols, ${dates.length} bars, ${issues.length === 0 ? 'no issues' : `${issues.length} kinds of issues (see data check)`}`
    })
    if (config.llm.models.length === 0)
      await examine('models', () => 'none is configured: every strategy comes from the Factor Graph')
    const checks = await checkModels(config, { env: io.env, now: Date.now, sleep: systemSleep })
    for (const check of checks) findings.push(modelFinding(check))
  }
  const errors = findings.filter(({ state }) => state === 'error').length
  out.result({ ok: errors === 0, findings }, () =>
    findings
      .map(({ name, state, message, hint }) => {
        const mark = state === 'ok' ? out.colors.green('✓') : out.colors.red('✗')
        return `${mark} ${name}: ${message}${hint === undefined ? '' : `\n    ${hint}`}`
      })
      .join('\n'),
  )
  return errors === 0 ? 0 : 1
}

function modelFinding({ name, ok, message, hint }: ModelCheck): Finding {
  return {
    name: 'models',
    state: ok ? 'ok' : 'error',
    message: `${name} ${message}`,
    ...(hint === undefined ? {} : { hint }),
  }
}
