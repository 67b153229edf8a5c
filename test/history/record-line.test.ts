import { describe, expect, test } from 'vitest'
import type { RecordDraft } from '../../src/history/record.js'
import { parseHead, parseLine, prepareRecord, startsWithBom } from '../../src/history/record-line.js'
import { createRedactor } from '../../src/history/redact.js'
import { makeIteration } from '../../src/testing/records.js'

const ID = '01890000-0000-7000-8000-000000000001'
const given = { id: ID, timestamp: '2026-01-02T00:00:00.000Z' }
const redactor = createRedactor()
const prepare = (draft: unknown) => prepareRecord(draft as RecordDraft, given, redactor)
const note = { kind: 'note', run: null, text: 'hello' }

describe('a line', () => {
  const because = (bytes: Buffer) => {
    const parsed = parseLine(bytes)
    return parsed.ok ? 'ok' : parsed.because
  }

  test('that cannot be read says why', () => {
    expect(because(Buffer.from([0x7b, 0xff, 0x7d]))).toBe('is not valid UTF-8')
    expect(because(Buffer.from(''))).toBe('is empty')
    expect(because(Buffer.from(' \r'))).toBe('is empty')
    expect(because(Buffer.from('{"schema":'))).toMatch(/^is not JSON: .*JSON/)
    expect(because(Buffer.from('[1]'))).not.toBe('ok')
    expect(because(Buffer.from('{}'))).not.toBe('ok')
  })

  test('that was prepared can be read, also between a byte order mark and a CR', () => {
    for (const draft of [note, makeIteration(1)]) {
      const prepared = prepare(draft)
      const text = prepared.line(7)
      expect(text.endsWith('}\n')).toBe(true)
      for (const bytes of [text.slice(0, -1), `\uFEFF${text.slice(0, -1)}\r`]) {
        const parsed = parseLine(Buffer.from(bytes))
        expect(parsed).toMatchObject({ ok: true, record: prepared.record(7) })
      }
    }
  })

  test('begins with a byte order mark where all of it is there', () => {
    expect(startsWithBom(Buffer.from('\uFEFFx'))).toBe(true)
    expect(startsWithBom(Buffer.from([0xef, 0xbb]))).toBe(false)
    expect(startsWithBom(Buffer.from('x\uFEFF'))).toBe(false)
  })
})

describe('the head of a line', () => {
  test('has the id, and the number of an iteration', () => {
    expect(parseHead(Buffer.from(prepare(makeIteration(1)).line(41)))).toEqual({ id: ID, iteration: 41 })
    expect(parseHead(Buffer.from(prepare(note).line(41)))).toEqual({ id: ID, iteration: undefined })
  })

  test('has no number where the kind is another, or where an iteration lacks it', () => {
    const head = (kind: string, more: string) =>
      parseHead(Buffer.from(`{"schema":1,"kind":"${kind}","id":"a"${more},"x":1}`))
    expect(head('note', ',"iteration":5')).toEqual({ id: 'a', iteration: undefined })
    expect(head('iteration', '')).toEqual({ id: 'a', iteration: undefined })
    expect(head('iteration', ',"iteration":0')).toEqual({ id: 'a', iteration: 0 })
  })

  test('is none in any other line', () => {
    for (const text of [
      '',
      '{}',
      ' {"schema":1,"kind":"note","id":"a",',
      '{"schema":1,"kind":"no-te","id":"a",',
    ])
      expect(parseHead(Buffer.from(text))).toBeUndefined()
    expect(parseHead(Buffer.from(`{"schema":1,"kind":"note","id":"${'a'.repeat(101)}",`))).toBeUndefined()
  })
})

describe('preparing a record', () => {
  test('gives iterations the number, and other kinds none', () => {
    const iteration = prepare(makeIteration(3))
    expect(iteration).toMatchObject({ id: ID, numbered: true })
    expect(iteration.record(12)).toMatchObject({ kind: 'iteration', iteration: 12 })
    expect(iteration.line(12)).toMatch(
      /^\{"schema":1,"kind":"iteration","id":"[^"]+","iteration":12,"timestamp"/,
    )
    const text = prepare(note)
    expect(text).toMatchObject({ id: ID, numbered: false })
    expect(text.line(12)).toMatch(/^\{"schema":1,"kind":"note","id":"[^"]+","timestamp"/)
    expect(text.record(12)).not.toHaveProperty('iteration')
  })

  test('knows its size to a few bytes', () => {
    for (const draft of [note, makeIteration(4), makeIteration(5, 5_000)]) {
      const { size, line } = prepare(draft)
      expect(Math.abs(size - Buffer.byteLength(line(123)))).toBeLessThan(200)
    }
  })

  test('takes an id of its own, and no number or schema', () => {
    const own = '01890000-0000-7000-8000-00000000beef'
    const prepared = prepare({ ...note, id: own, iteration: 99, schema: 77 })
    expect(prepared.id).toBe(own)
    expect(prepared.record(1)).toMatchObject({ id: own, schema: 1 })
    expect(prepared.record(1)).not.toHaveProperty('iteration')
  })

  test('writes numbers that JSON cannot say as null, and texts that look like them as they are', () => {
    const metrics = {
      train: { sharpe: Number.NaN, calmar: Number.POSITIVE_INFINITY },
      validation: { sharpe: 1 },
    }
    const prepared = prepare({ ...makeIteration(6), metrics, feedback: 'NaN' })
    expect(prepared.record(0)).toMatchObject({
      metrics: { train: { sharpe: null, calmar: null }, validation: { sharpe: 1 } },
      feedback: 'NaN',
    })
  })

  test('refuses what is no record, with the reason and what was given', () => {
    const refused = (draft: unknown) => {
      try {
        prepare(draft)
      } catch (error) {
        return error
      }
      throw new Error('it was accepted')
    }
    expect(refused({ kind: 'note', run: null })).toMatchObject({
      kind: 'usage',
      code: 'HISTORY_BAD_RECORD',
      message: expect.stringMatching(/^a record of kind note cannot be stored: .*text/),
      hint: 'give it the fields of record schema 1',
      details: { kind: 'note', id: ID, because: expect.stringContaining('text') },
    })
    expect(refused({ kind: 'wish', text: 'x' })).toMatchObject({ code: 'HISTORY_BAD_RECORD' })
    const circle: Record<string, unknown> = { ...note }
    circle.more = circle
    expect(refused(circle)).toMatchObject({
      code: 'HISTORY_BAD_RECORD',
      message: expect.stringMatching(/^a record of kind note cannot be stored: ./),
    })
  })
})
