export { largest, over, prepare } from './select'
