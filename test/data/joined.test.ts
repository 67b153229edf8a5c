import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FileDataOptions } from '../../src/data/dataset.js'
import { convertData } from '../../src/data/sources/commands.js'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { errorOf, temporaryFolder, writer } from './support/files.js'

const folder = temporaryFolder()
const write = writer(folder)
const _ = Number.NaN
const prices = write('prices.csv', [
  'date,symbol,close',
  '2020-01-02,0050,10',
  '2020-01-02,BRK.B,20',
  '2020-01-03,0050,11',
  '2020-01-03,BRK.B,21',
])
const open = (others: Record<string, readonly string[]>, more: Partial<FileDataOptions> = {}) =>
  openDataset({
    path: prices,
    join: Object.entries(others).map(([name, rows]) => write(name, rows)),
    cacheDir: false,
    ...more,
  })
const fieldOf = async (name: string, ...given: Parameters<typeof open>) => [
  ...(await (await open(...given)).load()).fields.get(name)!,
]

describe('a table of daily fields', () => {
  test('is joined on date and symbol, in any order, and adds no bar and no symbol', async () => {
    const dataset = await open({
      'pe.csv': [
        'Code,pe,Date',
        'BRK.B,7,2020-01-03',
        '0050,5,2020-01-02',
        'X,1,2020-01-02',
        '0050,9,2020-02-01',
      ],
    })
    const panel = await dataset.load()
    expect([panel.symbols, panel.dates.length]).toEqual([['0050', 'BRK.B'], 2])
    expect([...panel.fields.get('pe')!]).toEqual([5, _, _, 7])
    expect(dataset.issues.map(({ code, count, message }) => [code, count, message])).toEqual([
      [
        'JOIN_UNMATCHED',
        2,
        '2 rows of pe.csv have no place among the prices (1 symbol without prices, 1 row on days without a bar): pe.csv line 4: X 2020-01-02; pe.csv line 5: 0050 2020-02-01 (they were left out)',
      ],
    ])
    expect(dataset.tables).toEqual([
      { name: 'prices.csv', kind: 'prices', rows: 4, used: 4, fields: ['close'] },
      { name: 'pe.csv', kind: 'daily', rows: 4, used: 2, fields: ['pe'] },
    ])
  })

  test('may have texts, which are groups of each day', async () => {
    const panel = await (
      await open({ 'rating.csv': ['date,symbol,rating', '2020-01-02,0050,hold', '2020-01-03,0050,buy'] })
    ).load()
    const { labels, codes } = panel.groups.get('rating')!
    expect([labels, [...codes]]).toEqual([
      ['buy', 'hold'],
      [1, -1, 0, -1],
    ])
  })

  test('is checked like the prices, and its lines are named with its file', async () => {
    const bad = { 'pe.csv': ['date,symbol,pe', '2020-01-02,0050,5', 'soon,0050,6', '2020-01-02,0050,7'] }
    const error = await errorOf(open(bad))
    expect([error.exitCode, error.code]).toEqual([3, 'BAD_DATE'])
    expect(error.message).toContain("pe.csv line 3: 0050 – the date is 'soon'")
    expect(error.message).toContain('pe.csv line 4: 0050 2020-01-02 – pe is 5 and 7 (the other is line 2)')
    const more = { 'pe.csv': [...bad['pe.csv'], '2020-01-03,BRK.B,1'] }
    expect(await fieldOf('pe', more, { onBadRows: 'drop' })).toEqual([_, _, _, 1])
    expect(await fieldOf('pe', more, { onBadRows: 'missing' })).toEqual([_, _, _, 1])
    const elsewhere = ['2020-01-02,ZZZ,x,c', '2020-01-02,ZZZ,1,d']
    const texts = {
      'pe.csv': ['date,symbol,pe,x', '2020-01-02,0050,5,a', '2020-01-02,0050,5,b', ...elsewhere],
    }
    const panel = await (await open(texts, { onBadRows: 'missing' })).load()
    expect([panel.fields.get('pe')![0], panel.groups.get('x')!.codes[0]]).toEqual([5, -1])
  })

  test('that is wide is a field called after its file', async () => {
    expect(
      await fieldOf('book value', {
        'book value.csv': ['date,BRK.B,0050', '2020-01-03,4,3', '2020-01-02,2,1'],
      }),
    ).toEqual([1, 2, 3, 4])
  })

  test('may be a folder', async () => {
    const path = join(folder, 'years')
    mkdirSync(path)
    writer(path)('2020.csv', ['date,symbol,pe', '2020-01-02,0050,5'])
    writer(path)('2021.csv', ['date,symbol,pe', '2020-01-03,0050,6'])
    writer(path)('beta.csv', ['date,0050', '2020-01-03,1.5'])
    const panel = await readPanel({ path: prices, join: [path], cacheDir: false })
    expect([...panel.fields.get('pe')!]).toEqual([5, _, 6, _])
    expect([...panel.fields.get('beta')!]).toEqual([_, _, 1.5, _])
  })

  test('with a text of too many names is joined without it', async () => {
    const days = Array.from({ length: 600 }, (_day, i) =>
      new Date(Date.UTC(2018, 0, 1 + i)).toISOString().slice(0, 10),
    )
    const dataset = await open({
      'notes.csv': [
        'date,symbol,note,pe',
        ...days.map((day, i) => `${day},0050,note ${i},1`),
        '2020-01-02,0050,,5',
      ],
    })
    expect(dataset.issues.map(({ code, file }) => [code, file])).toEqual([
      ['JOIN_UNMATCHED', 'notes.csv'],
      ['TEXT_COLUMN_IGNORED', 'notes.csv'],
    ])
    expect([(await dataset.load()).fields.get('pe')![0], dataset.groups]).toEqual([5, []])
  })

  test('of announcements may call its columns as it likes, and some of them groups', async () => {
    const columns = { available: 'Filed', date: 'Quarter', industry: 'SIC' }
    const rows = ['symbol,Quarter,Filed,SIC,eps', '0050,2019-12-31,2020-01-03,7372,1']
    const panel = await (await open({ 'eps.csv': rows }, { columns, groups: ['industry'] })).load()
    expect([[...panel.fields.get('eps')!], panel.groups.get('industry')!.labels]).toEqual([
      [_, _, 1, _],
      ['7372'],
    ])
  })

  test('may call its columns as it likes', async () => {
    const columns = { symbol: 'Paper', value: 'P/E' }
    expect(
      await fieldOf('value', { 'pe.csv': ['date,Paper,P/E', '2020-01-02,0050,5'] }, { columns }),
    ).toEqual([5, _, _, _])
    const error = await errorOf(
      open({ 'pe.csv': ['date,symbol,pe', '2020-01-02,0050,5'] }, { columns: { symbol: 'Papr' } }),
    )
    expect([error.code, error.message]).toEqual([
      'DATA_NO_SUCH_COLUMN',
      expect.stringContaining("has no column 'Papr', which was to be the symbol"),
    ])
  })
})

