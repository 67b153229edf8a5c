import { z } from 'zod'
import { usageError } from '../../base/errors.js'
import { UNLIMITED } from '../../graph/limits.js'
import { createStrategy } from '../../graph/strategy.js'
import { checkReportName, writeReportFile } from '../confined.js'
import type { Desk } from '../desk.js'
import { look, tool } from '../tool.js'

export const reportTool = (desk: Desk, cwd: string) =>
  tool({
    name: 'get_report',
    title: "The champion's tearsheet",
    description:
      'The champion over train and validation as Markdown: figures beside the benchmark, drawdowns, months, trades by reason, costs, and what all that cannot say. With `file`, the whole report with its pictures is also written as HTML into the reports of the run directory.',
    input: z.strictObject({
      file: z.string().min(1).max(200).optional().describe('a name that ends in .html, without a folder'),
    }),
    output: z.object({ iteration: z.number(), markdown: z.string(), file: z.string().nullable() }),
    effect: 'writes',
    async run({ file }) {
      if (file !== undefined) checkReportName(file)
      const { state } = await look(desk, cwd)
      const record = state.championRecord
      if (!record?.strategy?.graph)
        throw usageError(
          'NO_CHAMPION',
          `there is no champion after ${state.next} iterations`,
          'go on with propose_strategy or run_iterations, or see what came close with list_history',
        )
      const { runDir } = await desk.choice()
      const { bench } = await desk.opened()
      // Drawing takes a library that nothing else needs.
      const { drawSheet, sheetHtml, sheetMarkdown } = await import('../sheet.js')
      const document = await drawSheet(createStrategy(record.strategy.graph, UNLIMITED), bench)
      const written = file === undefined ? null : writeReportFile(runDir, file, sheetHtml(document))
      const markdown = sheetMarkdown(document)
      return { data: { iteration: record.iteration, markdown, file: written }, text: markdown }
    },
  })
