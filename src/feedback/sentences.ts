/** One sentence out of text from elsewhere: one line, at most `maxWords` words, no file paths, one full stop. */
export function asSentence(text: string, maxWords = 80): string {
  const clean = text
    .replace(/(^|[\s"'`(=])(?:file:\/\/)?(?:\/[\w.@+-]+){2,}/g, '$1[path]')
    .replace(/(^|[\s"'`(=])[A-Za-z]:(?:\\[^\s\\"'`)]+)+/g, '$1[path]')
    .replace(/\s+/g, ' ')
    .trim()
  if (clean === '') return ''
  const words = clean.split(' ')
  const kept = words.length > maxWords ? `${words.slice(0, maxWords).join(' ')} … (cut)` : clean
  return /[.!?]$/.test(kept) ? kept : `${kept.replace(/[,;:]$/, '')}.`
}

export const countWords = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length

/** A paragraph's sentences; those with a higher `keep` are the last to go when space is short. */
export interface Paragraph {
  readonly keep: number
  readonly sentences: readonly string[]
}

/** The paragraphs as text of at most `maxWords` words: whole sentences go, from the end of the least important. */
export function fitWords(paragraphs: readonly Paragraph[], maxWords: number): string {
  const left = paragraphs.map(({ keep, sentences }) => ({
    keep,
    sentences: sentences.filter((s) => s !== ''),
  }))
  const text = () =>
    left
      .filter(({ sentences }) => sentences.length > 0)
      .map(({ sentences }) => sentences.join(' '))
      .join('\n\n')
  const order = [...left].sort((a, b) => a.keep - b.keep)
  while (countWords(text()) > maxWords) {
    const least = order.find(({ sentences }) => sentences.length > 0)
    if (!least) break
    least.sentences.pop()
  }
  return text()
}
