export { largest, over, prepare } from './select'
export { walk } from './walk'
