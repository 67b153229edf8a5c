/**
 * Who needs what of a graph, from its roots down:
 * - A root is wanted at all bars or at some rows.
 * - An operator whose bars do not depend on each other (an elementwise or cross-sectional one) asks its inputs for the
 *   same rows; a shift asks for these and for those n bars before.
 * - An operator on a window fills the rows alone. It asks for its inputs at all bars, or, where these can be had at
 *   rows and the windows cover few bars, at the bars of the windows.
 * - Every other operator is computed over all bars, once, and rows are gathered from that; so is one that is asked
 *   for so many rows that all bars cost about the same, and one with a single value per bar.
 * - What is known already asks for nothing.
 */
import type { GraphNode } from '../node.js'
import { operatorNamed } from '../registry.js'
import type { Evaluable } from '../strategy.js'
import type { RowSet } from './rows.js'

/** Where a version of a node's values comes from. */
export type Origin =
  /** Out of the cache. */
  | 'known'
  /** The operator's kernel, over all bars or over rows. */
  | 'kernel'
  /** The operator's shift of its input's rows. */
  | 'shift'
  /** The kernel of an operator on a window, at rows alone. */
  | 'window'
  /** Rows of the values at all bars. */
  | 'gather'

/** One version of a node's values: all bars, or rows. */
export interface Version {
  readonly node: GraphNode
  readonly rows: RowSet | undefined
  /** Names it in the cache: equal keys, equal values. */
  readonly key: string
  origin: Origin
  /** How many later versions read it; a root counts as read once more. */
  readers: number
  /** Whether something needs all of it: a root, or a kernel. Else rows are gathered from it, and that is all. */
  isRead: boolean
  /** The bars at which an operator on a window reads its inputs; all of them where that is undefined. */
  read: RowSet | undefined
}

export interface Wanted {
  readonly id: string
  readonly rows: RowSet | undefined
}

/** The cache key of a version. */
const versionKey = (content: string, rows: RowSet | undefined) =>
  rows === undefined ? content : `${content}@${rows.key}`

/** Rows of more than this share of all bars are not worth a path of their own. */
const MOST_ROWS = 0.5

/** Bars of windows are gone through once more, so they have to be fewer to be worth it. */
const MOST_IN_WINDOWS = 0.4

/** Versions of the nodes of one strategy, by id and rows. */
export class Demand {
  /** By id of the node, then by key of the rows. */
  private readonly versions = new Map<string, Map<string | undefined, Version>>()
  private readonly strategy: Evaluable
  private readonly bars: number

  /**
   * @param isKnown whether the cache has a version
   * @param bars of the panel
   */
  constructor(
    strategy: Evaluable,
    wanted: readonly Wanted[],
    bars: number,
    isKnown: (key: string) => boolean,
  ) {
    this.strategy = strategy
    this.bars = bars
    const { nodes } = strategy.graph
    const byId = new Map(nodes.map((node) => [node.id, node]))
    for (const { id, rows } of wanted) this.want(byId.get(id)!, rows, true)
    // Readers stand after what they read.
    for (let n = nodes.length - 1; n >= 0; n--) {
      const node = nodes[n]!
      if (this.versions.has(node.id)) this.settle(node, byId, isKnown)
    }
  }

  /** Every version that is needed, each after those that it reads. */
  *inOrder(): Generator<Version> {
    for (const { id } of this.strategy.graph.nodes) {
      const versions = this.versions.get(id)
      if (versions === undefined) continue
      const full = versions.get(undefined)
      if (full !== undefined) yield full
      for (const version of versions.values()) if (version !== full) yield version
    }
  }

  at(id: string, rows: RowSet | undefined): Version {
    return this.versions.get(id)!.get(rows?.key)!
  }

  /** What a version that is not known reads. */
  inputs({ node, rows, origin, read }: Version): Version[] {
    switch (origin) {
      case 'known':
        return []
      case 'gather':
        return [this.at(node.id, undefined)]
      case 'shift': {
        const [input] = node.inputs
        const shift = operatorNamed(node.op).shift!
        const before = this.at(input!, rows!.before(shift.by(node.params)))
        return shift.readsNow ? [this.at(input!, rows), before] : [before]
      }
      case 'window':
        return node.inputs.map((id) => this.at(id, read))
      case 'kernel':
        return inputsOf(node).map((id) => this.at(id, rows))
    }
  }

