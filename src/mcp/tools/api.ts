import { z } from 'zod'
import { usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import { describeApi } from '../../feedback/prompt-api.js'
import { EXAMPLE_STRATEGY } from '../../feedback/prompt-example.js'
import { REGISTRY } from '../../graph/registry.js'
import { type NamedFactor, namedFactors } from '../../strategy/factors/catalog.js'
import { builderTable, type Signature } from '../../strategy/signatures.js'
import type { Desk } from '../desk.js'
import { tool } from '../tool.js'

export const describeApiTool = (desk: Desk) =>
  tool({
    name: 'describe_api',
    title: 'What strategies are made of',
    description:
      'The operators with their signatures, the settings of strategy({ … }) and a worked example. With `name`: one operator (sma, rank, macd …) or named factor (alpha101(12), KMID …) in full.',
    input: z.strictObject({
      name: z.string().max(100).optional().describe('an operator or a named factor'),
      detail: z
        .enum(['names', 'signatures', 'described'])
        .default('described')
        .describe('how much is said of each operator; `names` is the shortest'),
    }),
    output: z.object({ text: z.string() }),
    effect: 'reads',
    async run({ name, detail }) {
      if (name !== undefined) {
        const text = described(name)
        return { data: { text }, text }
      }
      const { config } = await desk.choice()
      const text = [
        describeApi(detail, config.constraints.operators),
        '# a worked example (TypeScript)',
        EXAMPLE_STRATEGY.trimEnd(),
      ].join('\n\n')
      return { data: { text }, text }
    },
  })

/** @throws AlphaloopError (usage) UNKNOWN_OPERATOR */
function described(name: string): string {
  const { operators } = builderTable()
  const operator = operators.find((one) => one.name === name || one.call === name)
  if (operator !== undefined) return operatorText(operator)
  const factor = namedFactors().find(
    (one) => one.call === name || (one.family === 'alpha158' && one.name === name),
  )
  if (factor !== undefined) return factorText(factor)
  const meant = nearest(name, [
    ...operators.map(({ call }) => call),
    ...namedFactors().flatMap((one) => (one.family === 'alpha158' ? [one.name, one.call] : [one.call])),
  ])
  throw usageError(
    'UNKNOWN_OPERATOR',
    `there is no operator or named factor ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    'describe_api without a name lists them all',
    { operator: name, ...(meant === undefined ? {} : { nearest: meant }) },
  )
}

function operatorText({ name, text, doc, params, outputs }: Signature): string {
  const source = REGISTRY.get(name)?.source
  return [
    text,
    doc,
    ...params.map((param) => {
      const bounds = param.min === undefined ? '' : ` from ${param.min} to ${param.max}`
      const choices = param.choices === undefined ? '' : `: ${param.choices.join(', ')}`
      const fallback = param.default === undefined ? '' : `, ${param.default} where it is left out`
      return `  ${param.name}: ${param.kind}${bounds}${choices}${fallback}`
    }),
    ...(outputs === undefined ? [] : [`  outputs: .${outputs.join(' .')}`]),
    ...(source === undefined ? [] : [`Source: ${source}`]),
  ].join('\n')
}

const factorText = ({ call, formula, fields, groups, note }: NamedFactor): string =>
  [
    call,
    `= ${formula}`,
    `reads ${[...fields, ...groups.map((group) => `the group ${group}`)].join(', ')}`,
    ...(note === undefined ? [] : [`Note: ${note}`]),
  ].join('\n')
