/**
 * Where pictures are drawn: Observable Plot on a document of its own. Both libraries are loaded when the first picture
 * is asked for, so that commands without one start no slower.
 *
 * Colours are CSS variables with a value for where there is no style sheet; text and axes are the current colour. So
 * one picture is right on light and dark pages, and printed.
 */
import type { PlotOptions } from '@observablehq/plot'
import type { Picture } from './document.js'
import { escapeHtml } from './text.js'

export type PlotLibrary = typeof import('@observablehq/plot')

/** The roles of colours; told apart without them too, by place, dash or label. */
export const INK = {
  own: 'var(--own, #0b5cad)',
  other: 'var(--other, #5f6875)',
  gain: 'var(--gain, #0b5cad)',
  loss: 'var(--loss, #c2570c)',
  grid: 'var(--grid, #d5dae1)',
  /** Fifths, lowest first. */
  fifths: [
    'var(--fifth1, #c2570c)',
    'var(--fifth2, #d98b4f)',
    'var(--fifth3, #7d8694)',
    'var(--fifth4, #5b93cf)',
    'var(--fifth5, #0b5cad)',
  ],
} as const

export interface LegendEntry {
  readonly name: string
  readonly stroke: string
  readonly strokeWidth: number
}

/** What a picture is drawn into, in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
  readonly narrow: boolean
}

export interface PictureSpec {
  readonly id: string
  readonly title: string
  readonly alt: string
  /** Beside another one, where there is room. */
  readonly half?: boolean
  readonly height?: number
  readonly legend?: readonly LegendEntry[]
  /** What the vertical axis measures, with its unit. */
  readonly yLabel?: string
  readonly plot: (size: Size) => PlotOptions
}

export interface Canvas {
  readonly library: PlotLibrary
  draw(spec: PictureSpec): Picture
}

const WIDE = 1000
const HALF = 488
const NARROW = 360
const LEGEND_HEIGHT = 22
const FONT_SIZE = 12

export async function createCanvas(): Promise<Canvas> {
  const [library, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')

  const svg = (spec: PictureSpec, width: number, narrow: boolean): string => {
    const height = Math.min(spec.height ?? 280, narrow ? 240 : 1000)
    const legend = spec.legend ?? []
    const rows = legendRows(legend, width)
    const given = spec.plot({ width, height, narrow })
    const top = (given.marginTop ?? 26) + rows.length * LEGEND_HEIGHT
    const figure = library.plot({
      marginLeft: 52,
      marginRight: 14,
      marginBottom: 30,
      color: { type: 'identity' },
      ...given,
      width,
      height: (given.height ?? height) + rows.length * LEGEND_HEIGHT,
      marginTop: top,
      // The library wants a browser's document; it uses what this one has.
      document: document as unknown as never,
    }) as unknown as SvgElement
    return tidied(figure, spec, legendSvg(rows) + labelSvg(spec.yLabel, rows.length))
  }
  return {
    library,
    draw: (spec) => ({
      id: spec.id,
      title: spec.title,
      alt: spec.alt,
      wide: svg(spec, spec.half ? HALF : WIDE, false),
      narrow: svg(spec, NARROW, true),
    }),
  }
}

/** What is used of an element of the drawing's document. */
interface SvgElement {
  readonly tagName: string
  readonly children: Iterable<SvgElement>
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>
  readonly innerHTML: string
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  remove(): void
}

/** Coordinates to a tenth of a pixel; what is inside a picture is not told one by one; no style of the library's. */
function tidied(root: SvgElement, { alt }: PictureSpec, legend: string): string {
  const walk = (element: SvgElement): void => {
    for (const { name, value } of [...element.attributes]) {
      if (name.startsWith('aria-') || name === 'class') element.removeAttribute(name)
      else if (/^(d|x[12]?|y[12]?|cx|cy|width|height|transform|points)$/.test(name))
        element.setAttribute(name, rounded(value))
    }
    for (const child of [...element.children])
      if (child.tagName.toLowerCase() === 'style') child.remove()
      else walk(child)
  }
  const [width, height] = [root.getAttribute('width')!, root.getAttribute('height')!]
  walk(root)
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(alt)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" fill="currentColor" font-family="system-ui, sans-serif" font-size="${FONT_SIZE}" text-anchor="middle">${legend}${root.innerHTML}</svg>`
}

const rounded = (text: string) =>
  text.replace(/-?\d+\.\d+(e-\d+)?/g, (number) => String(+(+number).toFixed(1)))

/** About the width of a letter, in parts of the font's size. */
const LETTER = 0.56
const SWATCH = 22
const GAP = 18

interface PlacedEntry extends LegendEntry {
  readonly x: number
  readonly text: string
}

function legendRows(entries: readonly LegendEntry[], width: number): PlacedEntry[][] {
  const rows: PlacedEntry[][] = []
  let x = 0
  for (const entry of entries) {
    const room = Math.floor((width - SWATCH - 10) / (LETTER * FONT_SIZE))
    const text = entry.name.length > room ? `${entry.name.slice(0, room - 1)}…` : entry.name
    const length = SWATCH + 6 + text.length * LETTER * FONT_SIZE
    if (rows.length === 0 || x + length > width) {
      rows.push([])
      x = 0
    }
    rows.at(-1)!.push({ ...entry, text, x: Math.round(x) })
    x += length + GAP
  }
  return rows
}

const legendSvg = (rows: readonly PlacedEntry[][]): string =>
  rows
    .flatMap((row, i) =>
      row.map(({ x, text, stroke, strokeWidth }) => {
        const y = i * LEGEND_HEIGHT + 10
        return `<line x1="${x}" x2="${x + SWATCH}" y1="${y}" y2="${y}" stroke="${stroke}" stroke-width="${strokeWidth}"/><text x="${x + SWATCH + 6}" y="${y + 4}" text-anchor="start">${escapeHtml(text)}</text>`
      }),
    )
    .join('')

const labelSvg = (label: string | undefined, rows: number): string =>
  label === undefined
    ? ''
    : `<text x="0" y="${rows * LEGEND_HEIGHT + 12}" text-anchor="start" fill="var(--muted, #555d69)">${escapeHtml(label)}</text>`
