import { createRng } from '../base/rng.js'
import { type Config, modelName } from '../config/schema.js'
import { chooseByEarnings, chooseByWeight } from '../llm/select.js'
import type { ProposalView } from './state.js'

/**
 * Place in `llm.models` of the model that an iteration asks first: fixed by seed, number and the state before the
 * batch.
 */
export function chooseModel(
  { seed, llm }: Pick<Config, 'seed' | 'llm'>,
  iteration: number,
  { models }: Pick<ProposalView, 'models'>,
): number {
  const arms = llm.models.map((settings) => ({ name: modelName(settings), weight: settings.weight ?? 1 }))
  const rng = createRng(seed, 'iteration', iteration).fork('model')
  return llm.selection === 'bandit' ? chooseByEarnings(arms, models, rng) : chooseByWeight(arms, rng)
}
