import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/*
 * `npm run bench` runs every benchmark of this folder, `npm run bench -- operators history` those named, each in a
 * process of its own, so that none finds the heap or the optimised code of another. Flags (`--record`) go to each.
 */

const SUFFIX = '.bench.ts'
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .sort()
const given = process.argv.slice(2)
const flags = given.filter((word) => word.startsWith('-'))
const names = given.filter((word) => !word.startsWith('-'))
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(' or ')}; there are ${known.join(', ')}`)
  process.exit(2)
}
for (const name of names.length > 0 ? names : known) {
  console.log(`\n# ${name}`)
  const script = join(import.meta.dirname, `${name}${SUFFIX}`)
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', script, ...flags], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
