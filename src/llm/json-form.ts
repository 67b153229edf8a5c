import { strategyJsonSchema } from '../graph/schema.js'
import type { OutputForm } from './chain.js'

/** The worked example of every prompt (feedback/prompt-example.ts) as its graph. A test compiles both and compares. */
export const EXAMPLE_GRAPH = {
  version: 1,
  name: 'Calm momentum',
  nodes: [
    { id: 'close', op: 'field', params: { name: 'close' } },
    { id: 'average', op: 'sma', inputs: ['close'], params: { n: 150 } },
    { id: 'above', op: 'gt', inputs: ['close', 'average'] },
    { id: 'earlier', op: 'lag', inputs: ['close'], params: { n: 21 } },
    { id: 'momentum', op: 'pctChange', inputs: ['earlier'], params: { n: 100 } },
    { id: 'daily', op: 'pctChange', inputs: ['close'], params: { n: 1 } },
    { id: 'jumpiness', op: 'std', inputs: ['daily'], params: { n: 20 } },
    { id: 'byMomentum', op: 'rank', inputs: ['momentum'], mask: 'above' },
    { id: 'byJumpiness', op: 'rank', inputs: ['jumpiness'], mask: 'above' },
    { id: 'half', op: 'constant', params: { value: 0.5 } },
    { id: 'penalty', op: 'mul', inputs: ['byJumpiness', 'half'] },
    { id: 'score', op: 'sub', inputs: ['byMomentum', 'penalty'] },
  ],
  universe: 'above',
  rule: { kind: 'score', score: 'score', select: { top: 10 } },
  portfolio: { weight: 'equal', rebalance: 'monthly', exits: { trailingStop: 0.2 } },
} as const

/** What the system text says beside the prompt to a model that answers with a graph. */
export const jsonForm = (): string =>
  `## Output format: JSON

What is said above about a fenced block of TypeScript does not hold for you: answer with one JSON object, the strategy's
graph, and nothing else. Operators are those of the API; each node names one, the ids of the nodes it reads (in the order
of its inputs) and its parameters by name. Nodes stand before those that read them. A number that an operator takes as an
input is a node of its own: {"op": "constant", "params": {"value": 0.5}}. The worked example as a graph:

${JSON.stringify(EXAMPLE_GRAPH)}

The schema: ${JSON.stringify(strategyJsonSchema())}`

/** How a model is asked to answer, at the end of each remark. */
export const answerForm = (form: OutputForm, what: string): string =>
  form === 'code'
    ? `${what} in one \`\`\`ts block, and nothing else.`
    : `${what} as one JSON object, and nothing else.`
