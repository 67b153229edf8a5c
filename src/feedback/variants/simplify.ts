import type { PromptVariant } from './variant.js'

export const SIMPLIFY: PromptVariant = {
  name: 'simplify',
  version: 1,
  weight: 1,
  needs: { champion: true, championNodes: 10 },
  shows: ['ablation'],
  instruction: [
    'Make the champion simpler without losing what it earns: leave out the parts that it does as well without, join what',
    'says the same twice, and prefer round numbers. Fewer nodes, one idea.',
  ].join('\n'),
}
