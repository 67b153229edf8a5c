import { basename, dirname, extname, join } from 'node:path'
import { usageError } from '../base/errors.js'
import type { RenderedReport } from '../report/render.js'
import { writeOutput } from './write-file.js'

const FORMS: Readonly<Record<string, 'html' | 'markdown'>> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'markdown',
  '.markdown': 'markdown',
}

/** Before any work is done: a report's name says its form. @throws AlphaloopError (usage) UNKNOWN_REPORT_FORM */
export function reportForm(path: string): 'html' | 'markdown' {
  const form = FORMS[extname(path).toLowerCase()]
  if (form !== undefined) return form
  throw usageError(
    'UNKNOWN_REPORT_FORM',
    `--report ${path}: the name must end in .html or .md`,
    'name it .html for one file that opens in any browser, .md for Markdown with pictures beside it',
    { path },
  )
}

/** Writes a report; the pictures of one in Markdown go into the folder `NAME-files` beside it. */
export function writeReport(path: string, report: RenderedReport<unknown>): void {
  if (reportForm(path) === 'html') {
    writeOutput(path, report.html())
    return
  }
  const folder = `${basename(path, extname(path))}-files`
  const { text, pictures } = report.markdown(folder)
  for (const { name, svg } of pictures) writeOutput(join(dirname(path), folder, name), svg)
  writeOutput(path, text)
}
