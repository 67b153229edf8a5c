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
  /** How often it will be gone through, where everything that reads it can do so piece by piece; else infinite. */
  passes: number
  /** How many streams stand between it and the next reader that is none. */
  depth: number
  /** It is computed as it is read (stream.ts), and kept nowhere. */
  isStreamed: boolean
  /** The bars at which an operator on a window reads its inputs; all of them where that is undefined. */
  read: RowSet | undefined
}

export interface Wanted {
  readonly id: string
  readonly rows: RowSet | undefined
}

/** What stands in the market data of the nodes that read it. */
export interface Stands {
  /** All of the node's values, as they are. */
  asArray(node: GraphNode): boolean
  /** What they follow from, cell by cell. */
  asFormula(node: GraphNode): boolean
}

/** The cache key of a version. */
const versionKey = (content: string, rows: RowSet | undefined) =>
  rows === undefined ? content : `${content}@${rows.key}`

/** What is read more often than this is better computed once. */
const MOST_PASSES = 3
/** Each stream on another takes a register more. */
const DEEPEST = 12

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
  private readonly stands: Stands

  /**
   * @param isKnown whether the cache has a version
   * @param bars of the panel
   * @param stands what the market data has of source nodes
   */
  constructor(
    strategy: Evaluable,
    wanted: readonly Wanted[],
    bars: number,
    isKnown: (key: string) => boolean,
    stands: Stands,
  ) {
    this.strategy = strategy
    this.bars = bars
    this.stands = stands
    const { nodes } = strategy.graph
    const byId = new Map(nodes.map((node) => [node.id, node]))
    for (const { id, rows } of wanted) this.want(byId.get(id)!, rows, true, Number.POSITIVE_INFINITY)
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

  private want(node: GraphNode, rows: RowSet | undefined, isRead: boolean, passes: number, depth = 0): void {
    let versions = this.versions.get(node.id)
    if (versions === undefined) {
      versions = new Map()
      this.versions.set(node.id, versions)
    }
    const known = versions.get(rows?.key)
    if (known !== undefined) {
      known.readers++
      known.isRead ||= isRead
      known.passes += passes
      known.depth = Math.max(known.depth, depth)
    } else {
      const key = versionKey(this.strategy.keys.get(node.id)!, rows)
      versions.set(rows?.key, {
        node,
        rows,
        key,
        origin: 'kernel',
        readers: 1,
        isRead,
        passes,
        depth,
        isStreamed: false,
        read: undefined,
      })
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
    const isApart = this.isApart(node)
    const isFlowing = isApart && this.canStream(node)
    const fullKey = this.strategy.keys.get(node.id)!
    const wanted = versions.get(undefined)
    const isFullStreamed =
      isFlowing &&
      wanted !== undefined &&
      wanted.origin !== 'known' &&
      mayStream(wanted) &&
      !this.isDearTruth(node, byId)
    if (isFullStreamed) wanted.isStreamed = true
    const stands = this.stands.asArray(node)
    const atOnce =
      missing.length > 0 &&
      ((wanted !== undefined && !isFullStreamed) ||
        isKnown(fullKey) ||
        !(isApart || definition.window !== undefined) ||
        this.strategy.types.get(node.id) === 'vector' ||
        (rowCount > MOST_ROWS * this.bars && !isFullStreamed))
    if (atOnce) {
      for (const version of missing) {
        version.origin = 'gather'
        version.isStreamed = stands && version.passes < Number.POSITIVE_INFINITY
        this.want(node, undefined, false, Number.POSITIVE_INFINITY)
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
      if (origin === 'known' || origin === 'gather') continue
      if (isFlowing && missing.includes(version)) version.isStreamed = mayStream(version)
      // A value that is computed piece by piece reads its inputs so too, each time that it is read.
      const passes = version.isStreamed
        ? version.passes
        : isFlowing || definition.readsSeries
          ? 1
          : Number.POSITIVE_INFINITY
      const depth = version.isStreamed ? version.depth + 1 : 0
      if (origin === 'window')
        for (const id of node.inputs) this.want(byId.get(id)!, version.read, true, passes)
      else if (origin === 'shift') {
        const input = byId.get(node.inputs[0]!)!
        if (definition.shift!.readsNow) this.want(input, rows, true, passes, depth)
        this.want(input, rows!.before(definition.shift!.by(node.params)), true, passes, depth)
      } else {
        const times = definition.shift?.readsNow ? 2 : 1
        for (const id of node.inputs) this.want(byId.get(id)!, rows, true, times * passes, depth)
        if (node.mask !== undefined) this.want(byId.get(node.mask)!, rows, true, Number.POSITIVE_INFINITY)
      }
    }
  }

  /**
   * Whether these are truths about numbers that take an array of their own: kept, they take an eighth of that, and what
   * changes elsewhere in the strategy does not ask for the numbers again.
   */
  private isDearTruth(node: GraphNode, byId: ReadonlyMap<string, GraphNode>): boolean {
    return (
      this.strategy.types.get(node.id) === 'boolean' &&
      node.inputs.some((id) => {
        const input = byId.get(id)!
        return (
          this.strategy.types.get(id) === 'panel' && !this.canStream(input) && !this.stands.asArray(input)
        )
      })
    )
  }

  /** Whether a bar's values can be had without those of others. */
  private isApart(node: GraphNode): boolean {
    const { reference, shift } = operatorNamed(node.op)
    const { kind } = reference
    return kind === 'element' || kind === 'crossSection' || shift !== undefined || this.stands.asFormula(node)
  }

  /** Whether a piece of the values can be had out of pieces of the inputs', for little. */
  private canStream(node: GraphNode): boolean {
    const { reference, shift } = operatorNamed(node.op)
    return (
      this.strategy.types.get(node.id) !== 'vector' &&
      (reference.kind === 'element' || shift !== undefined || this.stands.asFormula(node))
    )
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
      const input = byId.get(id)!
      return (
        (this.isApart(input) || operatorNamed(input.op).window !== undefined) &&
        this.strategy.types.get(id) !== 'vector'
      )
    })
    const atAll = inputs.some(
      (id) => this.versions.get(id)?.has(undefined) === true || isKnown(this.strategy.keys.get(id)!),
    )
    return atRows && !atAll ? bars : undefined
  }
}

const mayStream = ({ passes, depth }: Version) => passes <= MOST_PASSES && depth < DEEPEST

export const inputsOf = (node: GraphNode): readonly string[] =>
  node.mask === undefined ? node.inputs : [...node.inputs, node.mask]
