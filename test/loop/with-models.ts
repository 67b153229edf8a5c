import { join } from 'node:path'
import type { Config } from '../../src/config/schema.js'
import { checkSources } from '../../src/graph/evaluate/context.js'
import { createRedactor } from '../../src/history/redact.js'
import { TextStore } from '../../src/history/text-store.js'
import { systemSleep } from '../../src/llm/retry.js'
import { createLoopModel } from '../../src/loop/ask-model.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import type { Sandbox } from '../../src/sandbox/sandbox.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import { type LoopRun, PANEL, type Replaced, runInFolder, SETUP, SPACE } from './engine.js'

const inThisThread = createQuickJsSandbox()

export interface ModelRun extends LoopRun {
  /** Pauses between attempts, in ms; they are noted and not waited for. */
  readonly pauses: number[]
  readonly warnings: string[]
}

/** What a test may put in place of the parts behind the models. */
interface ModelParts {
  readonly sandbox?: Sandbox
  readonly archive?: Pick<TextStore, 'put' | 'keep'>
}

/** A run of the loop in this process with its real models, whose servers the test starts. */
export async function runWithModels(
  folder: string,
  config: Config,
  env: Record<string, string> = {},
  { sandbox = inThisThread, archive, ...replaced }: Replaced & ModelParts = {},
): Promise<ModelRun> {
  const pauses: number[] = []
  const warnings: string[] = []
  const redactor = createRedactor(Object.values(env))
  const texts = archive ?? new TextStore(join(folder, 'texts'), redactor)
  const runner = replaced.runner ?? createInlineRunner(SETUP, () => performance.now())
  const run = await runInFolder(folder, config, {
    texts,
    runner,
    ...replaced,
    model: (state) =>
      createLoopModel({
        config,
        panel: PANEL,
        space: SPACE,
        async compile(source, language) {
          const strategy = await compileStrategy(source, sandbox, { language, limits: config.limits })
          checkSources(strategy, PANEL, undefined)
          return strategy
        },
        redact: redactor.text,
        texts,
        runner,
        surroundings: {
          env,
          now: Date.now,
          sleep: async (ms, signal) => {
            pauses.push(ms)
            await systemSleep(0, signal)
          },
        },
        spent: state.spent,
        warn: (message) => warnings.push(message),
      }),
  })
  return { ...run, pauses, warnings }
}

/** A reply with a strategy; another number is another strategy. */
export const programReply = (n: number): string => `Here it is.

\`\`\`ts
import { strategy, field, rank } from 'alphaloop'
const close = field('close')
export default strategy({ name: 'Model ${n}', score: rank(close.pctChange(${n})), select: { top: 3 } })
\`\`\`
`
