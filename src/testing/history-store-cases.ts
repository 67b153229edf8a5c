import { uuidv7 } from '../base/ids.js'
import type { HistoryRecord, IterationRecord } from '../history/record.js'
import type { HistoryCursor, HistoryStore } from '../history/store.js'
import { makeIteration, makeNote } from './records.js'

/** One check of a contract. Names read as facts; `run` throws where the fact does not hold. */
export interface ContractCase {
  readonly name: string
  run(): Promise<void>
}

/** What an implementation must offer to be checked. */
export interface HistoryStoreSetup {
  /** Opens a store on the same history each time that it is called. */
  open(): Promise<HistoryStore>
  /** Removes the history. */
  dispose(): Promise<void>
}

function check(holds: boolean, fact: string): asserts holds {
  if (!holds) throw new Error(`the contract is broken: ${fact}`)
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  check(a === b, `${what} is ${a}, expected ${b}`)
}

async function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  equal((error as { code?: unknown } | undefined)?.code, code, 'the code of the error')
}

async function all(store: HistoryStore, from?: HistoryCursor): Promise<HistoryRecord[]> {
  const records: HistoryRecord[] = []
  for await (const record of store.records(from)) records.push(record)
  return records
}

const numbers = (records: readonly HistoryRecord[]) =>
  records.filter((record): record is IterationRecord => record.kind === 'iteration').map((r) => r.iteration)
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)
const idOf = (n: number) => uuidv7(1_700_000_000_000 + n, new Uint8Array(10).fill(n))

/**
 * The contract of `HistoryStore` as a list of cases, for any test runner:
 * `for (const { name, run } of historyStoreCases(make)) test(name, run)`.
 */
