import { AlphaloopError, messageOf } from '../../base/errors.js'
import { importToDisk } from './import.js'
import { type ChildReply, withoutDetails } from './import-in-child.js'

/** What the importing child answers to options (as JSON): where the data lies and what it is, or why there is none. */
export async function answerImport(request: string): Promise<ChildReply> {
  try {
    const { meta, ...entry } = await importToDisk(JSON.parse(request))
    return { state: 'done', ...entry, meta: withoutDetails(meta) }
  } catch (error) {
    if (!(error instanceof AlphaloopError)) return { state: 'crashed', message: messageOf(error) }
    const { kind, code, message, hint, details } = error
    return { state: 'refused', kind, code, message, hint, details }
  }
}
