import asciichart from 'asciichart'

/** A value for each of `width` columns, the last of its stretch, so that the end of the chart is the end of the data. */
function resample(values: ArrayLike<number>, width: number): number[] {
  const count = Math.min(width, values.length)
  return Array.from({ length: count }, (_, i) => values[Math.floor(((i + 1) * values.length) / count) - 1]!)
}

export interface EquitySeries {
  readonly name: string
  readonly values: ArrayLike<number>
}

/**
 * A small chart of equity curves for a terminal, on a log scale; the first series is drawn over the others. Without
 * colours only the first is drawn: the lines could not be told apart.
 */
export function equityChart(
  series: readonly EquitySeries[],
  options: {
    readonly width: number
    readonly height?: number
    readonly colors: boolean
    readonly from: string
    readonly to: string
  },
): string {
  const { width, height = 10, colors, from, to } = options
  const columns = Math.max(20, Math.min(width - 12, 90))
  const shown = colors ? series : series.slice(0, 1)
  const palette = [asciichart.green, asciichart.blue, asciichart.magenta]
  const colorOf = (i: number) => palette[i % palette.length]!
  const order = shown.map((_, i) => shown.length - 1 - i)
  const plot = asciichart.plot(
    order.map((i) => resample(shown[i]!.values, columns).map((value) => Math.log(Math.max(value, 1e-6)))),
    {
      height,
      format: (value) => Math.exp(value).toFixed(2).padStart(8),
      ...(colors ? { colors: order.map(colorOf) } : {}),
    },
  )
  const indent = ' '.repeat(10)
  const axis = `${indent}${from}${to.padStart(Math.max(1, columns - from.length))}`
  const scale = '(log scale, start = 1)'
  const names = [...shown.map(({ name }) => (colors ? `── ${name}` : name)), scale]
  const fits = indent.length + names.join('   ').length <= width
  const entries = shown.map(({ name }, i) => (colors ? `${colorOf(i)}──\u001b[0m ${name}` : name))
  const legend = fits ? `${entries.join('   ')} ${scale}` : [...entries, scale].join(`\n${indent}`)
  return `${plot}\n${axis}\n${indent}${legend}`
}
