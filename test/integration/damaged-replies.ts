// biome-ignore-all lint/suspicious/noTemplateCurlyInString: programs as texts
import { createRng, type Rng } from '../../src/base/rng.js'
import { EXAMPLE_GRAPH } from '../../src/llm/json-form.js'

/** A reply that something went wrong with. */
export interface DamagedReply {
  readonly kind: string
  /** Made anew each time: some have ten megabytes. */
  text(): string
  /** How its iteration may end: STRATEGY where the damage is made good, else codes of the error. */
  readonly ends: readonly string[]
}

interface Kind {
  readonly name: string
  /** Share among all kinds: what takes its whole limit of time comes less often. */
  readonly weight: number
  readonly ends: readonly string[]
  make(rng: Rng, n: number): string
}

const IMPORT = "import { strategy, field, rank } from 'alphaloop'"
const STRATEGY = 'STRATEGY'
const SYNTAX = 'STRATEGY_SYNTAX'
const LIMITS = ['STRATEGY_TIMEOUT', 'STRATEGY_MEMORY', 'STRATEGY_STACK']

/** A program that is fine; another number is another strategy. */
const program = (n: number, score = 'rank(close.pctChange(__))', close = 'close') =>
  `${IMPORT}
const ${close} = field('close')
const trend = ${close}.gt(${close}.sma(${2 + (n % 200)}))
export default strategy({
  name: 'Model ${n}',
  universe: trend,
  score: ${score.replace('__', String(1 + (n % 250)))},
  select: { top: ${1 + (n % 4)} },
})`
const fenced = (code: string, tag = 'ts') => `Here it is.\n\n\`\`\`${tag}\n${code}\n\`\`\`\n\nGood luck.\n`
const scored = (n: number, score: string) => fenced(program(n, score))
const graphOf = (n: number) =>
  JSON.stringify({ ...EXAMPLE_GRAPH, name: `Graph ${n}` }, null, 1).replace(
    /"n": 20\b/,
    `"n": ${2 + (n % 900)}`,
  )
const repeated = (text: string, times: number) => text.repeat(times)

const PYTHON = `import pandas as pd

def strategy(data: pd.DataFrame) -> pd.Series:
    momentum = data['close'].pct_change(20)
    return momentum.rank(axis=1, pct=True)
`
const PROSE = [
  'Buy what rises and sell what falls; import no losses and export what is left.',
  "I'm sorry, but as a language model I cannot give financial advice.",
  'The strategy ranks stocks by momentum (close / close.lag(20) - 1) and holds the top { 5 }.',
  '# Idea\n\n1. rank by return\n2. hold the best\n\n> past returns are no promise',
]

