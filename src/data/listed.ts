import { sharedFloats, sharedInts } from './align.js'
import { createPanel, type GroupField, type Panel } from './panel.js'

/**
 * A panel without the symbols that have no close in it, and without the labels of groups that then have no member. A
 * prefix of a longer panel still names what is listed later: to leave it in would tell of the bars left out.
 */
export function listedOnly(panel: Panel): Panel {
  const width = panel.symbols.length
  const bars = panel.dates.length
  const close = panel.fields.get('close')!
  const kept = panel.symbols.map((_, s) => s).filter((s) => hasValue(close, s, width))
  const groups = new Map([...panel.groups].map(([name, group]) => [name, membersOnly(group, kept, width)]))
  const isWhole = [...groups].every(
    ([name, { labels }]) => labels.length === panel.groups.get(name)!.labels.length,
  )
  if (kept.length === width && isWhole) return panel

  const narrow = <A extends Float64Array | Int32Array>(from: A, to: A): A => {
    for (let t = 0; t < bars; t++) {
      for (let k = 0; k < kept.length; k++) to[t * kept.length + k] = from[t * width + kept[k]!]!
    }
    return to
  }
  const cells = bars * kept.length
  return createPanel({
    dates: panel.dates,
    symbols: kept.map((s) => panel.symbols[s]!),
    fields: new Map([...panel.fields].map(([name, values]) => [name, narrow(values, sharedFloats(cells))])),
    groups: new Map(
      [...groups].map(([name, { codes, labels }]) => [
        name,
        { codes: narrow(codes, sharedInts(cells)), labels },
      ]),
    ),
  })
}

function hasValue(values: Float64Array, symbol: number, width: number): boolean {
  for (let i = symbol; i < values.length; i += width) if (!Number.isNaN(values[i]!)) return true
  return false
}

/** The group with only the labels that the kept symbols have; codes keep the order of the labels. */
function membersOnly({ codes, labels }: GroupField, kept: readonly number[], width: number): GroupField {
  const used = new Set<number>()
  for (let t = 0; t < codes.length; t += width) for (const s of kept) used.add(codes[t + s]!)
  const members = labels.map((_, code) => code).filter((code) => used.has(code))
  if (members.length === labels.length) return { codes, labels }
  const renumbered = new Map(members.map((code, at) => [code, at]))
  return {
    codes: codes.map((code) => renumbered.get(code) ?? -1),
    labels: members.map((code) => labels[code]!),
  }
}