describe('tables that cannot be joined are refused', () => {
  test('a field that two of them have, with both files', async () => {
    const twice = await errorOf(
      open({
        'a.csv': ['date,symbol,pe', '2020-01-02,0050,5'],
        'b.csv': ['symbol,date,available,pe', '0050,2020-01-02,2020-01-02,5'],
      }),
    )
    expect([twice.kind, twice.code, twice.message]).toEqual([
      'data',
      'DATA_FIELD_TWICE',
      "both a.csv and b.csv have a field 'pe'",
    ])
    const close = await errorOf(open({ '2021.csv': ['date,symbol,close', '2020-01-02,0050,5'] }))
    expect(close.message).toBe("both prices.csv and 2021.csv have a field 'close'")
    expect(close.hint).toContain('belong in one folder')
  })

  test.each([
    [
      'DATA_JOIN_NO_SYMBOL',
      'no symbol column; its columns are date, pe, volume',
      ['date,pe,volume', '2020-01-02,5,1'],
    ],
    ['DATA_JOIN_NO_FIELDS', 'has no field', ['date,symbol', '2020-01-02,0050']],
    ['DATA_NO_DATE_COLUMN', 'no date for the period', ['symbol,available,pe', '0050,2020-01-02,5']],
    ['DATA_COLUMN_TWICE', "two columns for 'pe'", ['date,symbol,pe,pe', '2020-01-02,0050,1,2']],
    [
      'DATA_JOIN_NOTHING_MATCHES',
      'it has 50, BRK-B, they have 0050, BRK.B',
      ['date,symbol,pe', '2020-01-02,50,5', '2020-01-02,BRK-B,1'],
    ],
    ['DATA_JOIN_NOTHING_MATCHES', 'it has vix, they have 0050', ['date,vix', '2020-01-02,5']],
    ['DATA_JOIN_NOTHING_MATCHES', 'it has X, they have', ['symbol,sector', 'X,Tech']],
    ['DATA_NO_CLOSE_COLUMN', "its column 'note' is a text", ['date,0050,note', '2020-01-02,5,hello']],
    ['DATA_NO_ROWS', 'has a header and no rows', ['date,symbol,pe']],
    [
      'DATA_BAD_GROUPS',
      'line 3: 0050 – sector is another than in line 2',
      ['symbol,sector', '0050,A', '0050,B'],
    ],
    ['DATA_BAD_GROUPS', 'line 3 – the symbol is empty', ['symbol,sector', '0050,A', ',B']],
  ])('%s: %s', async (code, says, rows) => {
    const error = await errorOf(open({ 'other.csv': rows }))
    expect([error.kind, error.code]).toEqual(['data', code])
    expect(error.message).toContain(says)
    expect(error.message).toContain('other.csv')
    expect(error.hint).toBeDefined()
  })

  test('a file that is not there', async () => {
    const error = await errorOf(
      openDataset({ path: prices, join: [join(folder, 'prises.csv')], cacheDir: false }),
    )
    expect([error.code, error.hint]).toEqual(['DATA_NOT_FOUND', expect.stringContaining('prices.csv')])
  })
})

