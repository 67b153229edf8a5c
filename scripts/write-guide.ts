// Writes what the guide's blocks print into the pages, where it is not what they show: a `?` stands for an output that
// is not there yet. Usage: npx tsx scripts/write-guide.ts docs/guide/library.md …
// Read the result before it is committed: what changes from run to run (times, versions) is replaced by … by hand.
import { writeFileSync } from 'node:fs'
import { blocksOf, dataOf, readPage, runPage } from '../test/support/guide.js'
import { sharedData } from '../test/support/shared-data.js'

for (const path of process.argv.slice(2)) {
  let page = readPage(path)
  const wanted = dataOf(page)
  const mismatches = runPage(page, wanted === undefined ? undefined : sharedData(wanted))
  for (const { line, printed } of mismatches.reverse()) {
    const block = blocksOf(page).find((other) => other.line === line)!
    const lines = printed.replace(/^\n+/, '').trimEnd().split('\n')
    page = `${page.slice(0, block.start)}${lines.map((text) => text.trimEnd()).join('\n')}\n${page.slice(block.end)}`
  }
  writeFileSync(path, page)
  console.log(`${path}: ${mismatches.length} outputs written`)
}
