import { type AlphaloopError, type ErrorDetails, usageError } from '../base/errors.js'
import { placeOf } from '../feedback/execution-error.js'
import type { Strategy } from '../graph/strategy.js'
import type { ExecutionError } from '../history/record.js'
import { builderTable } from '../strategy/signatures.js'
import type { OutputForm } from './chain.js'
import { answerForm } from './json-form.js'

/** Codes of replies in which there is nothing to compile. */
type RefusedReply = 'REPLY_EMPTY' | 'REPLY_LANGUAGE' | 'REPLY_WITHOUT_CODE'

export const refusal = (
  code: RefusedReply,
  message: string,
  details?: ErrorDetails,
  form: OutputForm = 'code',
): AlphaloopError =>
  usageError(
    code,
    message,
    form === 'json'
      ? 'write the strategy as one JSON object that follows the schema of the task'
      : 'write the strategy in TypeScript against the API of the task, as one fenced block that begins with ```ts',
    details,
  )

export const cutOffNote = 'Your reply was cut off at its token limit; be shorter.'

/** What the model is told about code that does not compile: the place, the line itself, the remedy, the signature. */
export function repairMessage(error: AlphaloopError, form: OutputForm = 'code'): string {
  const { line, column, sourceLine } = placeOf(error)
  const signature = signatureFor(error)
  return [
    `That strategy was refused (${error.code}): ${error.message}`,
    ...(line === undefined ? [] : [`Place: line ${line}${column === undefined ? '' : `, column ${column}`}`]),
    ...(sourceLine === undefined ? [] : [pointer(sourceLine, column)]),
    ...(error.hint === undefined ? [] : [`Hint: ${error.hint}`]),
    ...(signature === undefined ? [] : [`Signature: ${signature}`]),
    '',
    answerForm(form, 'Answer with the whole corrected strategy'),
  ].join('\n')
}

/** What the model is told about a strategy that was evaluated before, or is being evaluated beside it. */
export const duplicateMessage = (
  strategy: Strategy,
  form: OutputForm = 'code',
  twin: 'before' | 'beside' = 'before',
): string =>
  [
    `That strategy compiles, but it equals one that ${
      twin === 'before' ? 'was evaluated before' : 'another iteration has proposed at the same time'
    } (${strategy.hash.slice(0, 8)}): names, the order of`,
    'commuted arguments and unused nodes make no difference.',
    '',
    answerForm(form, 'Answer with a different idea (another factor, filter or exit)'),
  ].join('\n')

/** What the model is told about a strategy that compiles and cannot be used, as trying it out on train has shown. */
export const objectionMessage = (
  { code, message, hint }: Pick<ExecutionError, 'code' | 'message' | 'hint'>,
  form: OutputForm = 'code',
): string =>
  [
    `That strategy compiles, but it is of no use (${code}): ${message}`,
    ...(hint === undefined ? [] : [`Hint: ${hint}`]),
    '',
    answerForm(form, 'Answer with the whole corrected strategy'),
  ].join('\n')

const LONGEST_LINE = 200

/** The line with a mark under the column; of a long line the part around it. */
function pointer(sourceLine: string, column: number | undefined): string {
  const at = Math.max(0, (column ?? 1) - 1)
  const start = Math.max(0, at - LONGEST_LINE / 2)
  const shown = sourceLine.slice(start, start + LONGEST_LINE).replaceAll('\t', ' ')
  return column === undefined ? `  ${shown}` : `  ${shown}\n  ${' '.repeat(at - start)}^`
}

/** The signature of the operator that the error is about, or of the one that was probably meant. */
export function signatureFor({ details, message, hint }: AlphaloopError): string | undefined {
  for (const name of [details.operator, details.nearest]) {
    if (typeof name !== 'string') continue
    const signature = builderTable().operators.find((one) => one.call === name || one.name === name)
    if (signature !== undefined && !message.includes(signature.text) && !hint?.includes(signature.text))
      return signature.text
  }
  return undefined
}
