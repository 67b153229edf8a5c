export { VERSION } from './compose.js'
