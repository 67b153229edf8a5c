import { whole } from './text.js'

/** Marks of axes: as few digits as tell them apart. */
export const percentTick = (value: number) => `${String(Number((value * 100).toFixed(3))).replace('-', '−')}%`
export const timesTick = (value: number) => `${Number(value.toPrecision(6))}×`
export const plainTick = (value: number) => String(Number(value.toPrecision(6))).replace('-', '−')
export const countTick = (value: number) => (Number.isInteger(value) ? whole(value) : '')
