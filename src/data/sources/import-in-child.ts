import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AlphaloopError, type ErrorDetails, type ErrorKind, environmentError } from '../../base/errors.js'
import type { DataOptions } from '../dataset.js'
import type { DatasetMeta } from './cache.js'

/** What the importing child says, in one line. */
export type ChildReply =
  | {
      readonly state: 'done'
      readonly path: string
      readonly temporary: string | undefined
      readonly meta: DatasetMeta
      readonly notes: readonly string[]
    }
  | {
      readonly state: 'refused'
      readonly kind: ErrorKind
      readonly code: string
      readonly message: string
      readonly hint: string | undefined
      readonly details: ErrorDetails
    }
  | { readonly state: 'crashed'; readonly message: string }

/** The issues without what was seen in the rows: those may be sealed. */
export const withoutDetails = (meta: DatasetMeta): DatasetMeta => ({
  ...meta,
  issues: meta.issues.map((issue) => ({
    ...issue,
    examples: issue.examples.map(({ detail: _, ...place }) => place),
  })),
})

/** The child's entry beside this file: `.ts` where the sources run, `.js` where they are built. */
export const importProcessUrl = (): URL =>
  new URL(`./import-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** Node's arguments for an entry; TypeScript wants tsx, which only developers have. */
function nodeArguments(entry: URL): string[] {
  const path = fileURLToPath(entry)
  if (!path.endsWith('.ts')) return [path]
  const tsx = createRequire(import.meta.url).resolve('tsx')
  return ['--import', pathToFileURL(tsx).href, path]
}

/**
 * Imports data in a child process and returns where it lies and what it is, without values. A refusal of the child
 * is thrown here as it was there; a child that dies is an environment error.
 */
export function importInChild(options: DataOptions, entry: URL = importProcessUrl()) {
  return new Promise<Extract<ChildReply, { state: 'done' }>>((resolve, reject) => {
    const child = spawn(process.execPath, nodeArguments(entry), {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A terminal's Ctrl-C goes to the whole group; whoever asked for the data decides what an interrupt means.
      detached: process.platform !== 'win32',
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    const died = (why: string) =>
      reject(
        environmentError('DATA_IMPORT_DIED', `the process that reads the data ${why}`, undefined, {
          stderr: err.slice(-2000),
        }),
      )
    child.on('error', (error) => died(`cannot be started: ${error.message}`))
    child.on('close', (code, signal) => {
      let reply: ChildReply
      try {
        reply = JSON.parse(out)
      } catch {
        died(signal ? `was ended by ${signal}` : `ended with code ${code} and no answer`)
        return
      }
      if (reply.state === 'done') resolve(reply)
      else if (reply.state === 'refused') {
        const { kind, code, message, hint, details } = reply
        reject(new AlphaloopError(kind, code, message, { hint, details }))
      } else died(`failed: ${reply.message}`)
    })
    // A child that dies early closes the pipe; its exit says why.
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(options))
  })
}
