import type { RecordedAblation } from '../../history/record.js'
import type { Output } from '../output.js'
import { table } from './table.js'

/** What made a champion work: its metric on train without each part, the part that matters most first. */
export function ablationText(
  { metric, whole, parts }: RecordedAblation,
  { colors, columns }: Output,
): string {
  const value = (number: number | null) => (number === null ? '–' : number.toFixed(3))
  const rows = [...parts]
    .sort((a, b) => (a.value ?? Number.NEGATIVE_INFINITY) - (b.value ?? Number.NEGATIVE_INFINITY))
    .map(({ without, value: left, because }) => [
      value(left),
      because === undefined ? without : `${without}: ${because}`,
    ])
  return table([metric, 'on train without'], [[value(whole), '(the whole strategy)'], ...rows], {
    colors,
    right: [0],
    width: columns,
  })
}
