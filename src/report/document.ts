/**
 * A report before it is HTML or Markdown: sections of blocks. Text is plain; each renderer escapes it. Pictures are
 * drawn already (draw.ts).
 */
export interface ReportDocument {
  readonly title: string
  /** One line under the title. */
  readonly subtitle: string
  /** The figures that matter most. */
  readonly tiles: readonly Tile[]
  readonly sections: readonly Section[]
  /** The numbers, for programs. */
  readonly data: unknown
}

export interface Tile {
  readonly label: string
  readonly value: string
  /** What to compare it with. */
  readonly note: string
}

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [label: string, value: string])[] }
  | { readonly kind: 'code'; readonly label: string; readonly language: string; readonly code: string }
  | ReportTable
  | PictureBlock
  /** Beside each other where there is room. */
  | { readonly kind: 'beside'; readonly blocks: readonly (ReportTable | PictureBlock)[] }

export interface PictureBlock {
  readonly kind: 'picture'
  readonly picture: Picture
}

export interface Picture {
  /** Unique in its report; the name of its file beside a report in Markdown. */
  readonly id: string
  readonly title: string
  /** What it shows, in words that can stand in its place. */
  readonly alt: string
  /** SVG for a screen or a page, and for a phone. */
  readonly wide: string
  readonly narrow: string
}

export interface ReportTable {
  readonly kind: 'table'
  readonly title: string
  readonly columns: readonly Column[]
  /** The first cell of each row is its header. */
  readonly rows: readonly (readonly TableCell[])[]
  /** What is to be known about it, below. */
  readonly note?: string
}

export interface Column {
  readonly title: string
  /** Text is aligned to the left, numbers to the right. */
  readonly numeric: boolean
}

export type TableCell =
  | string
  | {
      readonly text: string
      /** −1 … 1: a tint of loss or gain behind the text. */
      readonly tint: number
    }

export const textOf = (cell: TableCell): string => (typeof cell === 'string' ? cell : cell.text)
