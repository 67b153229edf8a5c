/**
 * The importing child: reads and checks data so that the process that started it never holds a row it should not see.
 * Options come as JSON on stdin; one JSON line goes to stdout, with dates, symbols and issues, without values.
 */
import { AlphaloopError, messageOf } from '../../base/errors.js'
import { importToDisk } from './import.js'
import { type ChildReply, withoutDetails } from './import-in-child.js'

async function readStdin(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

async function reply(): Promise<ChildReply> {
  try {
    const { meta, ...entry } = await importToDisk(JSON.parse(await readStdin()))
    return { state: 'done', ...entry, meta: withoutDetails(meta) }
  } catch (error) {
    if (!(error instanceof AlphaloopError)) return { state: 'crashed', message: messageOf(error) }
    const { kind, code, message, hint, details } = error
    return { state: 'refused', kind, code, message, hint, details }
  }
}

process.stdout.write(`${JSON.stringify(await reply())}\n`)
