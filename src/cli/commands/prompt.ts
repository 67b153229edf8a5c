import type { Command } from 'commander'
import { usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import { readPrompt } from '../../compose.js'
import { VARIANT_NAMES } from '../../feedback/variants/variant.js'
import type { OutputForm } from '../../llm/chain.js'
import { AGENT } from '../../loop/agent-proposal.js'
import type { PromptFate, StoredPrompt } from '../../loop/stored-prompt.js'
import type { CommandContext, Define } from '../main.js'
import { runDirOf } from '../run-dir.js'
import { withRunDir } from './champion.js'
import { wholeNumber } from './common.js'

interface PromptOptions {
  readonly runDir?: string
  readonly iteration?: number
  readonly variant?: string
  readonly form?: string
}

const FORMS: readonly OutputForm[] = ['code', 'json']

export function promptCommand(program: Command, define: Define): void {
  define<PromptOptions>(
    withRunDir(program.command('prompt'))
      .description('what a model was told at an iteration of a run, or would be told at the next one')
      .option('--iteration <n>', 'the iteration; default: the next one', wholeNumber)
      .option('--variant <name>', `${VARIANT_NAMES.join(', ')}; default: the one that was or will be drawn`)
      .option('--form <form>', 'code or json, as the model answers; default: as the model that is asked does')
      .addHelpText('after', '\nExample:\n  $ alphaloop prompt --run-dir runs/20260102-093000 --iteration 40'),
    prompt,
  )
}

async function prompt({ io, out }: CommandContext, options: PromptOptions): Promise<undefined> {
  const runDir = runDirOf(io, options.runDir)
  const { because, ...told } = await readPrompt({
    runDir,
    iteration: options.iteration,
    variant: oneOf('--variant', options.variant, VARIANT_NAMES),
    form: oneOf('--form', options.form, FORMS),
    env: io.env,
    warn: (message) => out.warn(message),
  })
  if (because !== undefined) out.warn(because)
  out.info(headline(told))
  const { leftOut } = told
  if (leftOut.length > 0) out.info(`Left out to save space: ${leftOut.join('; ')}.`)
  out.result(
    { runDir, ...told, ...(because === undefined ? {} : { because }) },
    () => `=== system ===\n${told.system}\n\n=== user ===\n${told.user}`,
  )
  return undefined
}

const FATES: Readonly<Record<PromptFate, string>> = {
  sent: 'was asked with this',
  next: 'comes next and will ask a model with this',
  never: 'asks no model; this is what one would have been told',
}

/** What became of the iteration. An agent is asked by nobody: it read what it wanted to, and wrote. */
function fateText({ fate, proposed }: StoredPrompt): string {
  if (fate !== 'never' || proposed === undefined) return FATES[fate]
  const { by, strategy } = proposed
  const what = strategy === null ? '' : ` ("${strategy}")`
  const who = by === AGENT ? `was proposed by an agent${what}` : `asked no model: ${by} proposed it${what}`
  return `${who}; this is what a model would have been told`
}

const headline = (prompt: StoredPrompt): string => {
  const { iteration, variant, form, tokens, budget } = prompt
  return `Iteration ${iteration} ${fateText(prompt)}: variant ${variant.name} (version ${variant.version}), answer as ${form}, about ${tokens} of ${budget} tokens.`
}

function oneOf<T extends string>(
  flag: string,
  given: string | undefined,
  known: readonly T[],
): T | undefined {
  if (given === undefined || known.includes(given as T)) return given as T | undefined
  const meant = nearest(given, known)
  throw usageError(
    'USAGE',
    `${flag} is ${given}; it must be ${known.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    `write ${flag} ${meant ?? known[0]}`,
    { given },
  )
}