  private want(node: GraphNode, rows: RowSet | undefined, isRead: boolean): void {
    let versions = this.versions.get(node.id)
    if (versions === undefined) {
      versions = new Map()
      this.versions.set(node.id, versions)
    }
    const known = versions.get(rows?.key)
    if (known !== undefined) {
      known.readers++
      known.isRead ||= isRead
    } else {
      const key = versionKey(this.strategy.keys.get(node.id)!, rows)
      versions.set(rows?.key, { node, rows, key, origin: 'kernel', readers: 1, isRead, read: undefined })
    }
  }

  /** Decides where the versions of a node come from, and asks its inputs for what that takes. */
  private settle(
    node: GraphNode,
    byId: ReadonlyMap<string, GraphNode>,
    isKnown: (key: string) => boolean,
  ): void {
    const versions = this.versions.get(node.id)!
    const missing: Version[] = []
    let rowCount = 0
    for (const version of versions.values()) {
      if (isKnown(version.key)) version.origin = 'known'
      else if (version.rows !== undefined) {
        missing.push(version)
        rowCount += version.rows.bars.length
      }
    }
    const definition = operatorNamed(node.op)
    const { kind } = definition.reference
    const isApart = kind === 'element' || kind === 'crossSection'
    const fullKey = this.strategy.keys.get(node.id)!
    const atOnce =
      missing.length > 0 &&
      (versions.has(undefined) ||
        isKnown(fullKey) ||
        !(isApart || definition.shift !== undefined || definition.window !== undefined) ||
        this.strategy.types.get(node.id) === 'vector' ||
        rowCount > MOST_ROWS * this.bars)
    if (atOnce) {
      for (const version of missing) {
        version.origin = 'gather'
        this.want(node, undefined, false)
      }
      const full = versions.get(undefined)!
      if (isKnown(fullKey)) full.origin = 'known'
    } else if (definition.shift !== undefined) for (const version of missing) version.origin = 'shift'
    else if (definition.window !== undefined)
      for (const version of missing) {
        version.origin = 'window'
        version.read = this.readInWindows(
          node,
          version.rows!.windowsOf(definition.window(node.params)),
          byId,
          isKnown,
        )
      }

    for (const version of versions.values()) {
      const { origin, rows } = version
      if (origin === 'kernel') for (const id of inputsOf(node)) this.want(byId.get(id)!, rows, true)
      else if (origin === 'shift') {
        const input = byId.get(node.inputs[0]!)!
        if (definition.shift!.readsNow) this.want(input, rows, true)
        this.want(input, rows!.before(definition.shift!.by(node.params)), true)
      } else if (origin === 'window')
        for (const id of node.inputs) this.want(byId.get(id)!, version.read, true)
    }
  }

  /** The bars of windows, where an input is better had at these alone than at all. */
  private readInWindows(
    { inputs }: GraphNode,
    bars: RowSet,
    byId: ReadonlyMap<string, GraphNode>,
    isKnown: (key: string) => boolean,
  ): RowSet | undefined {
    if (bars.bars.length > MOST_IN_WINDOWS * this.bars) return undefined
    const atRows = inputs.some((id) => {
      const { reference, shift, window } = operatorNamed(byId.get(id)!.op)
      const isApart = reference.kind === 'element' || reference.kind === 'crossSection'
      return (
        (isApart || shift !== undefined || window !== undefined) && this.strategy.types.get(id) !== 'vector'
      )
    })
    const atAll = inputs.some(
      (id) => this.versions.get(id)?.has(undefined) === true || isKnown(this.strategy.keys.get(id)!),
    )
    return atRows && !atAll ? bars : undefined
  }
}

export const inputsOf = (node: GraphNode): readonly string[] =>
  node.mask === undefined ? node.inputs : [...node.inputs, node.mask]
