/**
 * Tokens of a text, estimated: a token for 3.5 ASCII characters, as code has them, and one for each other character,
 * which is more than the usual tokenisers take.
 */
export function estimateTokens(text: string): number {
  let other = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) other++
  return Math.ceil((text.length - other) / 3.5 + other)
}

/** The text without absolute file paths: they say where a person works, and nothing about a strategy. */
export function withoutPaths(text: string): string {
  return text
    .replace(/(^|[\s"'`(=:,[])(?:file:\/\/)?(?:~|\.{1,2})?(?:\/[\w.@+-]+){2,}\/?/g, '$1[path]')
    .replace(/(^|[\s"'`(=:,[])(?:[A-Za-z]:|\\)(?:\\[^\s\\"'`)]+)+/g, '$1[path]')
}

/** The first sentences of a text that fit into so many tokens. */
export function firstSentences(text: string, tokens: number): string {
  const sentences = text.match(/[^.!?]+(?:[.!?]+(?=\s|$)|[.!?]+|$)\s*/g) ?? []
  let kept = ''
  for (const sentence of sentences) {
    if (estimateTokens(kept + sentence) > tokens) break
    kept += sentence
  }
  return kept.trimEnd()
}
