import { whole } from './text.js'

/** Marks of axes: as few digits as tell them apart. */
export const percentTick = (value: number) => `${String(Number((value * 100).toFixed(3))).replace('-', '−')}%`
export const timesTick = (value: number) =>
  // A power of ten has room beside the axis where so many zeros have none.
  `${(value !== 0 && (value < 1e-3 || value >= 1e5)
    ? Number(value.toPrecision(3)).toExponential()
    : String(Number(value.toPrecision(6)))
  )
    .replace('e+', 'e')
    .replace('-', '−')}×`
export const plainTick = (value: number) => String(Number(value.toPrecision(6))).replace('-', '−')
export const countTick = (value: number) => (Number.isInteger(value) ? whole(value) : '')
