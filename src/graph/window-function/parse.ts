import { type Options, Parser, type Program } from 'acorn'
import { type Refusal, Refused } from './refusal.js'

/** Entries into the parser's rules that are open at once: some four for a bracket, and 100 brackets are too many. */
const MOST_OPEN = 600

/** Rules of which every way back into themselves passes one. */
const RULES = [
  'parseStatement',
  'parseMaybeAssign',
  'parseMaybeUnary',
  'parseExprOp',
  'parseExprAtom',
  'parseBindingAtom',
  'regexp_disjunction',
] as const

type Rule = (...args: unknown[]) => unknown

/**
 * Parses a module that may be nested no deeper than a stack can bear wherever it is called from. Brackets cannot be
 * counted before (comments hold some too), and an end of the stack cannot be waited for: where the parser has to
 * compile a regular expression of its own close to it, V8 ends the whole process.
 * @throws SyntaxError, or Refused with `tooDeep`
 */
export function parseShallow(source: string, options: Options, tooDeep: Refusal): Program {
  let open = 0
  const Shallow = Parser.extend((Base) => {
    class Guarded extends Base {}
    const rules = Base.prototype as unknown as Record<string, Rule>
    for (const name of RULES) {
      const rule = rules[name]!
      const guarded: Rule = function (this: unknown, ...args) {
        if (++open > MOST_OPEN) throw new Refused(tooDeep)
        const result = rule.apply(this, args)
        open--
        return result
      }
      Object.defineProperty(Guarded.prototype, name, { value: guarded })
    }
    return Guarded
  })
  return Shallow.parse(source, options)
}
