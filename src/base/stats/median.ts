import { quantile } from './quantile.js'

/** Middle value, the mean of the two middle ones for an even count; NaN of nothing. */
export const median = (values: ArrayLike<number>): number => quantile(values, 0.5)
