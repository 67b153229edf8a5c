import type { StrategyLanguage } from '../strategy/compile.js'

/** A piece of a reply that may be a strategy, or is one in a language that cannot be run here. */
export type Candidate = (
  | { readonly language: StrategyLanguage }
  | {
      readonly language: 'other'
      /** What the fence says: `python`, `bash`, … */
      readonly tag: string
    }
) & {
  readonly text: string
  /** Lines of the reply before its first one: line n of `text` is line n + lineOffset of the reply. */
  readonly lineOffset: number
  readonly from: 'fence' | 'wholeReply'
  /** False for a fence that the reply ended in. */
  readonly closed: boolean
  /** Its typographic quotes were made plain: the piece as it was written stands before it in the list. */
  readonly straightened: boolean
}

/** Pieces that are looked at; a compile each makes more of them too slow. */
export const MOST_CANDIDATES = 8

/** Longest part of a reply that is read, in UTF-16 code units: sixteen times what compiles. */
export const LONGEST_REPLY = 4 * 1024 * 1024

const LANGUAGES: Readonly<Record<string, StrategyLanguage>> = {
  '': 'ts',
  ts: 'ts',
  typescript: 'ts',
  tsx: 'ts',
  mts: 'ts',
  js: 'js',
  javascript: 'js',
  jsx: 'js',
  mjs: 'js',
  json: 'json',
}

/**
 * The pieces of a reply that may be a strategy, in the order in which to try them: its fenced blocks, or the whole
 * text where it has none. Nothing is guessed from words: the compiler's parser decides. Takes time in proportion to the
 * reply's length.
 */
export function extractCandidates(reply: string): Candidate[] {
  const { text, lineOffset } = withoutThinking(reply.slice(0, LONGEST_REPLY))
  if (text.trim() === '') return []
  const blocks = fencedBlocks(text.split('\n'), lineOffset)
  const pieces = blocks
    .flatMap((block) => (isMarkdown(block.tag) ? fencedBlocks(block.lines, block.lineOffset) : [block]))
    .filter(({ lines }) => lines.some((line) => line.trim() !== ''))
    .map((block) => fromBlock(block))
  if (pieces.length === 0) {
    const whole = plainLines(text.split('\n'))
    return variants({
      language: languageOf('', whole),
      text: whole,
      lineOffset,
      from: 'wholeReply',
      closed: true,
      straightened: false,
    })
  }
  // What names a language that runs here comes first; the order within is the reply's own.
  const usable = pieces.filter(({ language }) => language !== 'other')
  return (usable.length > 0 ? usable : pieces).slice(0, MOST_CANDIDATES).flatMap(variants)
}

interface Block {
  readonly tag: string
  readonly lines: readonly string[]
  readonly lineOffset: number
  readonly closed: boolean
}

const isMarkdown = (tag: string) => tag === 'markdown' || tag === 'md'

function fromBlock({ tag, lines, lineOffset, closed }: Block): Candidate {
  const text = plainLines(lines)
  const rest = { text, lineOffset, from: 'fence', closed, straightened: false } as const
  return Object.hasOwn(LANGUAGES, tag)
    ? { language: languageOf(tag, text), ...rest }
    : { language: 'other', tag, ...rest }
}

/** Whatever its tag says, a text that opens with a brace is JSON: no module with a strategy does. */
const languageOf = (tag: string, text: string): StrategyLanguage =>
  text.trimStart().startsWith('{') ? 'json' : LANGUAGES[tag]!

const plainLines = (lines: readonly string[]): string =>
  lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)).join('\n')

const QUOTES = /[\u2018\u2019\u201a\u201b\u2032\u201c\u201d\u201e\u201f\u2033\u200b\ufeff]/g

/** The piece as it is, then, where a word processor's quotes stand in it, with plain ones. */
function variants(candidate: Candidate): Candidate[] {
  const straight = candidate.text.replace(QUOTES, (quote) =>
    '\u200b\ufeff'.includes(quote) ? '' : '\u201c\u201d\u201e\u201f\u2033'.includes(quote) ? '"' : "'",
  )
  return straight === candidate.text
    ? [candidate]
    : [candidate, { ...candidate, text: straight, straightened: true }]
}

/** The reply behind the thoughts that some models write out first. */
function withoutThinking(reply: string): { text: string; lineOffset: number } {
  const opening = /^\s*<think(?:ing)?>/.exec(reply)
  const closing = opening === null ? null : /<\/think(?:ing)?>/.exec(reply)
  if (closing === null) return { text: reply, lineOffset: 0 }
  const end = closing.index + closing[0].length
  return { text: reply.slice(end), lineOffset: reply.slice(0, end).split('\n').length - 1 }
}

/**
 * Fenced blocks as CommonMark (0.31, 4.5) defines them, more tolerant in that a fence may be indented by any amount and
 * stand in a quotation. A longer fence may hold shorter ones; the text's end closes what is open.
 */
function fencedBlocks(lines: readonly string[], lineOffset: number): Block[] {
  const blocks: Block[] = []
  let open: { marker: string; indent: number; quoted: boolean; tag: string; first: number } | undefined
  const close = (end: number, closed: boolean) => {
    const { indent, quoted, tag, first } = open!
    blocks.push({
      tag,
      lines: lines.slice(first, end).map((line) => withoutIndent(quoted ? unquoted(line) : line, indent)),
      lineOffset: lineOffset + first,
      closed,
    })
    open = undefined
  }
  lines.forEach((line, i) => {
    const fence = fenceOf(open === undefined || open.quoted ? unquoted(line) : line)
    if (fence === undefined) return
    if (open === undefined) {
      if (fence.marker.startsWith('`') && fence.info.includes('`')) return
      open = {
        marker: fence.marker,
        indent: fence.indent,
        quoted: unquoted(line) !== line,
        tag: tagOf(fence.info),
        first: i + 1,
      }
    } else if (fence.info === '' && fence.marker.startsWith(open.marker)) close(i, true)
  })
  if (open !== undefined) close(lines.length, false)
  return blocks
}

function fenceOf(line: string): { marker: string; indent: number; info: string } | undefined {
  const start = line.search(/\S/)
  const mark = line[start]
  if (mark !== '`' && mark !== '~') return undefined
  let end = start
  while (line[end] === mark) end++
  return end - start < 3
    ? undefined
    : { marker: line.slice(start, end), indent: start, info: line.slice(end).trim() }
}

/** First word of what stands behind a fence, in lower case: `{.ts}`, `ts title="a.ts"` and `ts` are all ts. */
const tagOf = (info: string): string => /^[{.\s]*([\w+#-]*)/.exec(info)![1]!.toLowerCase()

const unquoted = (line: string): string => line.replace(/^\s{0,3}> ?/, '')

function withoutIndent(line: string, indent: number): string {
  let i = 0
  while (i < indent && (line[i] === ' ' || line[i] === '\t')) i++
  return line.slice(i)
}
