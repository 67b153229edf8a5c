/** What to do about a failure, by its category; a record's own hint goes first. */
const BY_CATEGORY: Readonly<Record<string, string>> = {
  syntax: 'Return one code block that parses, and change only what the message names.',
  compile: 'Use only the operators and settings of the API, with the arguments that their signatures state.',
  type: 'Connect ports of one type: a panel where a panel is asked for, a boolean where a condition is.',
  field: 'Use only the fields that this panel has; they are listed with the API.',
  limit: 'Make the graph smaller: fewer nodes, less depth, fewer fields, shorter windows.',
  duplicate:
    'Propose something that was not evaluated before: another factor, filter or exit, not another name.',
  novelty: 'Propose a different idea: the returns are too close to those of an evaluated strategy.',
  constraint: 'Keep to the constraints of the task.',
  timeout: 'Use fewer or shorter rolling windows, and fewer nodes.',
  memory: 'Use fewer nodes, so that less has to be held at once.',
  model: 'Nothing about the strategy is at fault: propose again.',
  runtime: 'Change what the message names, and keep the rest.',
}

const SYNONYMS: readonly (readonly [pattern: RegExp, category: keyof typeof BY_CATEGORY])[] = [
  [/syntax|parse|extract|reply/i, 'syntax'],
  [/field/i, 'field'],
  [/type|port/i, 'type'],
  [/limit|size|too[ _-]?(large|deep|many)/i, 'limit'],
  [/duplicate/i, 'duplicate'],
  [/novel|similar|correlat/i, 'novelty'],
  [/constraint|turnover|universe/i, 'constraint'],
  [/time[ _-]?out|deadline/i, 'timeout'],
  [/memory|budget/i, 'memory'],
  [/model|llm|provider|network/i, 'model'],
  [/compil|operator|argument|param|setting|invalid|check/i, 'compile'],
]

/** One sentence of advice for an error's category (its code where the category says nothing). */
export function adviceFor(category: string, code: string | null | undefined): string {
  for (const text of [category, code ?? ''])
    for (const [pattern, known] of SYNONYMS) if (pattern.test(text)) return BY_CATEGORY[known]!
  return BY_CATEGORY.runtime!
}
