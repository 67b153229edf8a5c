import { defineConfig } from 'vitest/config'
import { areaNamed } from './scripts/mutation-areas.mjs'

export default defineConfig({
  test: {
    include: areaNamed(process.env.STRYKER_AREA ?? 'graph').tests,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
