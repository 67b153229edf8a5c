import { expectTypeOf, test } from 'vitest'
import type { HistoryEntry, IterationEntry } from '../../src/champion/entry.js'
import type { HistoryRecord, IterationRecord } from '../../src/history/record.js'

test('every record of the journal is an entry that the folds read', () => {
  expectTypeOf<HistoryRecord>().toExtend<HistoryEntry>()
  expectTypeOf<IterationRecord>().toExtend<IterationEntry>()
})