/** Ways in which what models write is broken. */
const KINDS: readonly Kind[] = [
  {
    name: 'cut off',
    weight: 60,
    ends: [STRATEGY, SYNTAX, 'STRATEGY_EXPORT', 'STRATEGY_ERROR', 'REPLY_WITHOUT_CODE', 'REPLY_EMPTY'],
    make: (rng, n) => {
      const whole = fenced(program(n))
      return whole.slice(0, rng.int(0, whole.length))
    },
  },
  {
    name: 'the wrong fence',
    weight: 50,
    ends: [STRATEGY, 'REPLY_LANGUAGE', 'INVALID_STRATEGY', SYNTAX],
    make: (rng, n) =>
      fenced(program(n), rng.pick(['python', 'text', 'rust', 'json', 'TypeScript', 'js', 'tsx'])),
  },
  {
    name: 'three fences',
    weight: 50,
    ends: [STRATEGY],
    make: (rng, n) => {
      const good = fenced(program(n))
      const bad = [fenced(PYTHON, 'python'), fenced('momentum: 12 %', '')]
      bad.splice(rng.int(0, 2), 0, good)
      return bad.join('\n')
    },
  },
  {
    name: 'Python',
    weight: 50,
    ends: ['REPLY_LANGUAGE', 'REPLY_WITHOUT_CODE', SYNTAX],
    make: (rng, n) => rng.pick([fenced(`# ${n}\n${PYTHON}`, 'python'), fenced(PYTHON), `${PYTHON}# ${n}`]),
  },
  {
    name: 'prose',
    weight: 50,
    ends: ['REPLY_WITHOUT_CODE', SYNTAX],
    make: (rng) => rng.pick(PROSE),
  },
  {
    name: 'huge numbers',
    weight: 50,
    ends: ['INVALID_PARAMETER', 'WRONG_TYPE', 'WRONG_INPUTS', 'INVALID_SETTING', 'STRATEGY_ERROR', STRATEGY],
    make: (rng, n) =>
      rng.pick([
        scored(n, 'close.sma(1e12)'),
        scored(n, `close.mul(${repeated('9', 400)})`),
        scored(n, 'close.lag(-9007199254740993)'),
        scored(n, 'close.add(99999999999999999999n)'),
        scored(n, 'close.std(0.1 + 0.2)'),
        fenced(program(n).replace('top: ', 'top: 1e300 * ')),
      ]),
  },
  {
    name: 'zero bytes',
    weight: 40,
    ends: [
      STRATEGY,
      SYNTAX,
      'REPLY_WITHOUT_CODE',
      'REPLY_LANGUAGE',
      'STRATEGY_IMPORT',
      'STRATEGY_ERROR',
      'UNKNOWN_FIELD',
      'UNKNOWN_METHOD',
      'UNKNOWN_SETTING',
    ],
    make: (rng, n) => {
      const whole = fenced(program(n))
      const at = rng.int(0, whole.length)
      return `${whole.slice(0, at)}${repeated('\0', rng.int(1, 5))}${whole.slice(at)}`
    },
  },
  {
    name: 'a mark of byte order',
    weight: 40,
    ends: [STRATEGY],
    make: (rng, n) =>
      rng.pick([`\ufeff${fenced(program(n))}`, fenced(`\ufeff${program(n)}`), `\ufeff${program(n)}`]),
  },
  {
    name: 'line ends of Windows',
    weight: 40,
    ends: [STRATEGY],
    make: (_, n) => fenced(program(n)).replaceAll('\n', '\r\n'),
  },
  {
    name: 'emoji for names',
    weight: 40,
    ends: [SYNTAX],
    make: (rng, n) => fenced(program(n, 'rank(🚀.pctChange(__))', rng.pick(['🚀', '📈close', 'close💰']))),
  },
  {
    name: 'fences within fences',
    weight: 40,
    ends: [STRATEGY, SYNTAX],
    make: (rng, n) =>
      rng.pick([
        `\`\`\`\`markdown\n# Idea\n${fenced(program(n))}\`\`\`\``,
        fenced(`/*\n\`\`\`\n*/\n${program(n)}`),
        `> ${fenced(program(n)).replaceAll('\n', '\n> ')}`,
        `- so:\n  ${fenced(program(n)).replaceAll('\n', '\n  ')}`,
      ]),
  },
  {
    name: 'written for HTML',
    weight: 40,
    ends: [SYNTAX, 'STRATEGY_ERROR', 'REPLY_WITHOUT_CODE'],
    make: (rng, n) => {
      const escaped = program(n, 'rank(close.pctChange(__)).mul(close.gt(5) && 1)')
        .replaceAll('&', '&amp;')
        .replaceAll("'", '&#39;')
        .replaceAll('>', '&gt;')
      return rng.pick([fenced(escaped), `<pre><code>${escaped}</code></pre>`])
    },
  },
  {
    name: 'broken JSON',
    weight: 60,
    ends: [STRATEGY, SYNTAX, 'INVALID_STRATEGY', 'UNKNOWN_OPERATOR', 'UNKNOWN_NODE'],
    make: (rng, n) => {
      const json = graphOf(n)
      return fenced(
        rng.pick([
          json,
          json.replace(/\n\]/, ',\n]').replace(/\}$/, ',}'),
          json.replaceAll('"', "'"),
          `// a graph\n${json}`,
          json.slice(0, rng.int(1, json.length - 1)),
          json.replace('"sma"', '"smaa"').replace('"rank"', '"rnk"'),
          json.replace('"version": 1', '"version": 1e999'),
          JSON.stringify({ __proto__: null, ...EXAMPLE_GRAPH, rule: null }),
        ]),
        'json',
      )
    },
  },
  {
    name: 'deeply nested',
    weight: 40,
    ends: [SYNTAX, 'LIMIT_EXCEEDED', 'STRATEGY_TOO_LARGE'],
    make: (rng, n) =>
      rng.pick([
        scored(n, `${repeated('(', 5000)}close${repeated(')', 5000)}`),
        scored(n, `${repeated('close.add(', 60)}close${repeated(')', 60)}`),
        fenced(`const x = ${repeated('[', 20_000)}`),
        fenced(`const x = ${repeated('`${', 3000)}1${repeated('}`', 3000)}`, 'js'),
        fenced(repeated('{"a":', 30_000), 'json'),
      ]),
  },
  {
    name: 'takes its parser for ever',
    weight: 2,
    ends: ['STRATEGY_TIMEOUT'],
    make: (rng) =>
      fenced(
        rng.pick([
          `${repeated('(a=', 40)}1${repeated(')=>1', 40)}`,
          `const x = ${repeated('async(a=', 40)}1${repeated(')=>1', 40)}`,
        ]),
      ),
  },
  {
    name: 'ten megabytes of nothing',
    weight: 5,
    ends: [STRATEGY, 'STRATEGY_TOO_LARGE', 'REPLY_WITHOUT_CODE', 'REPLY_EMPTY'],
    make: (rng, n) => {
      const blank = repeated(rng.pick([' ', '\n', ' \n']), 10_000_000).slice(0, 10_000_000)
      return rng.pick([
        `${fenced(program(n))}${blank}`,
        `${blank}${fenced(program(n))}`,
        fenced(blank),
        blank,
      ])
    },
  },
  {
    name: 'never ends',
    weight: 8,
    ends: LIMITS,
    make: (rng) =>
      fenced(
        `${IMPORT}\n${rng.pick([
          '/^(a+)+$/.test("a".repeat(50) + "b")',
          '/(x+x+)+y/.test("x".repeat(60))',
          'for (;;) {}',
          'const f = () => f() + 1\nf()',
          'const x = []\nfor (;;) x.push(new Array(1000).fill(1))',
        ])}`,
      ),
  },
  {
    name: 'never ends, eight times over',
    weight: 1,
    ends: LIMITS,
    make: () => repeated(fenced(`${IMPORT}\nfor (;;) {}`), 8),
  },
  {
    name: 'exported twice, or not at all',
    weight: 40,
    ends: [SYNTAX, 'STRATEGY_EXPORT', 'STRATEGY_ERROR', STRATEGY],
    make: (rng, n) =>
      rng.pick([
        fenced(`${program(n)}\nexport default 1`),
        fenced(program(n).replace('export default ', '')),
        fenced(program(n).replace('export default ', 'const s = ')),
        fenced(program(n).replace('export default ', 'module.exports = ')),
      ]),
  },
  {
    name: 'a field that is not there',
    weight: 50,
    ends: ['UNKNOWN_FIELD', 'UNKNOWN_GROUP', 'STRATEGY_ERROR', 'INVALID_PARAMETER', 'WRONG_TYPE'],
    make: (rng, n) =>
      rng.pick([
        fenced(
          program(n).replace(
            "'close'",
            `'${rng.pick(['Close', 'earnings', 'pe_ratio', '', 'x'.repeat(150)])}'`,
          ),
        ),
        scored(n, "close.groupRank(group('sektor'))"),
        scored(n, 'rank(volume)'),
        scored(n, 'rank(benchmark("earnings"))').replace('rank }', 'rank, benchmark }'),
      ]),
  },
  {
    name: 'an operator that is not there',
    weight: 50,
    ends: ['UNKNOWN_METHOD', 'STRATEGY_ERROR', 'STRATEGY_IMPORT'],
    make: (rng, n) =>
      rng.pick([
        scored(n, 'close.rolling(20).mean()'),
        scored(n, 'close.pctChnge(__)'),
        scored(n, 'np.log(close)'),
        fenced(program(n).replace('rank }', 'rank, talib }')),
        fenced(program(n).replace("'alphaloop'", "'pandas'")),
        fenced(`const fs = require('fs')\n${program(n)}`),
      ]),
  },
  {
    name: 'too many or too few arguments',
    weight: 50,
    ends: ['WRONG_INPUTS', 'INVALID_PARAMETER', 'WRONG_TYPE'],
    make: (rng, n) =>
      rng.pick([
        scored(n, 'close.sma()'),
        scored(n, 'close.sma(20, 30, 40)'),
        scored(n, 'rank()'),
        scored(n, 'close.corr(20)'),
      ]),
  },
  {
    name: 'the wrong type',
    weight: 50,
    ends: ['WRONG_TYPE', 'WRONG_INPUTS', 'INVALID_PARAMETER', 'INVALID_SETTING', 'UNKNOWN_SETTING'],
    make: (rng, n) =>
      rng.pick([
        scored(n, 'close.gt(5)'),
        scored(n, "close.sma('20')"),
        scored(n, 'close > 5'),
        fenced(program(n).replace('universe: trend', 'universe: close')),
        fenced(program(n).replace(/top: \d/, "top: 'five'")),
        fenced(program(n).replace('select:', 'selekt:')),
      ]),
  },
  {
    name: 'over a limit',
    weight: 40,
    ends: ['LIMIT_EXCEEDED', 'STRATEGY_TOO_LARGE', 'INVALID_PARAMETER', 'UNKNOWN_OPERATOR'],
    make: (rng, n) =>
      rng.pick([
        fenced(`${program(n)}\n//${repeated('x', 300_000)}`),
        scored(
          n,
          `${Array.from({ length: 120 }, (_, i) => `close.sma(${i + 2})`).join('.add(')}${repeated(')', 119)}`,
        ),
        scored(n, 'close.sma(1001)'),
        fenced(
          JSON.stringify({
            ...EXAMPLE_GRAPH,
            nodes: Array.from({ length: 9000 }, (_, i) => ({ id: `n${i}`, op: 'x' })),
          }),
          'json',
        ),
      ]),
  },
  {
    name: 'quotes of a word processor',
    weight: 40,
    ends: [STRATEGY],
    make: (_, n) => fenced(program(n).replaceAll(/'([^']*)'/g, '\u2018$1\u2019')),
  },
]

/** The same replies for the same seed, in random order. */
export function damagedReplies(count: number, seed = 1): DamagedReply[] {
  const weights = KINDS.map(({ weight }) => weight)
  const rng = createRng('damaged replies', seed)
  return Array.from({ length: count }, (_, n) => {
    // Each kind once, then by weight.
    const { name, ends, make } = KINDS[n] ?? KINDS[rng.weighted(weights)]!
    return { kind: name, text: () => make(rng.fork(n), n), ends }
  })
}

export const KIND_NAMES: readonly string[] = KINDS.map(({ name }) => name)
