/** `1 bar`, `2 bars`; `many` where an s does not make the plural, `written` where the number is not to stand plainly. */
export const counted = (
  count: number,
  one: string,
  many = `${one}s`,
  written: (count: number) => string = String,
): string => `${written(count)} ${count === 1 ? one : many}`
