import type { OperatorDefinition } from '../operator.js'
import { ARITHMETIC } from './arithmetic.js'
import { CROSS_SECTION } from './cross-section.js'
import { MOMENTUM } from './indicators/momentum.js'
import { RANGES } from './indicators/ranges.js'
import { LOGIC } from './logic.js'
import { SOURCES } from './source.js'
import { RECURSIVE } from './time-series/recursive.js'
import { SHIFTS } from './time-series/shifts.js'
import { WINDOWS } from './time-series/windows.js'

/** Every operator, by family. */
export const OPERATORS: readonly OperatorDefinition[] = Object.freeze([
  ...SOURCES,
  ...ARITHMETIC,
  ...LOGIC,
  ...SHIFTS,
  ...WINDOWS,
  ...RECURSIVE,
  ...MOMENTUM,
  ...RANGES,
  ...CROSS_SECTION,
])
