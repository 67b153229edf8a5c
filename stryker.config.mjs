import { areaNamed, WANTED } from './scripts/mutation-areas.mjs'

const name = process.env.STRYKER_AREA ?? 'graph'

/** One area at a time; `npm run mutants` runs them all. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutants.config.mjs', related: false },
  mutate: areaNamed(name).mutate,
  ignorePatterns: ['bench', 'coverage', 'dist', 'docs', 'runs', 'reports', 'web'],
  concurrency: 2,
  timeoutMS: 10_000,
  timeoutFactor: 2,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  thresholds: { high: 95, low: 90, break: WANTED },
  allowEmpty: false,
}
