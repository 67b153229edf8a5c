#!/usr/bin/env node
import { messageOf } from '../base/errors.js'
import { processIo } from './io.js'
import { main } from './main.js'
import { systemError } from './system-errors.js'

for (const [stream, own] of [
  [process.stdout, 'standard output'],
  [process.stderr, undefined],
] as const)
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe may leave before everything is written (`alphaloop … | head`): that is no failure.
    if (error.code === 'EPIPE') process.exit(0)
    const problem = systemError(error, own === undefined ? {} : { path: own })
    if (own !== undefined) process.stderr.write(`error: ${problem?.message ?? messageOf(error)}\n`)
    process.exit(problem?.exitCode ?? 1)
  })
process.exitCode = await main(process.argv.slice(2), processIo())
