import type { PromptVariant } from './variant.js'

export const CROSSOVER: PromptVariant = {
  name: 'crossover',
  version: 1,
  weight: 2,
  needs: { parents: true },
  shows: ['parents'],
  instruction: [
    'Make one strategy of the two parents below: decide what each of them gets right (a factor, a filter, its exits, how it',
    'weights) and bring that together in one idea. It is to be no larger than both of them.',
  ].join('\n'),
}
