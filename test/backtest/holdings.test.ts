import { describe, expect, test } from 'vitest'
import { parseHoldings } from '../../src/backtest/holdings.js'
import { AlphaloopError } from '../../src/base/errors.js'

const refusal = (text: string) => {
  try {
    parseHoldings(text, { name: 'h.csv' })
  } catch (error) {
    if (!(error instanceof AlphaloopError)) throw error
    expect(error).toMatchObject({ code: 'BAD_HOLDINGS', kind: 'usage', details: { file: 'h.csv' } })
    expect(error.hint).toBeTruthy()
    return { message: error.message, hint: error.hint, line: error.details.line }
  }
  throw new Error('was read')
}

describe('a holdings file', () => {
  test('has symbols as text and shares that may be fractions or short', () => {
    expect(parseHoldings('symbol,shares\n0050,3000\nBRK.B,12\nBTC,0.25\nTSLA,-5\n')).toEqual({
      shares: { '0050': 3000, 'BRK.B': 12, BTC: 0.25, TSLA: -5 },
      cash: undefined,
    })
  })

  test('may come from a broker: other names, other columns, quotes, semicolons, a mark of byte order', () => {
    expect(
      parseHoldings('\uFEFF"Ticker";"Name";"Quantity"\r\n"A";"A; the ""first""";"10"\r\n\r\nB ; b ; 2.5\r\n')
        .shares,
    ).toEqual({ A: 10, B: 2.5 })
    expect(parseHoldings('code\tqty\n2330\t1000\n').shares).toEqual({ '2330': 1000 })
  })

  test('has its cash in a row of its own', () => {
    expect(parseHoldings('symbol,shares\nCash,1234.5\nA,1\n')).toEqual({ shares: { A: 1 }, cash: 1234.5 })
  })

  test('a company called CASH is one where the data has it', () => {
    const text = 'symbol,shares\nCASH,7\ncash,100\n'
    expect(parseHoldings(text, { symbols: ['CASH'] })).toEqual({ shares: { CASH: 7 }, cash: 100 })
  })

  test('has the value of a position beside its shares, which is not read', () => {
    expect(parseHoldings('symbol,amount,shares\nA,300,3\n').shares).toEqual({ A: 3 })
    expect(parseHoldings('name,amount\nA,3\n').shares).toEqual({ A: 3 })
  })

  test('a company called SUM is one where the data has it', () => {
    expect(parseHoldings('symbol,shares\nSUM,7\n', { symbols: ['SUM'] }).shares).toEqual({ SUM: 7 })
  })

  test('without rows holds nothing', () => {
    expect(parseHoldings('symbol,shares\n')).toEqual({ shares: {}, cash: undefined })
  })

  test('names of columns that an object has anyway are no symbols', () => {
    expect(Object.entries(parseHoldings('symbol,shares\n__proto__,1\nconstructor,2\n').shares)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
  })
})

describe('a bad holdings file is told its line, the reason and how to mend it', () => {
  test.each([
    ['', 1, 'there is nothing in it', 'symbol,shares'],
    ['AAPL,10\n', 1, 'no column of symbols is named', 'write a first line such as symbol,shares'],
    ['symbol,price\nA,1\n', 1, 'no column of shares is named', 'it has symbol, price'],
    ['symbl,shares\nA,1\n', 1, 'no column of symbols is named', 'is symbl meant to be symbol?'],
    ['symbol,shares\nA,10\nB,ten\n', 3, 'the shares of B: "ten" is no number', 'write it as 120'],
    ['symbol,shares\n"A","1,000"\n', 2, '"1,000" is no number', 'without separators: 1000'],
    ['symbol,shares\nA\n', 2, 'the shares of A are missing', 'write a number'],
    ['symbol,shares\ncash,\n', 2, 'the cash is missing', 'write the amount under shares'],
    [
      'Symbol,Quantity,Value\nA,3,30\ncash,,500\n',
      3,
      'the cash is missing: the column Quantity is empty there',
      'write the amount under Quantity',
    ],
    [
      'symbol,Quantity,shares\nA,3,4\n',
      1,
      'two columns may hold the shares: Quantity and shares',
      'keep one of them',
    ],
    ['symbol,Code,qty\nA,B,4\n', 1, 'two columns may hold the symbols: symbol and Code', 'keep one'],
    ['symbol,shares\nA,3\nTotal,3\n', 3, '"Total" looks like a sum', 'take the row out'],
    ['symbol,shares\n2330,3\n合計,3\n', 3, '"合計" looks like a sum', 'take the row out'],
    ['symbol,shares\n,5\n', 2, 'the symbol is missing', 'take the row out'],
    ['symbol,shares\nA,5\n\nA,6\n', 4, 'A stands on line 2 too', 'add the two up'],
    ['symbol,shares\ncash,5\nCASH,6\n', 3, 'CASH stands on line 2 too', 'add the two up'],
  ])('%j', (text, line, message, hint) => {
    const found = refusal(text)
    expect(found.line).toBe(line)
    expect(found.message).toContain(`h.csv, line ${line}: `)
    expect(found.message).toContain(message)
    expect(found.hint).toContain(hint)
  })
})
