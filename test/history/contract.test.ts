import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { JournalStore } from '../../src/history/journal-store.js'
import { historyStoreCases } from '../../src/testing/index.js'

describe('a journal keeps the contract of a history store', () => {
  const cases = historyStoreCases(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alphaloop-history-'))
    return {
      open: () => JournalStore.open(join(folder, 'run', 'history.jsonl')),
      dispose: async () => rmSync(folder, { recursive: true, force: true }),
    }
  })
  for (const { name, run } of cases) test(name, run)
})