describe('groups', () => {
  const sectors = [
    'ticker,Sector,Industry,gics,name',
    'BRK.B,Finance,Insurance,40,Berkshire',
    '0050,Fund,,,Taiwan 50',
  ]

  test('of a table without dates hold on all days', async () => {
    const dataset = await open({ 'sectors.csv': sectors })
    const { groups } = await dataset.load()
    expect([groups.get('Sector')!.labels, [...groups.get('Sector')!.codes]]).toEqual([
      ['Finance', 'Fund'],
      [1, 0, 1, 0],
    ])
    expect([...groups.get('Industry')!.codes]).toEqual([-1, 0, -1, 0])
    expect(dataset.tables[1]).toEqual({
      name: 'sectors.csv',
      kind: 'groups',
      rows: 2,
      used: 2,
      fields: ['Sector', 'Industry', 'name'],
    })
  })

  test('that are numbers are named; a number that is not would be known too early', async () => {
    const unnamed = await open({ 'sectors.csv': sectors })
    expect(unnamed.issues.map(({ code, message }) => [code, message])).toEqual([
      ['NUMBER_COLUMN_IGNORED', "column 'gics' of sectors.csv is a number without a date and was left out"],
      ['GROUP_INCOMPLETE', '1 of 2 symbols has no Industry: 0050'],
    ])
    const named = await open({ 'sectors.csv': sectors }, { groups: ['GICS'] })
    const { labels, codes } = (await named.load()).groups.get('gics')!
    expect([labels, [...codes]]).toEqual([['40'], [-1, 0, -1, 0]])
    expect(named.issues.map(({ code }) => code)).toEqual(['GROUP_INCOMPLETE', 'GROUP_INCOMPLETE'])
  })

  test('that are numbers may stand in the table of prices', async () => {
    const path = write('coded.csv', [
      'date,symbol,close,industry',
      '2020-01-02,A,1,0045',
      '2020-01-02,B,1,0101',
    ])
    const { groups, fields } = await readPanel({ path, groups: ['industry'], cacheDir: false })
    expect([groups.get('industry')!.labels, fields.has('industry')]).toEqual([['0045', '0101'], false])
    const out = join(folder, 'coded.parquet')
    await convertData({ path, groups: ['industry'], cacheDir: false }, out)
    const again = await readPanel({ path: out, groups: ['industry'], cacheDir: false })
    expect(again.groups.get('industry')!.labels).toEqual(['0045', '0101'])
  })

  test('that no table has are refused with the nearest column', async () => {
    const error = await errorOf(open({ 'sectors.csv': sectors }, { groups: ['gic'] }))
    expect([error.code, error.hint]).toEqual(['DATA_NO_SUCH_COLUMN', 'did you mean --groups gics?'])
  })

  test('of symbols without prices, and rows that repeat, are counted', async () => {
    const { issues } = await open({ 's.csv': ['symbol,sector', '0050,A', 'X,B', '0050,A'] })
    expect(issues.map(({ code, line, file }) => [code, line, file])).toEqual([
      ['DUPLICATE_EQUAL', 4, 's.csv'],
      ['JOIN_UNMATCHED', 3, 's.csv'],
      ['GROUP_INCOMPLETE', null, undefined],
    ])
  })

  test('with too many names are left out, with a warning that names the file', async () => {
    const rows = Array.from({ length: 600 }, (_row, i) => `S${i},note ${i}`)
    const { issues } = await open({
      's.csv': ['symbol,sector,note', ...rows.map((row, i) => `${row.split(',')[0]},A,note ${i}`), '0050,A,'],
    })
    expect(issues.map(({ code, file }) => [code, file])).toContainEqual(['TEXT_COLUMN_IGNORED', 's.csv'])
  })
})

