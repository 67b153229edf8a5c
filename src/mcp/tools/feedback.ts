import { z } from 'zod'
import { failurePatterns } from '../../feedback/failure-patterns.js'
import { promptInput, staticInput, writePrompt } from '../../loop/model-prompt.js'
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
    input: z.object({}),
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
      'The whole prompt that the loop would send to a model for the next iteration: API, fields, champion, feedback, failures, within the budget of tokens.',
    input: z.object({}),
    output: z.object({ iteration: z.number(), system: z.string(), user: z.string() }),
    effect: 'reads',
    async run() {
      const { bench } = await desk.opened()
      const { state } = await look(desk, cwd)
      const view = proposalView(state)
      const request = {
        iteration: state.next,
        feedback: feedbackFor(view, bench.config),
        view,
        isKnown: view.wasEvaluated,
        signal: desk.closing,
      }
      const { system, user } = writePrompt(promptInput(request, staticInput(bench)), 'code')
      return { data: { iteration: state.next, system, user }, text: `${system}\n\n${user}` }
    },
  })
