import type { PromptVariant } from './variant.js'

export const EXPLORE: PromptVariant = {
  name: 'explore',
  version: 1,
  weight: 3,
  needs: {},
  shows: ['ablation', 'alternatives'],
  instruction: [
    'Try a new idea: a reason why prices should move that neither the champion nor the other strategies shown here build',
    'on, and the factor that measures it. Another window or another exit of an idea that is known here is not new.',
  ].join('\n'),
}
