/** Where a text stops being JSON, and why. `line` and `column` count from 1. */
export interface JsonSyntaxError {
  readonly message: string
  readonly line: number
  readonly column: number
}

/**
 * Finds the first place where a text is not JSON (RFC 8259), for messages: `JSON.parse` itself words its errors, and
 * the place, differently in every version of the engine. Returns undefined for valid JSON.
 */
export function jsonSyntaxError(text: string): JsonSyntaxError | undefined {
  let at = 0
  class Found {
    readonly message: string
    constructor(message: string) {
      this.message = message
    }
  }
  const fail = (message: string): never => {
    throw new Found(message)
  }
  const space = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  }
  const found = () => (at >= text.length ? 'the text ends here' : `found ${JSON.stringify(text[at])}`)
  const string = () => {
    at++
    while (text[at] !== '"') {
      if (at >= text.length) fail('a text is not closed with "')
      if (text.charCodeAt(at) < 0x20) fail('a line break or control character inside a text: write \\n')
      if (text[at] === '\\') {
        at++
        if (text[at] === 'u') {
          if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) fail('\\u needs four hexadecimal digits')
          at += 4
        } else if (at >= text.length || !'"\\/bfnrt'.includes(text[at]!)) fail('unknown escape after \\')
      }
      at++
    }
    at++
  }
  // Depth is counted on a list: a hostile text may nest deeper than the call stack.
  const open: ('{' | '[')[] = []
  const key = () => {
    space()
    if (text[at] === "'") fail('names stand in double quotes')
    if (text[at] !== '"') fail(`a name in double quotes is missing, ${found()}`)
    string()
    space()
    if (text[at] !== ':') fail(`":" is missing after a name, ${found()}`)
    at++
  }
  try {
    for (;;) {
      // A value begins here.
      space()
      const c = text[at]
      if (c === '{' || c === '[') {
        at++
        space()
        if (text[at] === (c === '{' ? '}' : ']')) at++
        else {
          open.push(c)
          if (c === '{') key()
          continue
        }
      } else if (c === '"') string()
      else if (c === "'") fail('texts stand in double quotes')
      else {
        const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
          text.slice(at, at + 400),
        )
        if (literal === null) fail(`a value is missing, ${found()}`)
        at += literal![0].length
      }
      // A value has ended: close what it closes, then expect the next one.
      for (;;) {
        space()
        const inside = open.at(-1)
        if (inside === undefined) {
          if (at < text.length) fail(`the value has ended, but more follows: ${found()}`)
          return undefined
        }
        const closing = inside === '{' ? '}' : ']'
        if (text[at] === closing) {
          at++
          open.pop()
          continue
        }
        if (text[at] !== ',') fail(`"," or "${closing}" is missing, ${found()}`)
        at++
        space()
        if (text[at] === closing) fail(`a comma before "${closing}"`)
        if (inside === '{') key()
        break
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof Found)) throw thrown
    const before = text.slice(0, at).split('\n')
    return { message: thrown.message, line: before.length, column: before.at(-1)!.length + 1 }
  }
}
