import type { z } from 'zod'
import type { ChampionPolicy } from '../champion/policy.js'
import { championPolicy } from '../loop/judge.js'
import type { LoopState } from '../loop/state.js'
import type { Desk } from './desk.js'
import { pathHider } from './problem.js'
import type { Telling } from './told.js'

/** What a tool's call comes with. */
export interface Call {
  /** Aborted when the client cancels the call or goes away. */
  readonly signal: AbortSignal
  /** Tells the client how far it is, where the client asked for that. */
  readonly progress: (done: number, total: number, message: string) => void
}

export interface Answer<Output> {
  readonly data: Output
  /** What a model reads; the data as JSON where absent. */
  readonly text?: string
}

/** One tool: what it is called, takes and gives. */
export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: Input
  readonly output: Output
  readonly effect: Effect
  run(args: z.output<Input>, call: Call): Promise<Answer<z.input<Output>>>
}

/** `reads`: changes nothing. `records`: appends to the run's history. `writes`: a file under the run directory. */
export type Effect = 'reads' | 'records' | 'writes'

/** A tool whose types are known to itself alone. */
export const tool = <Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Tool<Input, Output>,
): Tool => definition as unknown as Tool

/** The history as it is now, and how it is told. */
export interface Seen extends Telling {
  readonly state: LoopState
  readonly policy: ChampionPolicy
}

/** Reads the history for a tool. @throws AlphaloopError where settings or history cannot be read */
export async function look(desk: Desk, cwd: string): Promise<Seen> {
  const choice = await desk.choice()
  const state = await desk.state()
  return { state, policy: championPolicy(choice.config), hide: pathHider(choice, cwd) }
}
