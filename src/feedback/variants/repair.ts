import type { PromptVariant } from './variant.js'

export const REPAIR: PromptVariant = {
  name: 'repair',
  version: 1,
  weight: 2,
  needs: { failure: true },
  shows: ['failure'],
  instruction: [
    'Mend the strategy below, which failed: keep its idea, change what its error is about, and look for the same mistake',
    'elsewhere in it.',
  ].join('\n'),
}
