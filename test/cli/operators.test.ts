import { expect, test } from 'vitest'
import { REGISTRY } from '../../src/graph/registry.js'
import { cli, jsonOf } from '../support/cli-io.js'

const cwd = import.meta.dirname

test('every operator is listed under its category, one line each', async () => {
  const { code, stdout } = await cli(['operators'], { cwd, columns: 160 })
  expect(code).toBe(0)
  for (const { name } of REGISTRY.values())
    expect(stdout).toMatch(new RegExp(`^${name === 'var' ? 'variance' : name}\\(`, 'm'))
  const json = jsonOf(await cli(['operators', '--json'], { cwd }))
  expect(json.operators).toHaveLength(REGISTRY.size)
})

test('one operator is shown with its ranges, outputs and source', async () => {
  const { stdout } = await cli(['operators', 'macd'], { cwd })
  expect(stdout).toContain('fast: a whole number from 1 to 1000, 12 where it is left out')
  expect(stdout).toContain('.line .signal .histogram')
  expect(stdout).toContain('Source: Appel')
  expect(jsonOf(await cli(['operators', 'variance', '--json'], { cwd })).name).toBe('var')
})

test('numbers without a range are shown without one', async () => {
  expect((await cli(['operators', 'clip'], { cwd })).stdout).toContain('lo: number')
  expect((await cli(['operators', 'calendar'], { cwd })).stdout).toContain(
    'part: dayOfWeek, month, dayOfMonth',
  )
  expect((await cli(['operators', 'field'], { cwd })).stdout).toContain('name: a text')
})

test('an unknown one is answered with the nearest', async () => {
  const { code, stderr } = await cli(['operators', 'mcad'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('did you mean macd?')
})
