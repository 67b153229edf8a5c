/**
 * The importing child: reads and checks data so that the process that started it never holds a row it should not see.
 * Options come as JSON on stdin; one JSON line goes to stdout, with dates, symbols and issues, without values.
 */
import { answerImport } from './import-answer.js'

const parts: Buffer[] = []
for await (const part of process.stdin) parts.push(part as Buffer)
const reply = await answerImport(Buffer.concat(parts).toString('utf8'))
process.stdout.write(`${JSON.stringify(reply)}\n`)