describe('a universe', () => {
  const days = ['2020-01-02', '2020-01-03', '2020-01-06', '2020-01-07']
  const path = write('market.csv', [
    'date,symbol,close',
    ...days.flatMap((day) => ['A', 'B', 'C'].map((symbol) => `${day},${symbol},1`)),
  ])
  const members = (rows: readonly string[], name = 'sp500.csv') =>
    openDataset({ path, universe: [write(name, rows)], cacheDir: false })

  test('is a field of 1 in each spell, both days included, and 0 elsewhere', async () => {
    const dataset = await members([
      'symbol,from,to',
      'A,2020-01-03,2020-01-06',
      'B,2019-01-01,2020-01-02',
      'B,2020-01-07,',
    ])
    const field = (await dataset.load()).fields.get('sp500')!
    expect([...field]).toEqual([0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0])
    expect(dataset.issues).toEqual([])
    expect(dataset.tables[1]).toEqual({
      name: 'sp500.csv',
      kind: 'universe',
      rows: 3,
      used: 3,
      fields: ['sp500'],
    })
  })

  test('may have more than one table, each a field called after its file', async () => {
    const panel = await readPanel({
      path,
      universe: [
        write('a.csv', ['symbol,from', 'A,2020-01-06']),
        write('b.csv', ['Ticker,Added,Removed', 'B,1/13/2019,1/2/2020']),
      ],
      cacheDir: false,
    })
    expect([...panel.fields.get('a')!]).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0])
    expect([...panel.fields.get('b')!].indexOf(1)).toBe(1)
  })

  test('merges spells that overlap and counts members without prices', async () => {
    const dataset = await members([
      'symbol,from,to',
      'A,2020-01-02,2020-01-06',
      'A,2020-01-03,2020-01-03',
      'A,2020-01-06,2020-01-07',
      'Z,2020-01-01,',
    ])
    expect([...(await dataset.load()).fields.get('sp500')!].filter((value) => value === 1)).toHaveLength(4)
    expect(dataset.issues.map(({ code, count, line }) => [code, count, line])).toEqual([
      ['UNIVERSE_OVERLAP', 2, 3],
      ['UNIVERSE_UNKNOWN', 1, 5],
    ])
  })

  test.each([
    ['from 2020-02-01 lies after to 2020-01-01', 'A,2020-02-01,2020-01-01'],
    ["from is 'soon'", 'A,soon,'],
    ["to is '2020-02-30'", 'A,2020-01-01,2020-02-30'],
    ['from is empty', 'A,,2020-01-01'],
    ['the symbol is empty', ',2020-01-01,'],
    ['2 cells, the header has 3', 'A,2020-01-01'],
  ])('with a row that cannot be used is refused: %s', async (says, row) => {
    const error = await errorOf(members(['symbol,from,to', 'B,2020-01-01,', row]))
    expect([error.exitCode, error.code]).toEqual([3, 'DATA_BAD_UNIVERSE'])
    expect(error.message).toMatch(/^sp500\.csv has 1 row that cannot be used:\n {2}line 3/)
    expect(error.message).toContain(says)
  })

  test('may be a folder, whose files are named where a row is wrong', async () => {
    const universe = join(folder, 'index')
    mkdirSync(universe)
    writer(universe)('a.csv', ['symbol,from,to', 'A,2020-01-03,'])
    writer(universe)('b.csv', ['symbol,from', 'B,2020-01-07'])
    const panel = await readPanel({ path, universe: [universe], cacheDir: false })
    expect([...panel.fields.get('index')!]).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0])
    writer(universe)('b.csv', ['symbol,from', 'B,soon'])
    const error = await errorOf(readPanel({ path, universe: [universe], cacheDir: false }))
    expect(error.message).toContain("b.csv line 2: B – from is 'soon'")
  })

  test('shows five bad rows and counts the others', async () => {
    const error = await errorOf(members(['symbol,from,to', ...Array(8).fill('A,soon,')]))
    expect(error.message).toContain('8 rows that cannot be used')
    expect(error.message).toContain('… and 3 more')
  })

  test('without its columns is refused with those that it needs', async () => {
    const error = await errorOf(members(['symbol,day', 'A,2020-01-01']))
    expect([error.code, error.message, error.hint]).toEqual([
      'DATA_NO_SUCH_COLUMN',
      "sp500.csv is to be a universe and has no column 'from'; its columns are symbol, day",
      'its header is symbol,from,to',
    ])
  })

  test('called like a field is refused', async () => {
    const error = await errorOf(members(['symbol,from', 'A,2020-01-01'], 'close.csv'))
    expect(error.code).toBe('DATA_FIELD_TWICE')
  })
})
