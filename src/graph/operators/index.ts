import type { OperatorDefinition } from '../operator.js'
import { ARITHMETIC } from './arithmetic.js'
import { CROSS_ORDER } from './cross-section/order.js'
import { regressOut } from './cross-section/regress-out.js'
import { CROSS_STATISTICS } from './cross-section/statistics.js'
import { EVENTS } from './events.js'
import { CHANNELS } from './indicators/channels.js'
import { MOMENTUM } from './indicators/momentum.js'
import { MOVING_AVERAGES } from './indicators/moving-averages.js'
import { RANGES } from './indicators/ranges.js'
import { VOLUME_INDICATORS } from './indicators/volume.js'
import { LOGIC } from './logic.js'
import { SOURCES } from './source.js'
import { CONDITIONS } from './time-series/conditions.js'
import { custom } from './time-series/custom.js'
import { ORDER_STATISTICS } from './time-series/order.js'
import { RECURSIVE } from './time-series/recursive.js'
import { REGRESSION } from './time-series/regression.js'
import { RUNNING } from './time-series/running.js'
import { SHAPE } from './time-series/shape.js'
import { SHIFTS } from './time-series/shifts.js'
import { WINDOWS } from './time-series/windows.js'

/** Every operator, by family. */
export const OPERATORS: readonly OperatorDefinition[] = Object.freeze([
  ...SOURCES,
  ...ARITHMETIC,
  ...LOGIC,
  ...SHIFTS,
  ...WINDOWS,
  ...SHAPE,
  ...ORDER_STATISTICS,
  ...RECURSIVE,
  ...REGRESSION,
  ...CONDITIONS,
  ...RUNNING,
  ...MOMENTUM,
  ...MOVING_AVERAGES,
  ...RANGES,
  ...CHANNELS,
  ...VOLUME_INDICATORS,
  ...EVENTS,
  ...CROSS_ORDER,
  ...CROSS_STATISTICS,
  regressOut,
  custom,
])
