import { createRng, type Rng } from '../base/rng.js'
import type { IterationDraft, RecordDraft } from '../history/record.js'

const hex = (rng: Rng, digits: number) =>
  Array.from({ length: digits }, () => rng.int(0, 15).toString(16)).join('')

/**
 * A made-up iteration, as the loop would append it; the same seed gives the same draft. `size` pads its feedback
 * until its line has about so many bytes.
 */
export function makeIteration(seed: number | string, size = 0): IterationDraft {
  const rng = createRng('iteration record', seed)
  const failed = rng.next() < 0.3
  const sharpe = rng.normal()
  const metrics = {
    train: {
      sharpe,
      totalReturn: sharpe * 0.2,
      maxDrawdown: -rng.next() * 0.5,
      calmar: null,
      trades: rng.int(0, 500),
    },
    validation: {
      sharpe: sharpe - 0.3,
      totalReturn: sharpe * 0.1,
      maxDrawdown: -rng.next() * 0.5,
      calmar: 0.4,
    },
  }
  const draft: IterationDraft = {
    kind: 'iteration',
    run: { config: hex(rng, 32), data: hex(rng, 32), seed: 7, version: '0.1.0' },
    method: rng.next() < 0.2 ? 'llm' : 'factor_graph',
    proposer: rng.pick(['model', 'template', 'mutate', 'crossover', 'tune', 'random']),
    trials: 1,
    parents: [],
    strategy: failed
      ? null
      : {
          hash: hex(rng, 32),
          name: `Strategie „${seed}“ – 動量`,
          graph: {
            version: 1,
            name: 'made up',
            nodes: [],
            rule: { kind: 'weights', weights: 'n1' },
            portfolio: {
              side: 'long',
              weight: 'equal',
              rebalance: 'monthly',
              fill: 'nextOpen',
              exits: {},
              grossExposure: 1,
              borrowRate: 0,
              financingRate: 0.05,
              delistAfter: 20,
              delistHaircut: 0,
            },
          },
        },
    execution: failed
      ? {
          status: 'error',
          durationMs: 3,
          error: {
            category: 'field',
            code: 'UNKNOWN_FIELD',
            message: 'no field "clsoe"',
            line: 3,
            column: 14,
          },
        }
      : { status: 'success', durationMs: rng.int(1, 900) },
    metrics: failed ? null : metrics,
    level: failed ? 'LEVEL_0' : 'LEVEL_2',
    champion: { updated: false, because: 'Not a candidate: LEVEL_3 is needed.', previous: null },
    feedback: '',
  }
  const missing = size - JSON.stringify(draft).length - 100
  return missing > 0
    ? { ...draft, feedback: 'Turnover is high. '.repeat(missing / 18 + 1).slice(0, missing) }
    : draft
}

/** A record of a kind that carries no number. */
export const makeNote = (text: string): RecordDraft => ({ kind: 'note', run: null, text })
