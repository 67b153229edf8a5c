import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.js'

/*
 * `npm run bench` runs every benchmark of this folder, `npm run bench -- operators history` those named, each in a
 * process of its own, so that none finds the heap or the optimised code of another. Flags (`--record`) go to each.
 * What runs is compiled as the package is: a loader that compiles on the way wraps functions, and they cost more.
 */

const SUFFIX = '.bench.ts'
const known = readdirSync(join(ROOT, 'bench'))
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

const compiled = join(ROOT, 'node_modules/.cache/alphaloop-bench')
rmSync(compiled, { recursive: true, force: true })
mkdirSync(compiled, { recursive: true })
copyFileSync(join(ROOT, 'package.json'), join(compiled, 'package.json'))
const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
const { status: made } = spawnSync(process.execPath, [compiler, '-p', join(ROOT, 'bench/tsconfig.json')], {
  stdio: 'inherit',
})
if (made !== 0) process.exit(1)

for (const name of names.length > 0 ? names : known) {
  console.log(`\n# ${name}`)
  const script = join(compiled, `bench/${name}.bench.js`)
  const { status } = spawnSync(process.execPath, ['--expose-gc', script, ...flags], {
    stdio: 'inherit',
    env: { ...process.env, ALPHALOOP_ROOT: ROOT },
  })
  if (status !== 0) process.exitCode = 1
}
