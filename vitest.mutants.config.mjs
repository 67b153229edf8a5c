import { defineConfig } from 'vitest/config'
import { areaNamed } from './scripts/mutation-areas.mjs'

const { tests, except } = areaNamed(process.env.STRYKER_AREA ?? 'graph')

export default defineConfig({
  test: {
    include: tests,
    ...(except && { testNamePattern: new RegExp(`^(?!.*(${except.source})).*$`) }),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
