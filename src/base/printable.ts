/**
 * Characters that do something where text is shown instead of being seen: C0 and C1 controls but for tab and line feed,
 * the marks that turn the direction of writing (Unicode TR 9), and halves of a character.
 */
const UNSEEN = /(?![\t\n])\p{Cc}|\p{Bidi_Control}|\p{Cs}/gu

/** Text of others for a terminal, a log or a report: what would move a cursor or turn the line round is a mark instead. */
export const printable = (text: string): string => text.replace(UNSEEN, '\ufffd')

/** The same as one line. */
export const singleLine = (text: string): string => printable(text.replace(/\s+/gu, ' ')).trim()
