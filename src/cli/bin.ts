#!/usr/bin/env node
import { processIo } from './io.js'
import { main } from './main.js'

// The reader of a pipe may leave before everything is written (`alphaloop … | head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await main(process.argv.slice(2), processIo())
