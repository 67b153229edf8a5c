export { place } from './place'
export { largest, over, prepare } from './select'
export { walk } from './walk'
