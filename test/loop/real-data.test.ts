import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cli, temporaryFolder } from '../support/cli.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { sharedData } from '../support/shared-data.js'

const SP500 = sharedData('sp500-5yr/all_stocks_5yr.csv.gz')

test.skipIf(SP500 === undefined)(
  '100 iterations on 505 real stocks: none lost, all valid, at least 90 distinct strategies, history verify is clean (needs the shared data)',
  { timeout: 300_000 },
  async () => {
    const cwd = temporaryFolder()
    const { code, stdout, stderr } = await cli(
      ['run', '--data', SP500!, '--iterations', '100', '--seed', '1', '--run-dir', 'run', '--json'],
      { cwd },
    )
    expect(code, stderr).toBe(0)
    // Every line is parsed by the record's schema as it is read.
    const records = iterationsIn(readHistory(join(cwd, 'run')))
    expect(records.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    const summary = JSON.parse(stdout)
    const evaluated = records.filter(({ execution }) => execution.status !== 'rejected')
    const distinct = new Set(evaluated.flatMap(({ strategy }) => strategy?.hash ?? []))
    expect(distinct.size).toBeGreaterThanOrEqual(90)
    expect(summary.distinctStrategies).toBe(distinct.size)
    // One fixed template would pass for many: the results differ as well.
    const sharpes = new Set(records.map(({ metrics }) => metrics?.train?.sharpe?.toPrecision(6)))
    expect(sharpes.size).toBeGreaterThanOrEqual(80)
    expect(records.filter(({ execution }) => execution.status === 'success').length).toBeGreaterThanOrEqual(
      90,
    )
    expect(records.some(({ execution }) => JSON.stringify(execution).includes('EVALUATION_CRASHED'))).toBe(
      false,
    )

    const verify = await cli(['history', 'verify', '--run-dir', 'run', '--json'], { cwd })
    expect(verify.code, verify.stdout).toBe(0)
  },
)
