/** The worked example of every prompt: it reads closing prices only, so it runs on any panel. A test compiles it. */
export const EXAMPLE_STRATEGY = `import { strategy, field, rank } from 'alphaloop'

const close = field('close')

// Steady risers above their long average: momentum without its last month, less what is jumpy.
const momentum = close.lag(21).pctChange(100)
const jumpiness = close.pctChange(1).std(20)

export default strategy({
  name: 'Calm momentum',
  universe: close.gt(close.sma(150)),
  score: rank(momentum).sub(rank(jumpiness).mul(0.5)),
  select: { top: 10 },
  weight: 'equal',
  rebalance: 'monthly',
  exits: { trailingStop: 0.2 },
})
`
