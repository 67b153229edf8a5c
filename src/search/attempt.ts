import type { Strategy } from '../graph/strategy.js'
import { closeDraft, type Draft, openDraft } from './draft.js'
import { mutatedName } from './names.js'
import type { MutationContext, MutationResult } from './proposal.js'

/** Places that an edit tries before it gives up on a strategy. */
const TRIES = 6

/** One edit of a draft, in words, or why there is no place for it. */
export type Edit = (draft: Draft) => { readonly what: string } | { readonly because: string }

/**
 * Tries an edit on fresh drafts until one of them closes to a valid, different strategy. An edit that finds no place
 * at all is not tried again.
 */
export function attempt(
  strategy: Strategy,
  { space }: MutationContext,
  edit: Edit,
  name: (what: string) => string = (what) => mutatedName(strategy.graph.name, what),
): MutationResult {
  let because = ''
  for (let tries = 0; tries < TRIES; tries++) {
    const draft = openDraft(strategy, space)
    const done = edit(draft)
    if ('because' in done) return { ok: false, because: done.because }
    const result = closeDraft(draft, space, name(done.what), done.what)
    if (result.ok) return result
    because = result.because
  }
  return { ok: false, because }
}
