/** Names that a window function may use without having made them. Its realm has no others. */
export const FUNCTION_GLOBALS: readonly string[] = [
  'Array',
  'Boolean',
  'Float64Array',
  'Infinity',
  'Map',
  'Math',
  'NaN',
  'Number',
  'Set',
  'isFinite',
  'isNaN',
  'undefined',
]

/** What `new` may make. */
export const FUNCTION_CONSTRUCTORS: readonly string[] = ['Array', 'Float64Array', 'Map', 'Set']

/** `Math`, but for chance. */
export const MATH_NAMES: readonly string[] = (
  'E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp ' +
  'expm1 floor fround hypot imul log log10 log1p log2 max min pow round sign sin sinh sqrt tan tanh trunc'
).split(' ')

/** Properties that lead from a value to what lies behind it. The realm has none of them. */
export const HIDDEN_PROPERTIES: ReadonlySet<string> = new Set([
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  '__proto__',
  'apply',
  'arguments',
  'bind',
  'buffer',
  'byteOffset',
  'call',
  'callee',
  'caller',
  'constructor',
  'prototype',
])
