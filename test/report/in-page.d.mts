/** Functions that run in a browser's page; the project's own types know no DOM. */
export function textsInPage(): { text: string; contrast: number; background: number[] }[]
export function picturesInPage(): {
  label: string
  left: number
  right: number
  /** Size of the letters on the screen, in CSS pixels. */
  smallest: number
  clashes: string[]
}[]
