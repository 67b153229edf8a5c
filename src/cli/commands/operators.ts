import type { Command } from 'commander'
import { usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import { isBounded } from '../../graph/check-node.js'
import type { OperatorDefinition } from '../../graph/operator.js'
import { REGISTRY } from '../../graph/registry.js'
import { builderTable } from '../../strategy/signatures.js'
import type { CommandContext, Define } from '../main.js'
import { table } from '../render/table.js'
import { wrap } from '../render/wrap.js'

/** Categories in the order in which they are listed, in words. */
const CATEGORIES: Readonly<Record<OperatorDefinition['category'], string>> = {
  source: 'Sources',
  arithmetic: 'Arithmetic',
  logic: 'Logic',
  timeSeries: 'Time series, over the last n bars of each symbol',
  indicator: 'Indicators',
  event: 'Events',
  crossSection: 'Cross-section, over the symbols of each bar',
}

export function operatorsCommand(program: Command, define: Define): void {
  define<object>(
    program
      .command('operators [name]')
      .description('what strategies and factors are made of; with a name, one operator in full')
      .addHelpText('after', '\nExamples:\n  $ alphaloop operators\n  $ alphaloop operators macd'),
    operators,
  )
}

async function operators({ out }: CommandContext, _options: object, name?: string): Promise<undefined> {
  const all = [...REGISTRY.values()]
  if (name !== undefined) {
    const found = all.find((one) => one.name === name || callOf(one) === name)
    if (found === undefined) {
      const meant = nearest(name, all.map(callOf))
      throw usageError(
        'UNKNOWN_OPERATOR',
        `there is no operator ${JSON.stringify(name)}${meant ? `; did you mean ${meant}?` : ''}`,
        '`alphaloop operators` lists every operator',
        { operator: name, ...(meant ? { nearest: meant } : {}) },
      )
    }
    out.result(described(found), () => inFull(found, out.columns))
    return undefined
  }
  out.result({ operators: all.map(described) }, () =>
    Object.entries(CATEGORIES)
      .map(([category, heading]) => {
        const rows = all.filter((one) => one.category === category).map((one) => [briefly(one), one.doc])
        return `${out.colors.bold(heading)}\n${table(['', ''], rows, { colors: out.colors, width: out.columns })}`
      })
      .concat(`${out.command} operators NAME shows one in full.`)
      .join('\n\n'),
  )
  return undefined
}

const entryOf = ({ name }: OperatorDefinition) => builderTable().operators.find((one) => one.name === name)!
const callOf = (definition: OperatorDefinition): string => entryOf(definition).call
const signatureOf = (definition: OperatorDefinition): string => entryOf(definition).text

/** Name and arguments without their ranges: `macd(x, fast, slow, signal)`. */
const briefly = (definition: OperatorDefinition): string =>
  `${callOf(definition)}(${[...definition.inputs, ...definition.params].map(({ name }) => name).join(', ')})`

const described = (definition: OperatorDefinition) => {
  const { name, category, inputs, params, outputs, doc, source } = definition
  return {
    name,
    call: callOf(definition),
    category,
    signature: signatureOf(definition),
    inputs,
    params,
    outputs,
    doc,
    source,
  }
}

function inFull(definition: OperatorDefinition, columns: number): string {
  const { doc, source, outputs, params } = definition
  const ranges = params.map((param) => {
    if (param.kind === 'text') return `  ${param.name}: a text`
    if (param.kind === 'choice') return `  ${param.name}: ${param.choices.join(', ')}`
    const bounded = isBounded(param)
    const kind = param.kind === 'integer' ? 'a whole number' : 'a number'
    const fallback = param.default === undefined ? '' : `, ${param.default} where it is left out`
    return `  ${param.name}: ${kind}${bounded ? ` from ${param.min} to ${param.max}` : ''}${fallback}`
  })
  return [
    signatureOf(definition),
    wrap(doc, columns),
    ...(ranges.length > 0 ? [ranges.join('\n')] : []),
    ...(outputs === undefined ? [] : [`  outputs: .${outputs.join(' .')}`]),
    ...(source === undefined ? [] : [wrap(`Source: ${source}`, columns)]),
  ].join('\n')
}
