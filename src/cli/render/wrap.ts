/**
 * Breaks a text at spaces so that no line is longer than `width`; later lines begin with `indent`. A word that is
 * longer than a line stays whole: paths and hashes are there to be copied.
 */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/ +/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

/** Each line of a text wrapped by itself; an indented line stays indented. */
export const wrapParagraphs = (text: string, width: number): string =>
  text
    .split('\n')
    .map((line) => {
      const lead = /^ */.exec(line)![0]
      return lead + wrap(line.slice(lead.length), width - lead.length, lead === '' ? '' : `${lead}  `)
    })
    .join('\n')
