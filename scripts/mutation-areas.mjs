// What is mutated, and the tests that have to notice. Tests that start or kill processes, and the long comparisons with
// plain forms, stay out: they would take too long for thousands of rounds. So the scores are lower bounds.
export const AREAS = {
  graph: {
    mutate: ['src/graph/{canonical,strategy,check-node,portfolio-rules}.ts'],
    tests: ['test/graph/{identity,refusals,json-schema}.test.ts'],
  },
  champion: {
    mutate: ['src/champion/*.ts'],
    tests: ['test/champion/*.test.ts'],
  },
  accounting: {
    mutate: ['src/backtest/{simulate,policy,select,weigh,fill,exits,book}.ts'],
    tests: ['test/backtest/{backtest,exits,fill-equation,fills,policy,trades}.test.ts'],
  },
  history: {
    mutate: [
      'src/history/{record-line,lines,journal-store,recover,lock,holder,fold,fold-history,id-index}.ts',
    ],
    // Names of tests that start processes, or store far more than a mutant could care for.
    except: /by a killed process|from a process (whose|that)|processes count|needs ps|64 MB|from any mix/,
    tests: [
      'test/history/{contract,damage,export-import,failing-disk,file-system,flat-record,fold,holder,lines}.test.ts',
      'test/history/{journal-store,lock,record,record-line,recover,text-store}.test.ts',
    ],
  },
}

/** Percent of mutants that the tests must notice, in every area. */
export const WANTED = 80

export const areaNamed = (name) => {
  const area = AREAS[name]
  if (area === undefined) throw new Error(`no such area: ${name}; there are ${Object.keys(AREAS).join(', ')}`)
  return area
}
