import { z } from 'zod'
import { failurePatterns } from '../../feedback/failure-patterns.js'
import { VARIANT_NAMES } from '../../feedback/variants/variant.js'
import { promptInput, staticInput, writePrompt } from '../../loop/model-prompt.js'
import { planPrompt } from '../../loop/prompt-plan.js'
import { feedbackFor } from '../../loop/propose.js'
import { proposalView } from '../../loop/state.js'
import type { Desk } from '../desk.js'
import { championShape, toldChampion } from '../told.js'
import { look, tool } from '../tool.js'

export const feedbackTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'get_feedback',
    title: 'What the next proposal should know',
    description:
      'What became of the latest iteration, the trend, the target that beats the champion, and what failed lately by category.',
    input: z.strictObject({}),
    output: z.object({
      iteration: z.number(),
      feedback: z.string(),
      champion: championShape.nullable(),
      failures: z.array(
        z.object({
          category: z.string(),
          count: z.number(),
          lastIteration: z.number(),
          examples: z.array(z.string()),
          advice: z.string(),
        }),
      ),
    }),
    effect: 'reads',
    async run() {
      const { state, hide } = await look(desk, cwd)
      const { config } = await desk.choice()
      const feedback = hide(feedbackFor(proposalView(state), config))
      return {
        data: {
          iteration: state.next,
          feedback,
          champion: toldChampion(state),
          failures: failurePatterns(state.recent).map(
            ({ category, count, lastIteration, examples, advice }) => ({
              category,
              count,
              lastIteration,
              examples: examples.map(({ message }) => hide(message)),
              advice: hide(advice),
            }),
          ),
        },
      }
    },
  })

export const promptTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'get_prompt',
    title: 'What a model would be told',
    description:
      'The whole prompt that a model would be sent now: task and target, champion with what made it work, feedback, failures, fields, API, within the budget of tokens. `variant` names a way of asking: explore, exploit, repair, crossover, simplify.',
    input: z.strictObject({
      variant: z.enum(VARIANT_NAMES).optional().describe('drawn as the loop draws it where it is left out'),
    }),
    output: z.object({
      iteration: z.number(),
      variant: z.object({ name: z.string(), version: z.number() }),
      system: z.string(),
      user: z.string(),
      tokens: z.number(),
      leftOut: z.array(z.string()),
    }),
    effect: 'reads',
    async run({ variant }) {
      const { bench } = await desk.opened()
      const { state, hide } = await look(desk, cwd)
      const view = proposalView(state)
      const iteration = state.next
      const plan = planPrompt(iteration, view, bench.config, variant)
      const feedback = hide(feedbackFor(view, bench.config))
      const prompt = writePrompt(promptInput({ iteration, feedback, view, plan }, staticInput(bench)), 'code')
      const { system, user, tokens, leftOut } = prompt
      const { name, version } = plan.variant
      return {
        data: { iteration, variant: { name, version }, system, user, tokens, leftOut: [...leftOut] },
        text: `${system}\n\n${user}`,
      }
    },
  })
