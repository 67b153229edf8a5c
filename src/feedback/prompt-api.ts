import { FACTOR_FAMILIES } from '../strategy/factors/catalog.js'
import { SETTINGS, type SettingSpec } from '../strategy/settings.js'
import { builderTable, type Signature } from '../strategy/signatures.js'

const CATEGORIES = {
  source: 'sources',
  arithmetic: 'arithmetic',
  logic: 'conditions',
  timeSeries: 'over time, for each symbol (n in bars)',
  indicator: 'indicators, for each symbol',
  event: 'events',
  crossSection: 'across symbols, at each bar',
} as const satisfies Record<Signature['category'], string>

/** How much the API says of each operator. */
export type ApiDetail = 'described' | 'signatures' | 'names'

/**
 * The operators by category and the settings of `strategy({ … })`, straight from the builder's own tables.
 * @param allowed names of the operators that the constraints leave; all where absent
 */
export function describeApi(detail: ApiDetail, allowed?: readonly string[]): string {
  const operators = builderTable().operators.filter(
    ({ name, call }) => allowed === undefined || allowed.includes(name) || allowed.includes(call),
  )
  const groups = Object.entries(CATEGORIES).flatMap(([category, title]) => {
    const members = operators.filter((operator) => operator.category === category)
    if (members.length === 0) return []
    const lines =
      detail === 'names'
        ? [members.map(({ call }) => call).join(', ')]
        : members.map(({ text, doc }) => (detail === 'described' ? `${short(text)}: ${doc}` : short(text)))
    return [`# ${title}`, ...lines]
  })
  return [
    'Every operator is a function and a method of its first input: rank(x) is x.rank(), sma(x, 20) is x.sma(20). Inputs',
    'with a default (= close) may be left out: atr(14). Parameters go by place or by name: x.sma({ n: 20 }). Outputs after',
    'the arrow are properties: macd().signal. Plain numbers become constants. Operators across symbols take { mask } with',
    'a condition. JavaScript cannot calculate with expressions: write a.add(b) and a.gt(b), never a + b or a > b.',
    ...groups,
    // They are made of any operators: under constraints a model would have to know which.
    ...(allowed === undefined ? ['# named factors', ...FACTOR_FAMILIES.map(familyLine)] : []),
    ...(detail !== 'names' && operators.some(({ name }) => name === 'custom') ? CUSTOM : []),
    '# settings of strategy({ … })',
    'One of: score with select; signals; weights. All other settings may be left out.',
    ...Object.entries(SETTINGS).map(([name, spec]) => `${name}: ${describeSetting(spec)}`),
  ].join('\n')
}

/** An expression with functions of its own. A test compiles it. */
export const CUSTOM_EXAMPLE = [
  "field('close').custom('place in range', 20, (x) => (x[19] - Math.min(...x)) / (Math.max(...x) - Math.min(...x)))",
  "  .add(custom('volume on up days', 10, [field('close'), field('volume')], (close, volume) => {",
  '    let share = 0',
  '    for (let i = 1; i < 10; i++) if (close[i] > close[i - 1]) share += volume[i]',
  '    return share / volume.reduce((sum, v) => sum + v, 0)',
  '  }))',
].join('\n')

const CUSTOM = [
  '# custom, where no operator says it: plain JavaScript over the last n values, which keeps nothing between calls',
  CUSTOM_EXAMPLE,
]

const familyLine = ({ call, doc }: (typeof FACTOR_FAMILIES)[number]) => `${call}: ${doc}`

const ANY_NUMBER = `${-Number.MAX_VALUE}…${Number.MAX_VALUE}`

const short = (signature: string) => signature.replaceAll(ANY_NUMBER, 'number')

function describeSetting(spec: SettingSpec): string {
  switch (spec.kind) {
    case 'expression':
      return spec.type === 'boolean' ? 'a condition' : 'an expression'
    case 'text':
      return `text of at most ${spec.longest} characters`
    case 'integer':
    case 'number':
      return `${spec.kind === 'integer' ? 'whole number' : 'number'}${describeRange(spec)}`
    case 'choice':
      return [
        ...spec.choices.map((choice) => `'${choice}'`),
        ...Object.entries(spec.or ?? {}).map(([key, value]) => `{ ${key}: ${describeSetting(value)} }`),
      ].join(' | ')
    case 'object': {
      const entries = Object.entries(spec.keys).map(([key, value]) => `${key}: ${describeSetting(value)}`)
      if (spec.needs === 'one') return entries.map((entry) => `{ ${entry} }`).join(' | ')
      return `{ ${entries.join(', ')} }${spec.needs === 'some' ? ', any of them' : ''}`
    }
  }
}

function describeRange({ min, max, above, below }: Extract<SettingSpec, { kind: 'number' | 'integer' }>) {
  const low = above === undefined ? (min === undefined ? '' : ` from ${min}`) : ` above ${above}`
  const high = below === undefined ? (max === undefined ? '' : ` to ${max}`) : ` below ${below}`
  return `${low}${high}`
}
