import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { scratch } from '../support/cli-io.js'

const root = join(import.meta.dirname, '../..')
const exec = (command: string, args: readonly string[], cwd: string) =>
  promisify(execFile)(command, [...args], { cwd, maxBuffer: 1 << 26 })

describe('the package', () => {
  test('packed and installed elsewhere it gives a working alphaloop command', { timeout: 180_000 }, async ({
    skip,
  }) => {
    const folder = scratch()
    // What stands in dist is packed: building is a step of its own, and this suite runs beside others that use it.
    await exec('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root)
    const [tarball] = readdirSync(folder)
    expect(tarball).toMatch(/^alphaloop-.*\.tgz$/)
    const { stdout: listing } = await exec('tar', ['tzf', tarball!], folder)
    expect(listing).toContain('package/dist/cli/bin.js\n')
    expect(listing).not.toMatch(/^package\/(src|test|bench|runs|node_modules)\//m)

    const home = join(folder, 'home')
    mkdirSync(home)
    writeFileSync(join(home, 'package.json'), '{"name":"elsewhere","private":true}')
    try {
      await exec('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `../${tarball}`], home)
    } catch (error) {
      const text = String((error as { stderr?: string }).stderr)
      if (/ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/i.test(text))
        skip(`the package registry cannot be reached: ${text.split('\n')[0]}`)
      throw error
    }
    const command = join(home, 'node_modules/.bin/alphaloop')
    await exec(command, ['init'], home)
    const { stdout } = await exec(command, ['backtest', 'strategies/momentum.ts', '--json'], home)
    expect(JSON.parse(stdout).trades).toBeGreaterThan(100)
    const run = await exec(command, ['run', '--iterations', '2', '--workers', '1', '--json'], home)
    expect(JSON.parse(run.stdout).iterations).toBe(2)
  })
})