export function historyStoreCases(make: () => Promise<HistoryStoreSetup>): ContractCase[] {
  const cases: ContractCase[] = []
  const add = (name: string, body: (store: HistoryStore, setup: HistoryStoreSetup) => Promise<void>) => {
    cases.push({
      name,
      async run() {
        const setup = await make()
        const store = await setup.open()
        try {
          await body(store, setup)
        } finally {
          await store.close()
          await setup.dispose()
        }
      },
    })
  }

  add('an empty history has no records, no tail and no iteration 0', async (store) => {
    equal(await all(store), [], 'the records')
    equal(await store.tail(5), [], 'the tail')
    equal(await store.get(0), undefined, 'iteration 0')
  })

  add('iterations are numbered from 0 without gaps, other kinds get no number', async (store) => {
    const stored = [
      await store.append(makeIteration(0)),
      await store.append(makeNote('between')),
      await store.append(makeIteration(1)),
    ]
    equal(numbers(stored), [0, 1], 'the numbers')
    check(!('iteration' in stored[1]!), 'a note carries no number')
    equal(numbers(await all(store)), [0, 1], 'the numbers read back')
  })

  add('what append returns is what is read back', async (store) => {
    const stored = await store.appendMany([makeIteration('a'), makeNote('b'), makeIteration('c')])
    const sorted = (record: object) => Object.fromEntries(Object.entries(record).sort())
    equal((await all(store)).map(sorted), stored.map(sorted), 'the history')
  })

  add('records of one call stand together and in order, also among concurrent calls', async (store) => {
    await Promise.all(upTo(10).map((i) => store.appendMany(upTo(5).map((j) => makeNote(`${i}:${j}`)))))
    const texts = (await all(store)).map((record) => (record.kind === 'note' ? record.text : ''))
    for (let i = 0; i < 50; i += 5) {
      const call = texts[i]!.split(':')[0]
      equal(
        texts.slice(i, i + 5),
        upTo(5).map((j) => `${call}:${j}`),
        'a call',
      )
    }
  })

  add('a draft without id and time gets both; given ones stay', async (store) => {
    const made = await store.append(makeIteration(0))
    check(/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(made.id), 'the id is a UUID of version 7')
    check(/Z$/.test(made.timestamp), 'the timestamp is in UTC')
    const given = { id: idOf(1), timestamp: '2020-02-29T12:00:00.000Z' }
    const kept = await store.append({ ...makeIteration(1), ...given })
    equal({ id: kept.id, timestamp: kept.timestamp }, given, 'what was given')
  })

  add('an id is stored once: the second call gets the record that stands', async (store) => {
    const first = await store.append({ ...makeIteration(0), id: idOf(1) })
    const second = await store.append({ ...makeIteration(1), id: idOf(1) })
    equal(second, first, 'the second')
    equal((await all(store)).length, 1, 'the number of records')
  })

  add('an id is stored once also within one call and among concurrent calls', async (store) => {
    const twice = await store.appendMany([
      { ...makeIteration(0), id: idOf(1) },
      { ...makeIteration(1), id: idOf(1) },
    ])
    equal(twice[1], twice[0], 'the twin')
    await Promise.all(upTo(8).map(() => store.append({ ...makeIteration(2), id: idOf(2) })))
    equal(numbers(await all(store)), [0, 1], 'the numbers')
  })

  add('an id is stored once also from a second store and after opening again', async (store, setup) => {
    const id = store.newId()
    const first = await store.append({ ...makeIteration(0), id })
    for (let i = 0; i < 3; i++) await store.append(makeIteration(i + 1))
    const other = await setup.open()
    try {
      equal(await other.append({ ...makeIteration(9), id }), first, 'the record of the second store')
      const late = other.newId()
      await other.append({ ...makeIteration(4), id: late })
      await store.append({ ...makeIteration(9), id: late })
    } finally {
      await other.close()
    }
    equal(numbers(await all(store)), upTo(5), 'the numbers')
  })

  add('two stores on one history see each other and number together', async (store, setup) => {
    const other = await setup.open()
    try {
      const stored: HistoryRecord[] = []
      await Promise.all(
        [store, other].map(async (one) => {
          for (let i = 0; i < 25; i++) stored.push(await one.append(makeIteration(i)))
        }),
      )
      equal(
        numbers(stored).sort((a, b) => a - b),
        upTo(50),
        'the numbers',
      )
      equal(numbers(await all(other)), upTo(50), 'the order')
    } finally {
      await other.close()
    }
  })

  add('numbers go on after the history was opened again', async (store, setup) => {
    await store.appendMany([makeIteration(0), makeIteration(1), makeNote('last')])
    const again = await setup.open()
    try {
      equal((await again.append(makeIteration(2))).iteration, 2, 'the next number')
    } finally {
      await again.close()
    }
  })

  add('reading goes on behind a cursor, also one kept as JSON in an earlier life', async (store, setup) => {
    await store.appendMany([makeIteration(0), makeIteration(1)])
    let cursor: HistoryCursor | undefined
    for await (const page of store.pages()) cursor = page.cursor
    check(cursor !== undefined, 'a page has a cursor')
    await store.append(makeIteration(2))
    const other = await setup.open()
    try {
      equal(numbers(await all(other, JSON.parse(JSON.stringify(cursor)))), [2], 'the rest')
    } finally {
      await other.close()
    }
  })

  add('a cursor of another history is refused', async (store) => {
    await store.append(makeIteration(0))
    await rejectsWith(all(store, { position: 10, check: 'elsewhere' }), 'HISTORY_CURSOR')
  })

  add('the tail holds the last iterations, oldest first, whatever stands between', async (store) => {
    for (let i = 0; i < 6; i++) {
      await store.append(makeIteration(i))
      await store.append(makeNote(`after ${i}`))
    }
    equal(numbers(await store.tail(3)), [3, 4, 5], 'the tail')
    equal(numbers(await store.tail(99)), upTo(6), 'a tail longer than the history')
    equal(await store.tail(0), [], 'a tail of none')
  })

  add('an iteration is found by its number', async (store) => {
    const stored = await store.appendMany(upTo(20).map((i) => makeIteration(i)))
    for (const record of stored) equal((await store.get(record.iteration))?.id, record.id, 'the id')
    equal(await store.get(20), undefined, 'a number that is not there')
  })

  add('a draft that does not fit is refused and nothing of its call is stored', async (store) => {
    const broken = { ...makeIteration(1), level: 'LEVEL_9' } as unknown as ReturnType<typeof makeIteration>
    await rejectsWith(store.appendMany([makeIteration(0), broken]), 'HISTORY_BAD_RECORD')
    equal(await all(store), [], 'the records')
    equal((await store.append(makeIteration(2))).iteration, 0, 'the next number')
  })

  add('every way to fail can be stored', async (store) => {
    const error = { category: 'limit', code: 'TOO_DEEP', message: 'depth 31' }
    const failures = [
      { status: 'rejected', durationMs: 0, error },
      { status: 'error', durationMs: 1, error },
      { status: 'timeout', durationMs: 60_000, error },
      { status: 'ruined', durationMs: 5 },
    ] as const
    for (const execution of failures) {
      await store.append({ ...makeIteration(0), strategy: null, metrics: null, level: 'LEVEL_0', execution })
    }
    const read = (await all(store)).map((record) => record.kind === 'iteration' && record.execution.status)
    equal(
      read,
      failures.map((failure) => failure.status),
      'the states',
    )
  })

  add('metrics that are not finite are stored as null', async (store) => {
    const metrics = {
      train: { sharpe: Number.NaN, calmar: Number.POSITIVE_INFINITY, cagr: 0.1 },
      validation: null,
    }
    const stored = await store.append({ ...makeIteration(0), metrics })
    equal(
      stored.metrics,
      { train: { sharpe: null, calmar: null, cagr: 0.1 }, validation: null },
      'the metrics',
    )
  })

  add(
    'any text comes back as it was: line ends, quotes, other scripts, control characters',
    async (store) => {
      const text = 'a\nb\r\nc\u2028d"\\\u0000\u001f 動量 🚀 é'
      await store.append({ ...makeIteration(0), feedback: text })
      equal((await store.tail(1))[0]?.feedback, text, 'the text')
    },
  )

  add('keys never reach the history', async (store) => {
    const key = `sk-${'a1B2c3D4'.repeat(5)}`
    const stored = await store.append({
      ...makeIteration(0),
      feedback: `the call with ${key} failed`,
      execution: {
        status: 'error',
        durationMs: 1,
        error: { category: 'provider', code: 'HTTP_401', message: `Authorization: Bearer ${key}` },
      },
    })
    check(!JSON.stringify(stored).includes(key), 'the returned record holds no key')
    check(!JSON.stringify(await all(store)).includes(key), 'the stored record holds no key')
  })

  add('a closed store refuses to work', async (store) => {
    await store.close()
    await rejectsWith(store.append(makeIteration(0)), 'HISTORY_CLOSED')
    await rejectsWith(store.tail(1), 'HISTORY_CLOSED')
  })

  return cases
}
