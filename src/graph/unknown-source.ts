import { type AlphaloopError, usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'

/** What data has, by name. */
export interface Names {
  readonly fields: readonly string[]
  readonly groups: readonly string[]
}

/** What formulas of the 101 Formulaic Alphas read beside prices; data seldom calls it so. */
const OF_ALPHA101: ReadonlySet<string> = new Set(['cap', 'sector', 'industry', 'subindustry'])

/**
 * The refusal of a field or group that the data lacks: with the nearest that it has, what else bears that name, and
 * how a table of groups is joined.
 *
 * @param readBy operators that read it without being told to
 * @returns AlphaloopError (usage) UNKNOWN_FIELD or UNKNOWN_GROUP
 */
export function unknownSource(
  kind: 'field' | 'group',
  name: string,
  names: Names,
  readBy: readonly string[] = [],
): AlphaloopError {
  const valid = kind === 'field' ? names.fields : names.groups
  const other = kind === 'field' ? 'group' : 'field'
  const isOther = names[`${other}s`].includes(name)
  const meant = isOther ? undefined : nearest(name, valid)
  const readers =
    readBy.length > 0 ? `, which ${readBy.join(' and ')} ${readBy.length > 1 ? 'read' : 'reads'}` : ''
  const there =
    valid.length > 0
      ? `it has ${valid.join(', ')}`
      : `it has no ${kind}s${kind === 'group' ? ': join a table of them with --data sectors.csv (symbol,sector)' : ''}`
  const hints = [
    ...(isOther && kind === 'field' ? [`write group('${name}')`] : [there]),
    ...(OF_ALPHA101.has(name) && !isOther
      ? [`an alpha101(…) reads yours with { ${name}: 'name of your ${kind}' }`]
      : []),
  ]
  return usageError(
    kind === 'field' ? 'UNKNOWN_FIELD' : 'UNKNOWN_GROUP',
    `the data has no ${kind} ${JSON.stringify(name)}${readers}${meant ? `; did you mean ${meant}?` : isOther ? `: it is a ${other}` : ''}`,
    hints.join('; '),
    { [kind]: name, available: valid, ...(readBy.length > 0 ? { readBy } : {}) },
  )
}
