import { counted as countedPlainly } from '../base/counted.js'
import { AlphaloopError } from '../base/errors.js'
import { printable, singleLine } from '../base/printable.js'
import type { BadRows, DataIssue, IssueCode, IssuePlace } from './dataset.js'
import { INTRADAY, MENDING } from './mending.js'
import { isMissingMark } from './missing-marks.js'

const EXAMPLES = 3

/** Collects the places of one kind of issue; all are counted, the first few are kept. */
export class IssueList {
  count = 0
  readonly places: IssuePlace[] = []

  readonly code: IssueCode
  private readonly keep: number

  constructor(code: IssueCode, keep = EXAMPLES) {
    this.code = code
    this.keep = keep
  }

  /** `place` is only made where it is kept: most issues are counted by the thousand. */
  add(place: () => IssuePlace): void {
    if (this.count++ < this.keep) this.places.push(place())
  }

  /**
   * The issue, or nothing where there is none. `what` says it in words, after the count; `remark` stands behind the
   * places in the message.
   */
  issue(
    severity: DataIssue['severity'],
    what: (count: number) => string,
    remark?: string,
    hint = MENDING[this.code],
  ): DataIssue[] {
    const first = this.places[0]
    if (!first) return []
    const places = this.places.map(describePlace).join('; ')
    const message = printable(
      `${what(this.count)}: ${places}${this.count > this.places.length ? '; …' : ''}${remark ? ` (${remark})` : ''}`,
    )
    return [
      {
        severity,
        code: this.code,
        symbol: first.symbol,
        date: first.date,
        line: first.line,
        ...(first.file === undefined ? {} : { file: first.file }),
        count: this.count,
        message,
        hint,
        examples: this.places.slice(0, EXAMPLES),
      },
    ]
  }
}

/** The first few of some names. */
export const firstOf = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`

/** A text of the data for a message: on one line, and not longer than it takes to know it. */
export const shownText = (text: string): string => {
  const line = singleLine(text)
  return line.length > 60 ? `${line.slice(0, 57)}…` : line
}

/** `line 17: AAPL 2013-02-08`, without what was seen there. */
export function describePlace({ symbol, date, line, file }: IssuePlace): string {
  const where = [symbol, date].filter((part) => part !== null).join(' ')
  const at = line === null ? (file ?? '') : `${file === undefined ? '' : `${file} `}line ${line}`
  return [at, where].filter((part) => part !== '').join(': ')
}

/** `1 row`, `3 rows`, `12 000 rows`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  countedPlainly(count, one, many, (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ' '))

/**
 * The error of a table with rows that cannot be used: the first lines of each kind, with what stands there, and how
 * to go on. `details.issues` has them all for programs. `isRuined`: too little would be left without these rows, so
 * that leaving them out is no advice. `usedUp`: of this many rows none was left, whatever the policy.
 */
export function badRowsError(
  file: string,
  issues: readonly DataIssue[],
  lists: readonly IssueList[],
  { isRuined, usedUp }: { readonly isRuined: boolean; readonly usedUp?: number },
): AlphaloopError {
  const errors = issues.filter(({ severity }) => severity === 'error')
  const parts = errors.map((issue) => {
    const list = lists.find(({ code }) => code === issue.code)!
    const lines = list.places.map(
      (place) => `  ${describePlace(place)}${place.detail === undefined ? '' : ` – ${place.detail}`}`,
    )
    const more = issue.count - lines.length
    const what = issue.message.slice(0, issue.message.indexOf(': '))
    return [what, ...lines, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n')
  })
  // Only errors bring us here.
  const first = errors[0]!
  const mending = [
    ...new Set(errors.filter(({ code, hint }) => hint !== MENDING[code]).map(({ hint }) => hint)),
  ]
  return new AlphaloopError(
    'data',
    usedUp === undefined ? first.code : 'DATA_NO_ROWS',
    printable(
      `${file} has ${usedUp === undefined ? 'rows that cannot be used' : `${counted(usedUp, 'row')} and none that can be used`}:\n${parts.join('\n')}`,
    ),
    {
      hint: errors.some(({ hint }) => hint === INTRADAY)
        ? INTRADAY
        : isRuined
          ? `mend the file: ${(mending.length > 0 ? mending : errors.map(({ hint }) => hint)).join('; ')}`
          : [
              ...mending,
              'mend the file, or go on without them: --on-bad-rows drop leaves the rows out, missing leaves only the cells out',
            ].join('; '),
      details: { file, line: first.line, issues },
    },
  )
}

/** What is said of numbers that cannot be read; `texts` are those that stand in their cells. */
export function badNumbersText(texts: readonly string[], policy: BadRows): string {
  const what = counted(texts.length, 'number cannot be read', 'numbers cannot be read')
  const marks = texts.filter(isMissingMark)
  if (marks.length === 0 || policy === 'missing') return what
  const shown = [...new Set(marks)].slice(0, EXAMPLES).map((mark) => `'${mark}'`)
  const where = marks.length === texts.length ? '' : ` in ${counted(marks.length, 'cell')}`
  return `${what}; where a value is missing (${shown.join(', ')}${where}) leave the cell empty, or use --on-bad-rows missing, which reads such cells as missing`
}

/** What became of the rows of an error that did not stop the reading. */
export const AFTERWARDS: Readonly<Record<BadRows, string | undefined>> = {
  stop: undefined,
  drop: 'these rows were left out',
  missing: 'these cells are missing',
}
