import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.js'
import { HISTORY_FILE, JournalStore } from '../../src/history/journal-store.js'
import type { IterationDraft } from '../../src/history/record.js'
import { foldRules } from '../../src/loop/state.js'
import { readRun } from '../../src/loop/stored-run.js'
import { followRun } from '../../src/mcp/follow.js'
import { workFolder } from './support.js'

const rules = { ...foldRules(configSchema.parse({})), scoredWindow: 10_000 }

const draft = (name: string, sharpe: number): IterationDraft => ({
  kind: 'iteration',
  run: null,
  method: 'factor_graph',
  proposer: 'random',
  trials: 1,
  parents: [],
  strategy: { hash: name.padEnd(32, '0'), name, graph: null },
  execution: { status: 'success', durationMs: 1 },
  metrics: { train: { sharpe }, validation: { sharpe } },
  level: 'LEVEL_2',
  champion: { updated: false, because: 'no', previous: null },
  feedback: '',
})

test('a history is followed as it grows, by any number of readers, and started anew where it is another', async () => {
  const runDir = workFolder()
  const path = join(runDir, HISTORY_FILE)
  const read = followRun(runDir, rules, () => {})
  expect((await read()).next).toBe(0)
  let store = await JournalStore.open(path)
  for (let i = 0; i < 40; i++) {
    await store.append(draft(`s${i}`, i / 10))
    const states = await Promise.all([read(), read(), read()])
    expect(states.map(({ next }) => next)).toEqual([i + 1, i + 1, i + 1])
  }
  expect(await read()).toEqual(await readRun(runDir))
  await store.close()
  rmSync(path)
  expect((await read()).next).toBe(0)
  store = await JournalStore.open(path)
  await store.append(draft('other', 1))
  const { next, evaluated, counts } = await read()
  expect([next, evaluated.size, counts.trials]).toEqual([1, 1, 1])
  await store.close()
  // Another history in the same place, longer than what was read before.
  rmSync(path)
  store = await JournalStore.open(path)
  for (let i = 0; i < 50; i++) await store.append(draft(`t${i}`, i / 10))
  expect(await read()).toEqual(await readRun(runDir))
  await store.close()
})
