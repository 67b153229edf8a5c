import { AlphaloopError, messageOf, usageError } from '../base/errors.js'
import type { Strategy } from '../graph/strategy.js'
import type { ExecutionError } from '../history/record.js'
import type { StrategyLanguage } from '../strategy/compile.js'
import type { OutputForm } from './chain.js'
import { type Candidate, extractCandidates, LONGEST_REPLY } from './extract-code.js'
import { refusal } from './repair.js'

/** Throws AlphaloopError for what the author of the code can mend. */
export type Compile = (source: string, language: StrategyLanguage) => Promise<Strategy>

/** A program that did not compile, as it stood in the reply. */
export interface Attempt {
  readonly code: string
  readonly language: string
}

/** What became of one reply. */
export type Reading =
  | { readonly state: 'compiled'; readonly strategy: Strategy; readonly code: string }
  /** `attempt` is what the error is about; absent where the reply holds no program. */
  | { readonly state: 'refused'; readonly error: AlphaloopError; readonly attempt?: Attempt }
  | { readonly state: 'crashed'; readonly error: ExecutionError }

interface Refused {
  readonly candidate: Candidate
  readonly error: AlphaloopError
}

/** Pieces of one reply that may run out of time; the rest is not compiled then. */
const MOST_LATE = 2

/** Compiles the pieces of a reply in order; what refused the most telling one where none compiles. */
export async function readReply(reply: string, compile: Compile, form: OutputForm): Promise<Reading> {
  const candidates = extractCandidates(reply)
  const refused: Refused[] = []
  for (const candidate of candidates) {
    if (candidate.language === 'other') continue
    try {
      const strategy = await compile(candidate.text, candidate.language)
      return { state: 'compiled', strategy, code: candidate.text }
    } catch (error) {
      // A sandbox that does not work says nothing about the piece.
      if (!(error instanceof AlphaloopError) || error.kind === 'environment')
        return {
          state: 'crashed',
          error: { category: 'crash', code: 'COMPILER_CRASHED', message: messageOf(error) },
        }
      refused.push({ candidate, error: reply.length > LONGEST_REPLY ? ofUnknownLength(error) : error })
      // Each may take the whole of its limit: what else the reply holds is not worth the sum.
      if (refused.filter(({ error: { code } }) => code === 'STRATEGY_TIMEOUT').length === MOST_LATE) break
    }
  }
  return mostTelling(refused, candidates[0], form)
}

/** Of several refusals the first that got past the parser: a listing beside the code does not. */
function mostTelling(
  refused: readonly Refused[],
  first: Candidate | undefined,
  form: OutputForm,
): Extract<Reading, { state: 'refused' }> {
  const told = refused.find(({ error }) => error.code !== 'STRATEGY_SYNTAX') ?? refused[0]
  const without = (code: 'REPLY_LANGUAGE' | 'REPLY_WITHOUT_CODE', message: string) =>
    ({ state: 'refused', error: refusal(code, message, told?.error.details, form) }) as const
  if (told === undefined)
    return first?.language === 'other'
      ? without('REPLY_LANGUAGE', `the code is ${first.tag}, which is not run here`)
      : without('REPLY_WITHOUT_CODE', 'the reply holds no code')
  const { candidate, error } = told
  if (first?.from === 'wholeReply' && first.language !== 'json' && error.code === 'STRATEGY_SYNTAX') {
    // The syntax of prose is nobody's mistake; only in what calls the builder is its place worth telling.
    if (!/\bstrategy\s*\(/.test(first.text))
      return {
        state: 'refused',
        error: refusal(
          'REPLY_WITHOUT_CODE',
          `the reply has no code: it begins with "${firstWords(first.text)}"`,
          undefined,
          form,
        ),
      }
    return without(
      'REPLY_WITHOUT_CODE',
      `the reply has no fenced code block, and its text as a whole is no strategy: ${error.message}`,
    )
  }
  return { state: 'refused', error, attempt: { code: candidate.text, language: candidate.language } }
}

const FIRST_WORDS = 12
const LONGEST_WORDS = 120

/** How a text begins, on one line. */
function firstWords(text: string): string {
  const words = text
    .slice(0, 4 * LONGEST_WORDS)
    .trim()
    .split(/\s+/)
  const begun = words.slice(0, FIRST_WORDS).join(' ')
  if (begun.length > LONGEST_WORDS) return `${begun.slice(0, LONGEST_WORDS)}…`
  return words.length > FIRST_WORDS ? `${begun} …` : begun
}

/** What is too long in a reply that was not read to its end is longer than was counted. */
function ofUnknownLength(error: AlphaloopError): AlphaloopError {
  const { code, hint = '', details } = error
  if (code !== 'STRATEGY_TOO_LARGE') return error
  return usageError(
    code,
    `the reply has more than ${LONGEST_REPLY} characters, and the limit of a strategy is ${details.limit}`,
    hint,
    details,
  )
}
