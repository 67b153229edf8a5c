import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(import.meta.dirname, '../..')
const BIN = join(ROOT, 'dist/cli/bin.js')

/**
 * A fenced block of a page of the guide.
 *   ```ts            a program: it is run
 *   ```ts file.ts    a file that later blocks use: it is written
 *   ```sh            commands: they are run
 *   ```text          what the block before printed
 */
export interface Block {
  readonly language: string
  readonly file: string | undefined
  readonly text: string
  /** Where the text begins and ends in the page. */
  readonly start: number
  readonly end: number
  readonly line: number
}

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map((match) => {
    const start = match.index + match[0].indexOf('\n') + 1
    return {
      language: match[1]!,
      file: match[2],
      text: match[3]!,
      start,
      end: start + match[3]!.length,
      line: page.slice(0, match.index).split('\n').length,
    }
  })
}

/** Data that a page reads from `$DATA`, as its comment `<!-- data: folder -->` says; undefined where it needs none. */
export const dataOf = (page: string): string | undefined => /^<!-- data: (\S+) -->$/m.exec(page)?.[1]

export interface Mismatch {
  readonly line: number
  readonly expected: string
  readonly printed: string
}

/**
 * Runs a page from top to bottom in a folder of its own, as a reader would with the package installed, and compares
 * what each block prints with the `text` block after it. There, `…` stands for anything: times, versions, lines.
 */
export function runPage(page: string, data: string | undefined): Mismatch[] {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-guide-'))
  try {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    symlinkSync(ROOT, join(folder, 'node_modules/alphaloop'))
    symlinkSync(BIN, join(folder, 'node_modules/.bin/alphaloop'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    let printed: { text: string; line: number } | undefined
    const mismatches: Mismatch[] = []
    for (const block of blocksOf(page)) {
      if (block.language === 'text') {
        if (printed === undefined) throw new Error(`line ${block.line}: no block before this output`)
        if (!outputPattern(block.text).test(printed.text))
          mismatches.push({ line: block.line, expected: block.text, printed: printed.text })
        printed = undefined
      } else if (block.file !== undefined) {
        writeFileSync(join(folder, block.file), block.text)
      } else if (block.language === 'ts' || block.language === 'sh') {
        printed = { text: run(block, folder, data), line: block.line }
      }
    }
    return mismatches
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(block: Block, cwd: string, data: string | undefined): string {
  const command =
    block.language === 'sh'
      ? ['bash', '-euo', 'pipefail', '-c', block.text]
      : [process.execPath, '--import', fileURLToPath(import.meta.resolve('tsx')), 'example.ts']
  if (block.language === 'ts') writeFileSync(join(cwd, 'example.ts'), block.text)
  const { status, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${join(cwd, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
      HOME: cwd,
      COLUMNS: '100',
      NO_COLOR: '1',
      ALPHALOOP_CACHE_DIR: join(cwd, '.cache'),
      ...(data === undefined ? {} : { DATA: data }),
    },
  })
  if (error) throw error
  if (status !== 0)
    throw new Error(`line ${block.line} ended with ${status}:\n${block.text}\n${stdout}\n${stderr}`)
  return stdout
}

/** `…` stands for anything within a line; a line that is nothing else, for any number of lines. */
function outputPattern(expected: string): RegExp {
  const lines = expected.trimEnd().split('\n')
  const pattern = lines.map((line) =>
    line.trim() === '…' ? '(?:.*\n)*?' : `${line.trimEnd().split('…').map(escaped).join('.*?')} *\n`,
  )
  return new RegExp(`^\\n*${pattern.join('')}\\n*$`)
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

export const readPage = (path: string): string => readFileSync(path, 'utf8')
