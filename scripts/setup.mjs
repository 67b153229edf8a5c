// What `npm start` and `npm test` need before they can begin: packages and a build, each made only when it is stale.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs a command in the project's root; its output goes to stderr, so that stdout stays the main job's. */
export function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  })
  if (result.error) {
    console.error(`${command} could not be started: ${result.error.message}`)
    process.exit(1)
  }
  if (result.status !== 0) process.exit(result.status ?? 1)
}

const hashOf = (paths) => {
  const hash = createHash('sha256').update(process.version)
  for (const path of paths) hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()

/** True where the stamp file holds this hash. */
const isFresh = (stamp, hash) =>
  existsSync(join(root, stamp)) && readFileSync(join(root, stamp), 'utf8') === hash

export function install() {
  const stamp = 'node_modules/.alphaloop-installed'
  // The lock file decides what is installed; other changes of package.json need no new installation.
  const hash = hashOf(['package-lock.json'])
  if (isFresh(stamp, hash)) return
  console.error('alphaloop: installing packages …')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(join(root, stamp), hash)
}

export function build() {
  const stamp = 'dist/.built'
  const hash = hashOf([
    ...filesUnder('src'),
    'tsconfig.json',
    'tsconfig.build.json',
    'package.json',
    'scripts/build.mjs',
  ])
  if (isFresh(stamp, hash)) return
  console.error('alphaloop: building …')
  run(process.execPath, [join(root, 'scripts/build.mjs')])
  writeFileSync(join(root, stamp), hash)
}
