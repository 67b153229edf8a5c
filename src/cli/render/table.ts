import Table from 'cli-table3'
import type pc from 'picocolors'

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/**
 * Columns of text under headings, without lines; columns named in `right` are aligned to the right. With `width`, the
 * last column is cut so that the lines fit. Empty headings stand for none.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: {
    readonly colors: ReturnType<typeof pc.createColors>
    readonly right?: readonly number[]
    readonly width?: number
  },
): string {
  const { colors, right = [], width } = options
  const last = head.length - 1
  const others = head
    .slice(0, last)
    .reduce((sum, text, i) => sum + Math.max(text.length, ...rows.map((row) => row[i]!.length)) + 2, 0)
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(8, width - others)
  const made = new Table({
    // Without any heading there is no line for them.
    head: head.every((text) => text === '') ? [] : head.map((text) => colors.dim(text)),
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, i) => (right.includes(i) ? 'right' : 'left')),
  })
  made.push(...rows.map((row) => row.map((text, i) => (i === last ? clip(text, room) : text))))
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const clip = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, room - 1)}…`
