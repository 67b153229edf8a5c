import type { HistoryWarning, OnWarning } from './store.js'

/** Passes a warning on the first time that it is given; `key` tells warnings of one code apart. */
export type WarnOnce = (
  code: HistoryWarning['code'],
  message: string,
  details: HistoryWarning['details'],
  key?: string | number,
) => void

/** Events that are worth saying each time that they happen. */
const EVENTS: ReadonlySet<HistoryWarning['code']> = new Set(['HISTORY_TORN_TAIL', 'HISTORY_LOCK_TAKEN_OVER'])

export function warnOnce(onWarning: OnWarning | undefined): WarnOnce {
  const said = new Set<string>()
  return (code, message, details, key = '') => {
    const name = `${code} ${key}`
    if (!EVENTS.has(code)) {
      if (said.has(name)) return
      said.add(name)
    }
    onWarning?.({ code, message, details })
  }
}
