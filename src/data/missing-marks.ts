/** How other programs write that there is no number. `NaN` is not among them: it reads as missing, like an empty cell. */
const MARK = /^(?:#?n\/?a!?|<na>|null|#null!|none|nil|missing|undefined|-{1,3}|[.?*–—])$/i

/** Whether a text stands for a missing number in tables of pandas, R, SQL, spreadsheets and data vendors. */
export const isMissingMark = (text: string): boolean => MARK.test(text)

/** How the cells of a column read: as numbers, as signs of a missing number, or as any other text. */
export interface CellCounts {
  numbers: number
  marks: number
  texts: number
}

/**
 * Whether a column that may be either is one of texts (a sector, say). Signs of a missing number count for neither,
 * so that a number that is mostly missing stays one; a column of nothing else is a text.
 */
export const isTextColumn = ({ numbers, marks, texts }: CellCounts): boolean =>
  texts > numbers || (texts + numbers === 0 && marks > 0)
