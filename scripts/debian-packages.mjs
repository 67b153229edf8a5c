// Debian packages that some tests compare with or look through. Where they are missing and can be installed (apt-get,
// as root) they are; else they are named, and those tests skip themselves, saying so. Never the reason of a failed run.
import { spawnSync } from 'node:child_process'

/** A command that succeeds where what the package brings is there, whoever installed it. */
const PACKAGES = [
  { name: 'chromium', probe: ['chromium', ['--version']], for: 'reports looked at in a browser' },
  { name: 'python3-pandas', probe: ['python3', ['-c', 'import pandas']], for: 'operators against pandas' },
]

/** An installation that takes longer than this is given up. */
const LONGEST_MS = 240_000

const succeeds = (command, args) =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0

const isThere = ({ name, probe }) => {
  // Asking dpkg first: starting a browser for its version takes a second.
  const known = spawnSync('dpkg-query', ['-W', '-f', `\${Status}`, name], { encoding: 'utf8' })
  return known.stdout === 'install ok installed' || succeeds(...probe)
}

/** Installs what is missing, within the time limit; never fails. */
export function debianPackages() {
  const missing = PACKAGES.filter((one) => !isThere(one))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name)
  const note = (why) =>
    console.error(
      `alphaloop: ${why}, so these tests are skipped: ${missing.map((one) => `${one.for} (${one.name})`).join(', ')}`,
    )
  const root = process.getuid?.() === 0
  if (!root || !succeeds('apt-get', ['--version']))
    return note(`${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} not installed`)
  console.error(`alphaloop: installing ${names.join(' and ')} …`)
  const deadline = Date.now() + LONGEST_MS
  const apt = (...args) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=60', ...args], {
      // Output goes to stderr, so that stdout stays the main job's.
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: Math.max(1, deadline - Date.now()),
      killSignal: 'SIGTERM',
    }).status === 0
  const options = ['-qq', '-y', '--no-install-recommends']
  if (apt('install', ...options, ...names)) return
  // Without package lists, or with old ones, nothing is found.
  if (apt('update', '-qq') && apt('install', ...options, ...names)) return
  note(`${names.join(' and ')} could not be installed`)
}
