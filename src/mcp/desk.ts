import { basename } from 'node:path'
import { AlphaloopError, environmentError } from '../base/errors.js'
import { type OpenedRun, openRun } from '../compose.js'
import type { Config } from '../config/schema.js'
import type { LoopEvent } from '../loop/events.js'
import type { Session } from '../loop/session.js'
import { foldRules, type LoopState } from '../loop/state.js'
import { followRun } from './follow.js'

/** What the server works on, as settings say it. */
export interface RunChoice {
  readonly config: Config
  /** Folder that relative paths of the configuration count from. */
  readonly base: string
  readonly runDir: string
}

export interface DeskOptions {
  /** Reads the settings; called again after it has failed, so that they can be mended while the server runs. */
  readonly settle: () => Promise<RunChoice>
  /** Where keys of models are read by the names of their variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly acceptChanges: boolean
  /** One line for whoever reads the server's log. */
  readonly log: (line: string) => void
}

/**
 * What the tools of a server work at, however many clients' calls meet there:
 * 1. settings and data are read when the first tool needs them; what failed is tried again by the next call
 * 2. readers read the run's history as it stands on disk, and wait for nobody
 * 3. writers take turns, and hold the run directory for their turn only: in between, others may write to it
 * 4. closing ends the turn as an interrupt ends a run: what is being evaluated is finished and recorded
 */
export interface Desk {
  choice(): Promise<RunChoice>
  /** What was settled last; undefined before anything was. */
  known(): RunChoice | undefined
  /** @throws AlphaloopError where settings or data cannot be used */
  opened(): Promise<OpenedRun>
  /** The fold over the history as it is now; a new one where there is none yet. Not to be changed. */
  state(): Promise<LoopState>
  /**
   * A turn at the run's history. It is not begun once its signal is aborted, and none is begun once the desk closes.
   * @throws AlphaloopError RUN_IN_USE, RUN_CHANGED, CANCELLED, SERVER_CLOSING, SERVER_BUSY
   */
  write<T>(
    signal: AbortSignal,
    work: (session: Session, run: OpenedRun) => Promise<T>,
    onEvent?: (event: LoopEvent) => void,
  ): Promise<T>
  /** Aborted when the desk closes. */
  readonly closing: AbortSignal
  close(): Promise<void>
}

/** Turns that may wait: an agent that asks for more has lost count. */
const MOST_WAITING = 64

export function createDesk({ settle, env, acceptChanges, log }: DeskOptions): Desk {
  const closing = new AbortController()
  let choice: Promise<RunChoice> | undefined
  let known: RunChoice | undefined
  let run: Promise<OpenedRun> | undefined
  let followed:
    | { readonly runDir: string; readonly config: Config; readonly read: () => Promise<LoopState> }
    | undefined
  let turns: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const choose = () => {
    choice ??= settle()
    choice.then(
      (settled) => {
        known = settled
      },
      () => {
        choice = undefined
      },
    )
    return choice
  }
  const open = () => {
    run ??= choose().then(({ config, base, runDir }) =>
      openRun({ config, base, runDir, env, acceptChanges, warn: (message) => log(`warning: ${message}`) }),
    )
    run.catch(() => {
      forget()
    })
    return run
  }
  /** Settings and data are read anew by the next call. */
  const forget = () => {
    choice = undefined
    run = undefined
  }

  return {
    choice: choose,
    known: () => known,
    opened: open,
    closing: closing.signal,
    async state() {
      const { runDir, config } = await choose()
      if (followed?.runDir !== runDir || followed.config !== config) {
        // As wide as a staleness window may be: a demotion names a scored record within it.
        const rules = { ...foldRules(config), scoredWindow: 10_000 }
        followed = { runDir, config, read: followRun(runDir, rules, ({ message }) => log(message)) }
      }
      return followed.read()
    },
    write(signal, work, onEvent) {
      if (waiting >= MOST_WAITING)
        throw environmentError(
          'SERVER_BUSY',
          `${waiting} proposals and runs of iterations are waiting for their turn`,
          'wait for their results first',
        )
      waiting++
      const turn = turns.then(async () => {
        waiting--
        if (closing.signal.aborted)
          throw environmentError('SERVER_CLOSING', 'the server is closing; nothing was recorded')
        if (signal.aborted)
          throw environmentError('CANCELLED', 'the call was cancelled before its turn; nothing was recorded')
        const opened = await open()
        try {
          return await opened.hold((session) => work(session, opened), onEvent)
        } catch (error) {
          if (error instanceof AlphaloopError && error.code === 'RUN_CHANGED') {
            forget()
            await opened.close()
          }
          throw error
        }
      })
      turns = turn.catch(() => {})
      return turn
    },
    async close() {
      closing.abort()
      await turns
      await run?.then(
        (opened) => opened.close(),
        () => {},
      )
    },
  }
}

/** How a run is called towards agents: where it lies on the machine is nobody's business. */
export const runName = ({ runDir }: RunChoice): string => basename(runDir)
