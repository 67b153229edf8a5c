import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { figure } from '../../src/champion/objective.js'
import { requiredMargin } from '../../src/champion/policy.js'
import { configSchema } from '../../src/config/schema.js'
import { createStrategy } from '../../src/graph/strategy.js'
import type { IterationRecord } from '../../src/history/record.js'
import { championPolicy } from '../../src/loop/judge.js'
import { strategyToCode } from '../../src/strategy/to-code.js'
import { cli, temporaryFolder } from '../support/cli.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { startProvider } from '../support/provider-server.js'

const program = (body: string) =>
  `\`\`\`ts\nimport { strategy, field, rank } from 'alphaloop'\nconst close = field('close')\nexport default strategy({ ${body} })\n\`\`\``
const WRONG = 'score: close.nonsense(3), select: { top: 3 }'

test('what the loop knows stands in the request that the provider receives', async () => {
  const folder = temporaryFolder()
  const server = await startProvider('anthropic', (_, index) => ({
    kind: 'text',
    text: program(
      index % 3 === 1
        ? WRONG
        : `name: 'Written ${index}', score: rank(close.pctChange(${3 + index})), select: { top: 3 }`,
    ),
  }))
  try {
    writeFileSync(
      join(folder, 'alphaloop.yaml'),
      `data: builtin:symbols=10,bars=420,seed=7
seed: 7
iterations: 32
batchSize: 4
innovationRate: 0.5
champion: { firstSharpe: 0 }
llm:
  maxRounds: 1
  concurrency: 1
  models:
    - { provider: anthropic, model: writes, baseUrl: '${server.baseUrl}', apiKeyVariable: KEY }
`,
    )
    const { code, stderr } = await cli(['run', '--run-dir', 'run'], {
      cwd: folder,
      env: { KEY: 'sk-nobody' },
    })
    expect(code, stderr).toBe(0)
  } finally {
    await server.close()
  }
  const records = iterationsIn(readHistory(join(folder, 'run')))
  const policy = championPolicy(configSchema.parse({ champion: { firstSharpe: 0 } }))
  const byId = new Map(records.map((record) => [record.id, record]))
  const seen = { ablation: 0, alternatives: 0, parents: 0, mended: 0, failures: 0, target: 0 }

  for (const { said } of server.calls) {
    const record = records[Number(/Propose the strategy of iteration (\d+)\./.exec(said)![1])]!
    const before = records.slice(0, record.iteration - (record.iteration % 4))
    const champion = before.findLast((one) => one.champion.updated)
    expect(said).toContain(record.feedback)
    if (before.some(({ execution }) => execution.status === 'error')) {
      expect(said).toMatch(/× unknown operator, .*no method or output "nonsense"/)
      seen.failures++
    }
    const shows = (title: string) => said.includes(`## ${title}\n`)
    if (champion !== undefined) {
      const { sharpe } = champion.metrics!.validation!
      const { target } = requiredMargin(sharpe!, policy, {
        iteration: record.iteration,
        crownedAt: champion.iteration,
      })
      expect(said).toContain(`target is a validation Sharpe of at least ${figure(target)}`)
      expect(said).toContain(codeOf(champion))
      seen.target++
      if (shows('What made the champion work')) {
        for (const { without } of champion.ablation!.parts) expect(said).toContain(`- without ${without}: `)
        seen.ablation++
      }
    }
    if (shows('Other good strategies')) {
      const good = before.filter(
        (one) => one.strategy?.graph && one !== champion && said.includes(codeOf(one)),
      )
      expect(good.length).toBeGreaterThan(0)
      expect(good.length).toBeLessThanOrEqual(3)
      seen.alternatives++
    }
    if (shows('The two parents')) {
      expect(record.parents).toHaveLength(2)
      for (const id of record.parents) expect(said).toContain(codeOf(byId.get(id)!))
      seen.parents++
    }
    if (shows('The strategy to mend')) {
      const [mended] = record.parents.map((id) => byId.get(id)!)
      expect(said).toContain(mended!.attempt?.code ?? codeOf(mended!))
      expect(said).toContain(`Iteration ${mended!.iteration} failed: `)
      seen.mended++
    }
    // Metrics of validation are the champion's alone.
    expect(said.match(/^validation: /gm)?.length ?? 0).toBe(champion === undefined ? 0 : 1)
  }
  // Each of them was looked at, or the test shows nothing.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
  expect(server.calls.map(({ said }) => said).join('\n')).not.toContain('sk-nobody')
  expect(readFileSync(join(folder, 'run/history.jsonl'), 'utf8')).not.toContain('sk-nobody')
}, 60_000)

const codeOf = ({ strategy }: IterationRecord): string =>
  strategyToCode(createStrategy(strategy!.graph)).trimEnd()
