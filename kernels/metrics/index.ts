export { falls } from './falls'
export { moments } from './moments'
export { total } from './total'
