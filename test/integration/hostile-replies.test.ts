import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verifyHistory } from '../../src/history/verify.js'
import { ATTACKS } from '../sandbox/attacks.js'
import { cli, temporaryFolder } from '../support/cli.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { startModelServer } from '../support/model-server.js'

const EVERY = process.env.ALPHALOOP_DEEP === '1' ? 1 : 10

test('a model that replies with nothing but attacks costs no iteration, and the run goes on', async () => {
  const attacks = ATTACKS.filter((_, i) => i % EVERY === 0)
  const folder = temporaryFolder()
  // Rounds of one: what is asked next is the next attack.
  const server = await startModelServer((_, call) => ({
    kind: 'text',
    text: `\`\`\`ts\n${attacks[call % attacks.length]!.source}\n\`\`\``,
  }))
  try {
    writeFileSync(
      join(folder, 'alphaloop.yaml'),
      `data: builtin:symbols=10,bars=400,seed=3
iterations: ${attacks.length}
innovationRate: 1
runDirectory: run
llm:
  maxRounds: 1
  concurrency: 1
  models:
    - model: hostile
      baseUrl: ${server.baseUrl}
`,
    )
    const { code, stderr } = await cli(['run', '--quiet'], { cwd: folder })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const records = iterationsIn(readHistory(join(folder, 'run')))
    expect(records).toHaveLength(attacks.length)
    for (const record of records) {
      const { status } = record.execution
      // What did not compile, was no strategy, or came twice is a level 0 with its reason; the rest was backtested.
      if (record.strategy === null) expect(record).toMatchObject({ level: 'LEVEL_0' })
      expect(['success', 'error', 'rejected', 'ruined']).toContain(status)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not be steered by what is recorded
      expect(record.strategy?.name ?? '').not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    }
    expect(await verifyHistory(join(folder, 'run/history.jsonl'))).toMatchObject({ issues: [] })
  } finally {
    await server.close()
  }
}, 600_000)
