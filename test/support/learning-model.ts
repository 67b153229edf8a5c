/**
 * A "model" that can be taught and remembers nothing: each reply follows from the text of its request alone. Left to
 * itself it writes the same bad strategy for ever: a price field and a method that do not exist, a universe that is
 * always empty, a score of the wrong sign that trades every day. Each of these it gives up only when the request's
 * feedback or failures say what is wrong with it, and it takes what stands there: the field's and the method's name.
 */
export function taughtReply(request: string): string {
  const feedback = sectionOf(request, FEEDBACK)
  const failures = sectionOf(request, FAILURES)
  const told = `${feedback}\n${failures}`
  const field = /has no field "price".*?it has (\w+)/s.exec(told)?.[1] ?? 'price'
  const method = /no method or output "momentum"; did you mean (\w+)\?/.exec(told)?.[1] ?? 'momentum'
  const isIdle = /never trades on train|made no trades/.test(told)
  const lost = /train Sharpe (?:is|was) [^.]*?-\d|(?:from|and|,) -\d/.test(feedback)
  const trades = /turnover a year is [\d.]+ on train/.test(feedback)
  return [
    'Here is what I would try.',
    '',
    '```ts',
    "import { strategy, field, rank } from 'alphaloop'",
    `const price = field('${field}')`,
    'export default strategy({',
    "  name: 'What I was told',",
    ...(isIdle ? [] : ['  universe: price.gt(price.sma(50).mul(100)),']),
    `  score: rank(price.${method}(60))${lost ? '' : '.neg()'},`,
    '  select: { top: 5 },',
    "  side: 'longShort',",
    `  rebalance: '${trades ? 'monthly' : 'daily'}',`,
    '})',
    '```',
  ].join('\n')
}

export const FEEDBACK = 'Feedback'
export const FAILURES = 'What failed lately and must not be repeated'
const MEND = 'The strategy to mend'

/** The request without what it says of the past: the same headings, nothing beneath them. */
export const withoutLessons = (request: string, sections: readonly string[] = [FEEDBACK, FAILURES, MEND]) =>
  sections.reduce((text, title) => text.replace(pattern(title), `$1(nothing)\n\n`), request)

const sectionOf = (request: string, title: string): string => pattern(title).exec(request)?.[2] ?? ''

const pattern = (title: string): RegExp =>
  new RegExp(`(^## ${title}\\n)([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm')
