// `npm run mutants [area …]`: changes the code in thousands of small ways and counts how many the tests notice. One
// area after another, because each keeps both cores busy.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AREAS, areaNamed, WANTED } from './mutation-areas.mjs'
import { root } from './setup.mjs'

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(AREAS)
for (const name of names) areaNamed(name)

const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js')
const rows = []
for (const name of names) {
  const env = { ...process.env, STRYKER_AREA: name }
  const { status } = spawnSync(process.execPath, [stryker, 'run'], { cwd: root, stdio: 'inherit', env })
  rows.push({ area: name, ...tally(name), ok: status === 0 })
}
console.table(rows)
process.exit(rows.every((row) => row.ok) ? 0 : 1)

function tally(name) {
  const report = JSON.parse(readFileSync(join(root, `reports/mutation/${name}.json`), 'utf8'))
  const count = { Killed: 0, Timeout: 0, Survived: 0, NoCoverage: 0 }
  for (const file of Object.values(report.files))
    for (const { status } of file.mutants) if (status in count) count[status]++
  const noticed = count.Killed + count.Timeout
  const all = noticed + count.Survived + count.NoCoverage
  return { ...count, noticed: `${((100 * noticed) / all).toFixed(1)}%`, wanted: `${WANTED}%` }
}
