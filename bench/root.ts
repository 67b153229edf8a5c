import { join } from 'node:path'

/** The project's folder: benchmarks run from a compiled copy (run.ts), which lies elsewhere. */
export const ROOT = process.env.ALPHALOOP_ROOT ?? join(import.meta.dirname, '..')
