export {
  type ContractCase,
  type HistoryStoreSetup,
  historyStoreCases,
} from './history-store-cases.js'
export { makeIteration, makeNote } from './records.js'
