import { type Block, type Picture, type ReportDocument, type ReportTable, textOf } from './document.js'
import { PICTURE_STYLE } from './style.js'
import { escapeMarkdown } from './text.js'

export interface MarkdownReport {
  readonly text: string
  /** SVG files by name, which the text refers to in `folder`. */
  readonly pictures: readonly { readonly name: string; readonly svg: string }[]
}

/**
 * A report as Markdown in GitHub's flavour, its pictures as files beside it.
 * @param folder where the text finds the pictures, seen from its own place
 */
export function toMarkdown(document: ReportDocument, folder: string): MarkdownReport {
  const { title, subtitle, tiles, sections } = document
  const pictures: { name: string; svg: string }[] = []
  const image = (picture: Picture): string => {
    const name = `${picture.id}.svg`
    pictures.push({ name, svg: standalone(picture) })
    return `![${escapeMarkdown(picture.alt)}](${encodeURI(folder).replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))}/${name})`
  }
  const block = (one: Block): string => {
    switch (one.kind) {
      case 'text':
        return escapeMarkdown(one.text)
      case 'list':
        return one.items.map((item) => `- ${escapeMarkdown(item)}`).join('\n')
      case 'facts':
        return one.facts
          .map(([label, value]) => `- **${escapeMarkdown(label)}:** ${escapeMarkdown(value)}`)
          .join('\n')
      case 'code':
        return `### ${escapeMarkdown(one.label)}\n\n${fenced(one.code, one.language)}`
      case 'table':
        return tableMarkdown(one)
      case 'picture':
        return `### ${escapeMarkdown(one.picture.title)}\n\n${image(one.picture)}`
      case 'beside':
        return one.blocks.map(block).join('\n\n')
    }
  }
  const headline: ReportTable = {
    kind: 'table',
    title: '',
    columns: [
      { title: 'Figure', numeric: false },
      { title: 'Value', numeric: true },
      { title: 'Compare', numeric: false },
    ],
    rows: tiles.map(({ label, value, note }) => [label, value, note]),
  }
  const text = [
    `# ${escapeMarkdown(title)}`,
    escapeMarkdown(subtitle),
    tableMarkdown(headline),
    ...sections.flatMap((section) => [`## ${escapeMarkdown(section.title)}`, ...section.blocks.map(block)]),
  ].join('\n\n')
  return { text: `${text}\n`, pictures }
}

function tableMarkdown({ title, columns, rows, note }: ReportTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    ...(title === '' ? [] : [`### ${escapeMarkdown(title)}`, '']),
    line(columns.map((column) => escapeMarkdown(column.title))),
    line(columns.map(({ numeric }) => (numeric ? '---:' : '---'))),
    ...rows.map((row) => line(row.map((cell) => escapeMarkdown(textOf(cell))))),
    ...(note === undefined ? [] : ['', escapeMarkdown(note)]),
  ].join('\n')
}

/** The fence is longer than any run of backticks inside. */
function fenced(code: string, language: string): string {
  const longest = (code.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2)
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${code.trimEnd()}\n${fence}`
}

/** Pixels around a picture that is a file of its own: its ground may differ from the page's. */
const MARGIN = 12

const standalone = ({ wide }: Picture): string =>
  `${wide.replace(
    /viewBox="0 0 (\d+) (\d+)" width="\d+" height="\d+"([^>]*>)/,
    (_, width: string, height: string, rest: string) => {
      const [w, h] = [Number(width) + 2 * MARGIN, Number(height) + 2 * MARGIN]
      return `viewBox="${-MARGIN} ${-MARGIN} ${w} ${h}" width="${w}" height="${h}"${rest}<style>${PICTURE_STYLE}</style>`
    },
  )}\n`
