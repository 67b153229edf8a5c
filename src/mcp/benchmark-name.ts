import type { Workbench } from '../loop/workbench.js'

/** What strategies of a run are measured against, in words. */
export const benchmarkName = ({ setup }: Pick<Workbench, 'setup'>): string =>
  setup.benchmarkSymbol ??
  `equal weight of all symbols${setup.benchmarkUniverse ? ' in the universe' : ''}, rebalanced monthly, without costs`
