import type { Command } from 'commander'
import { usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import { inCallOrder, isBounded } from '../../graph/check-node.js'
import type { OperatorDefinition } from '../../graph/operator.js'
import { REGISTRY } from '../../graph/registry.js'
import { FACTOR_FAMILIES, type NamedFactor, namedFactors } from '../../strategy/factors/catalog.js'
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
      .command('operators [name] [factor]')
      .description(
        'what strategies and factors are made of; with a name, one operator or named factor in full, or a family of factors',
      )
      .addHelpText(
        'after',
        '\nExamples:\n  $ alphaloop operators\n  $ alphaloop operators macd\n  $ alphaloop operators alpha101\n  $ alphaloop operators alpha101 12\n  $ alphaloop operators "alpha158(\'KMID\')"',
      ),
    operators,
  )
}

async function operators(
  { io, out }: CommandContext,
  _options: object,
  name?: string,
  which?: string,
): Promise<undefined> {
  const all = [...REGISTRY.values()]
  if (name !== undefined) {
    const operator =
      which === undefined ? all.find((one) => one.name === name || callOf(one) === name) : undefined
    if (operator !== undefined) {
      out.result(described(operator), () => inFull(operator, out.columns))
      return undefined
    }
    const family = FACTOR_FAMILIES.find((one) => one.family === name)
    if (family !== undefined && which === undefined) {
      const factors = namedFactors().filter((one) => one.family === name)
      out.result({ ...family, factors }, () => familyInFull(family, factors, out))
      return undefined
    }
    const factor = factorNamed(name, which)
    if (factor === undefined) throw unknown(name, which, all)
    out.result(factor, () => factorInFull(factor, out.columns))
    return undefined
  }
  out.result({ operators: all.map(described), namedFactors: namedFactors() }, () =>
    Object.entries(CATEGORIES)
      .map(([category, heading]) => {
        const rows = all.filter((one) => one.category === category).map((one) => [briefly(one), one.doc])
        return section(heading, rows, out, io.terminal)
      })
      .concat(
        section(
          'Named factors, made of the operators above',
          FACTOR_FAMILIES.map(({ call, doc }) => [call, doc]),
          out,
          io.terminal,
        ),
        `${out.command} operators NAME shows one in full; ${out.command} operators alpha101 (or alpha158) lists a family with its formulas.`,
      )
      .join('\n\n'),
  )
  return undefined
}

/** Cut to a person's screen; what another program reads is whole. */
const section = (
  heading: string,
  rows: string[][],
  { colors, columns }: CommandContext['out'],
  terminal: boolean,
): string =>
  `${colors.bold(heading)}\n${table(['', ''], rows, { colors, ...(terminal ? { width: columns } : {}) })}`

/** `alpha101(12)`, `alpha101 12`, `alpha158('KMID')`, `alpha158 KMID` and `KMID` name a factor. */
function factorNamed(name: string, which: string | undefined): NamedFactor | undefined {
  const [, family, inside] = /^(\w+)\(\s*['"]?(\w*)['"]?\s*\)$/.exec(name) ?? []
  const wanted = which ?? inside ?? name
  const within = which === undefined ? family : name
  return namedFactors().find(
    (one) =>
      one.name === wanted && (within === undefined ? one.family === 'alpha158' : one.family === within),
  )
}

function unknown(name: string, which: string | undefined, all: readonly OperatorDefinition[]) {
  const given = which === undefined ? name : `${name} ${which}`
  // What is spelled like a call is compared with calls.
  const spelled = which === undefined ? name : `${name}('${which}')`
  const meant = nearest(spelled, [
    ...all.map(callOf),
    ...FACTOR_FAMILIES.map(({ family }) => family),
    ...namedFactors().flatMap((one) => (one.family === 'alpha158' ? [one.name, one.call] : [])),
  ])
  const numbered = /^alpha101\b/.test(given)
  const nearestText = numbered ? '; its numbers are 1 … 101' : meant ? `; did you mean ${meant}?` : ''
  return usageError(
    'UNKNOWN_OPERATOR',
    `there is no operator or named factor ${JSON.stringify(given)}${nearestText}`,
    '`alphaloop operators` lists every operator, `alphaloop operators alpha101` and alpha158 the named factors',
    { operator: given, ...(meant && !numbered ? { nearest: meant } : {}) },
  )
}

const needsOf = ({ fields, groups }: NamedFactor): string =>
  `reads ${[...fields, ...groups.map((group) => `the group ${group}`)].join(', ')}`

function familyInFull(
  { title, call, doc, source }: (typeof FACTOR_FAMILIES)[number],
  factors: readonly NamedFactor[],
  { colors, columns, command }: CommandContext['out'],
): string {
  const longest = Math.max(...factors.map((one) => one.call.length))
  return [
    `${colors.bold(title)}: ${call}\n${wrap(doc, columns)}\n${wrap(`Source: ${source}`, columns)}`,
    // Not cut to the screen: half a formula is none.
    factors.map((one) => `${one.call.padEnd(longest)} = ${one.formula}`).join('\n'),
    `${command} operators "${factors[0]!.call}" shows one in full.`,
  ].join('\n\n')
}

function factorInFull(factor: NamedFactor, columns: number): string {
  const { source } = FACTOR_FAMILIES.find(({ family }) => family === factor.family)!
  return [
    factor.call,
    `= ${factor.formula}`,
    wrap(needsOf(factor), columns),
    ...(factor.note === undefined ? [] : [wrap(`Note: ${factor.note}`, columns)]),
    wrap(`Source: ${source}`, columns),
  ].join('\n')
}

const entryOf = ({ name }: OperatorDefinition) => builderTable().operators.find((one) => one.name === name)!
const callOf = (definition: OperatorDefinition): string => entryOf(definition).call
const signatureOf = (definition: OperatorDefinition): string => entryOf(definition).text

/** Name and arguments without their ranges: `macd(x, fast, slow, signal)`. */
const briefly = (definition: OperatorDefinition): string =>
  `${callOf(definition)}(${inCallOrder<{ name: string }>(definition, definition.inputs, definition.params)
    .map(({ name }) => name)
    .join(', ')})`

const described = (definition: OperatorDefinition) => {
  const { name, category, inputs, params, outputs, doc, example, source } = definition
  return {
    name,
    call: callOf(definition),
    category,
    signature: signatureOf(definition),
    inputs,
    params,
    outputs,
    doc,
    example,
    source,
  }
}

function inFull(definition: OperatorDefinition, columns: number): string {
  const { doc, source, outputs, params, example } = definition
  const ranges = params.map((param) => {
    if (param.kind === 'text') return `  ${param.name}: a text`
    if (param.kind === 'function')
      return `  ${param.name}: a function of one window per input, which returns a number`
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
    ...(example === undefined ? [] : [`  example: ${example}`]),
    ...(source === undefined ? [] : [wrap(`Source: ${source}`, columns)]),
  ].join('\n')
}
