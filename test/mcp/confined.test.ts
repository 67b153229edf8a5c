import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeReportFile } from '../../src/mcp/confined.js'
import { workFolder } from './support.js'

describe('a report that an agent named', () => {
  test('stands in the reports of the run directory, and takes the place of the one before', () => {
    const runDir = workFolder()
    expect(writeReportFile(runDir, 'a.html', 'one')).toBe('reports/a.html')
    expect(writeReportFile(runDir, 'a.html', 'two')).toBe('reports/a.html')
    expect(readFileSync(join(runDir, 'reports/a.html'), 'utf8')).toBe('two')
    expect(readdirSync(join(runDir, 'reports'))).toEqual(['a.html'])
  })

  test('is written nowhere else, whatever the name', () => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    mkdirSync(runDir)
    const name = fc.oneof(
      fc.string(),
      fc
        .string({ unit: fc.constantFrom('.', '/', '\\', 'a', '\0', '~', '%', '2', 'e', ' ') })
        .map((text) => `${text}.html`),
    )
    fc.assert(
      fc.property(name, (text) => {
        try {
          writeReportFile(runDir, text, 'x')
        } catch (error) {
          expect(error).toMatchObject({ code: 'NAME_NOT_ALLOWED' })
        }
        expect(readdirSync(folder)).toEqual(['run'])
        expect(readdirSync(runDir).filter((entry) => entry !== 'reports')).toEqual([])
      }),
      { seed: 1, numRuns: 500 },
    )
    const written = existsSync(join(runDir, 'reports')) ? readdirSync(join(runDir, 'reports')) : []
    expect(written.filter((entry) => !/^\w[\w.-]*\.html$/.test(entry))).toEqual([])
  })

  test('goes through no link: neither the folder nor the file may be one', () => {
    const folder = workFolder()
    const runDir = join(folder, 'run')
    const outside = join(folder, 'outside')
    mkdirSync(runDir)
    mkdirSync(outside)
    symlinkSync(outside, join(runDir, 'reports'))
    expect(() => writeReportFile(runDir, 'a.html', 'x')).toThrow(/reports is a link/)
    expect(readdirSync(outside)).toEqual([])
    const other = join(folder, 'other')
    mkdirSync(join(other, 'reports'), { recursive: true })
    symlinkSync(join(outside, 'made.html'), join(other, 'reports', 'a.html'))
    expect(() => writeReportFile(other, 'a.html', 'x')).toThrow(/is a link/)
    mkdirSync(join(other, 'reports', 'b.html'))
    expect(() => writeReportFile(other, 'b.html', 'x')).toThrow(/is something else/)
    expect(readdirSync(outside)).toEqual([])
  })

  test('says so where nothing can be written, without the path', () => {
    const runDir = workFolder()
    writeFileSync(join(runDir, 'reports'), 'a file')
    expect(() => writeReportFile(runDir, 'a.html', 'x')).toThrow(/^reports/)
  })
})
