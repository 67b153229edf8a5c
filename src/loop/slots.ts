import { createRng, type Rng } from '../base/rng.js'
import { chooseMethod } from '../search/choose.js'

/** What an iteration is going to do, fixed by seed, number and configuration alone. */
export interface Slot {
  readonly iteration: number
  /** The number of one of the user's own strategies, which come first. */
  readonly start: number | null
  /** A model is asked; where it fails, the Factor Graph steps in. */
  readonly asksModel: boolean
  /** Source of this iteration's chance. */
  readonly rng: Rng
}

export interface SlotRules {
  readonly seed: number
  readonly batchSize: number
  readonly innovationRate: number
  readonly modelAvailable: boolean
  /** How many strategies of the user's own are evaluated first. */
  readonly starts: number
}

/** First iteration of the batch that an iteration belongs to: batches never depend on where a run was cut. */
export const batchStartOf = (iteration: number, batchSize: number): number =>
  Math.floor(iteration / batchSize) * batchSize

/** The slots of the batch that begins at `first`, up to the run's total. */
export function slotsOfBatch(first: number, total: number, rules: SlotRules): Slot[] {
  const { seed, batchSize, innovationRate, modelAvailable, starts } = rules
  const last = Math.min(first + batchSize, total)
  return Array.from({ length: Math.max(0, last - first) }, (_, i) => {
    const iteration = first + i
    const rng = createRng(seed, 'iteration', iteration)
    const start = iteration < starts ? iteration : null
    const { used } = chooseMethod(rng.fork('method'), innovationRate, modelAvailable)
    return { iteration, start, asksModel: start === null && used === 'llm', rng: rng.fork('proposal') }
  })
}
