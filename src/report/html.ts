import type { Block, Column, Picture, ReportDocument, ReportTable, TableCell } from './document.js'
import { textOf } from './document.js'
import { STYLE } from './style.js'
import { escapeHtml, scriptJson } from './text.js'

/**
 * One HTML file that needs nothing else: no script that runs, no font, picture or style sheet from elsewhere, which its
 * policy forbids besides. The numbers stand in the element `#data` as JSON.
 */
export function toHtml({ title, subtitle, tiles, sections, data }: ReportDocument): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="alphaloop">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)} · alphaloop</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="subtitle">${escapeHtml(subtitle)}</p>
<dl class="tiles">${tiles
    .map(
      ({ label, value, note }) =>
        `<div><dt>${escapeHtml(label)}</dt><dd><b>${escapeHtml(value)}</b><span>${escapeHtml(note)}</span></dd></div>`,
    )
    .join('')}</dl>
</header>
<main>
${sections
  .map(
    (section, i) =>
      `<section aria-labelledby="s${i + 1}"><h2 id="s${i + 1}">${escapeHtml(section.title)}</h2>\n${section.blocks.map(blockHtml).join('\n')}</section>`,
  )
  .join('\n')}
</main>
<script type="application/json" id="data">${scriptJson(data)}</script>
</body>
</html>
`
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escapeHtml(block.text)}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`
    case 'facts':
      return `<dl class="facts">${block.facts
        .map(([label, value]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`)
        .join('')}</dl>`
    case 'code':
      return `<h3>${escapeHtml(block.label)}</h3><pre tabindex="0" aria-label="${escapeHtml(block.label)}"><code>${escapeHtml(block.code)}</code></pre>`
    case 'table':
      return tableHtml(block)
    case 'picture':
      return pictureHtml(block.picture)
    case 'beside':
      return `<div class="beside">${block.blocks.map(blockHtml).join('')}</div>`
  }
}

function pictureHtml({ id, title, alt, wide, narrow }: Picture): string {
  // One of the two is displayed, and only that one is in the accessibility tree. Its text alternative is the caption.
  return `<figure id="${escapeHtml(id)}"><h3>${escapeHtml(title)}</h3>${withClass(wide, 'wide')}${withClass(narrow, 'narrow')}<figcaption aria-hidden="true">${escapeHtml(alt)}</figcaption></figure>`
}

const withClass = (svg: string, name: string) => svg.replace('<svg ', `<svg class="${name}" `)

function tableHtml({ title, columns, rows, note }: ReportTable): string {
  const head = columns
    .map(
      ({ title: heading, numeric }) =>
        `<th scope="col"${numeric ? ' class="n"' : ''}>${escapeHtml(heading)}</th>`,
    )
    .join('')
  // A table wider than the screen scrolls by itself, with the keyboard too.
  return `<div class="table"><h3>${escapeHtml(title)}</h3><div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(title)}"><table><thead><tr>${head}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell, i) => cellHtml(cell, columns[i]!, i === 0)).join('')}</tr>`)
    .join(
      '',
    )}</tbody></table></div>${note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>`}</div>`
}

function cellHtml(cell: TableCell, { numeric }: Column, isHeader: boolean): string {
  const classes = [...(numeric ? ['n'] : []), ...(typeof cell === 'string' ? [] : tintClass(cell.tint))]
  const attribute = classes.length > 0 ? ` class="${classes.join(' ')}"` : ''
  const text = escapeHtml(textOf(cell))
  return isHeader ? `<th scope="row"${attribute}>${text}</th>` : `<td${attribute}>${text}</td>`
}

/** Tints come in four steps: g1 … g4 for gains, l1 … l4 for losses. */
function tintClass(tint: number): string[] {
  const step = Math.min(4, Math.ceil(Math.abs(tint) * 4))
  return step === 0 ? [] : [`${tint > 0 ? 'g' : 'l'}${step}`]
}
