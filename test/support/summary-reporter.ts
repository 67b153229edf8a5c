import type { TestModule } from 'vitest/node'

/** Ends the output with one plain line that any program can read: `tests: 12 passed, 0 failed, 1 skipped`. */
export default class SummaryReporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        counts[state === 'pending' ? 'skipped' : state]++
      }
      // A file that could not even be loaded is a failure without a test to count.
      if (module.state() === 'failed' && module.children.size === 0) counts.failed++
    }
    counts.failed += errors.length
    // On the next tick, so that the runner's own summary stands above it.
    process.on('exit', () => {
      console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
    })
  }
}
