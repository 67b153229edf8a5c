import { expect, test } from 'vitest'
import type { Sandbox, SourceReading } from '../../src/sandbox/sandbox.js'
import { compileExpression, compileStrategy } from '../../src/strategy/compile.js'

/** A sandbox whose reading comes to this; nothing gets as far as running. */
const reading = (outcome: SourceReading): Sandbox => ({
  read: async () => outcome,
  run: () => Promise.reject(new Error('nothing was to be run')),
  close: async () => {},
})
const refusal = async (outcome: SourceReading) => {
  const sandbox = reading(outcome)
  const told = await compileStrategy('export default 1', sandbox).catch((error: unknown) => error)
  const toldOfExpression = await compileExpression('close', sandbox, { fields: ['close'] }).catch(
    (error: unknown) => error,
  )
  expect(toldOfExpression).toMatchObject({ code: (told as { code: string }).code })
  return told
}

test('a text that was not read to its end is refused with the reason and a remedy', async () => {
  const remedy = expect.stringContaining('const part = …')
  expect(await refusal({ state: 'stopped', limit: 'time' })).toMatchObject({
    kind: 'usage',
    code: 'STRATEGY_TIMEOUT',
    message: 'strategy.ts: the program takes too long to be read',
    hint: remedy,
  })
  expect(await refusal({ state: 'stopped', limit: 'memory' })).toMatchObject({
    code: 'STRATEGY_MEMORY',
    message: 'strategy.ts: the program takes too much memory to be read',
    hint: remedy,
  })
  expect(await refusal({ state: 'tooDeep' })).toMatchObject({
    code: 'STRATEGY_SYNTAX',
    message: 'strategy.ts: the program is nested too deeply to be read',
    hint: remedy,
  })
  expect(await refusal({ state: 'tooLong', limit: 16_000 })).toMatchObject({
    code: 'STRATEGY_TOO_LARGE',
    message: 'strategy.ts: the program has more than 16000 words and signs',
  })
})

test('an error without a place is told without one', async () => {
  expect(await refusal({ state: 'refused', message: 'Odd', code: '', position: undefined })).toMatchObject({
    code: 'STRATEGY_SYNTAX',
    message: 'strategy.ts: odd',
    hint: undefined,
  })
})
