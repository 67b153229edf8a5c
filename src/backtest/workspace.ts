import type { Panel } from '../data/panel.js'
import { type AccountMemory, sharedMemory } from './account-memory.js'
import { Book } from './book.js'
import { type CloseColumns, closeColumns } from './closes.js'
import { PolicyArrays } from './policy.js'

/**
 * The arrays that a simulation works in. Making and clearing them anew would cost a short simulation more than the
 * simulation, so one that has finished leaves them to the next over a panel of the same size.
 */
export interface Workspace {
  readonly book: Book
  readonly policy: PolicyArrays
  /** By bar of a stretch: size of the shorts. */
  readonly short: Float64Array
}

/** Those of large panels wait beside their closes; small panels take turns in one. */
const own = new WeakMap<AccountMemory, Workspace>()
let idle: Workspace | undefined
/** The small panel whose closes are in the kernels' memory. */
let loaded: CloseColumns | undefined

/** Arrays for a panel, with its closes. A borrower that throws merely loses them to the garbage collector. */
export function borrowWorkspace(panel: Panel): Workspace {
  const closes = closeColumns(panel)
  const { memory } = closes
  const symbols = panel.symbols.length
  const bars = panel.dates.length
  if (memory !== undefined) {
    const before = own.get(memory)
    own.delete(memory)
    return before ?? createWorkspace(memory)
  }
  const before = idle
  idle = undefined
  const isFit = before?.book.memory.symbols === symbols && before.book.memory.bars === bars
  const workspace = isFit ? before : createWorkspace(sharedMemory(symbols, bars))
  if (!isFit || loaded !== closes) workspace.book.memory.closes.set(closes.last)
  loaded = closes
  return workspace
}

function createWorkspace(memory: AccountMemory): Workspace {
  const { symbols, bars } = memory
  return {
    book: new Book(memory),
    policy: new PolicyArrays(symbols, memory.wantedSymbols, memory.wantedWeights),
    short: new Float64Array(bars),
  }
}

/** Hands the arrays back when every position is closed and the ledger taken; they must not be used afterwards. */
export function giveBackWorkspace(workspace: Workspace): void {
  const { book } = workspace
  book.cash = 1
  if (book.memory.isShared) idle = workspace
  else own.set(book.memory, workspace)
}
