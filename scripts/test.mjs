// `npm test`: packages, build, and the whole suite. Arguments after `--` go to the test runner.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { debianPackages } from './debian-packages.mjs'
import { build, install, root } from './setup.mjs'

install()
debianPackages()
build()
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const result = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(result.status ?? 1)
