/** The kinds of charts that reports are made of. Values are drawn as given; what is not finite is left out. */
import { quantile } from '../base/stats/quantile.js'
import type { Picture } from './document.js'
import { type Canvas, INK, type LegendEntry, type Size } from './draw.js'
import { dayOf, thin } from './thin.js'

interface Common {
  readonly id: string
  readonly title: string
  readonly alt: string
  readonly half?: boolean
  readonly height?: number
}

export interface LineSeries {
  readonly name: string
  readonly stroke: string
  readonly values: ArrayLike<number | null>
  /** Drawn thinner: what the others are compared with. */
  readonly thin?: boolean
  /** Fills down to zero. */
  readonly area?: boolean
}

export interface AxisOptions {
  /** With its unit. */
  readonly label: string
  readonly format: (value: number) => string
}

const grid = { stroke: INK.grid, strokeOpacity: 1 }

/** Dashes of a level that is no axis. */
const DASH = '5 3'

/** Lines are told apart by their width too. */
const widthOf = ({ thin: isThin = false }: LineSeries) => (isThin ? 1.1 : 2)

/** Lines over time. On a logarithmic scale, values ≤ 0 are left out. */
export function lineChart(
  { library: Plot, draw }: Canvas,
  chart: Common & {
    readonly dates: readonly string[]
    readonly series: readonly LineSeries[]
    readonly y: AxisOptions
    readonly scale?: 'linear' | 'log'
    /** Levels that are drawn across, and are always in sight. */
    readonly levels?: readonly number[]
    /** Short texts below points. */
    readonly labels?: readonly { readonly date: string; readonly y: number; readonly text: string }[]
  },
): Picture {
  const { dates, series, y, scale = 'linear', levels = [] } = chart
  const labels = (chart.labels ?? []).map((label) => ({ ...label, x: dayOf(label.date) }))
  return draw({
    ...chart,
    legend: series.length > 1 ? series.map(legendOf) : [],
    yLabel: y.label,
    plot: (size) => {
      const lines = series.map((one) => {
        const points = thin(dates, one.values, size.width)
        return { ...one, points: scale === 'log' ? points.filter((point) => point.y > 0) : points }
      })
      const seen = [...levels, ...lines.flatMap(({ points }) => points.map((point) => point.y))]
      const low = seen.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
      const high = seen.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
      const ticks = scale === 'log' ? logTicks(low, high, size.narrow ? 5 : 7) : undefined
      return {
        x: timeAxis(size),
        y: {
          type: scale,
          label: null,
          ...(ticks
            ? { axis: null }
            : { ticks: 6, nice: true, zero: false, tickSize: 0, tickFormat: y.format }),
        },
        marks: [
          // An axis of its own: the scale's would leave out labels that it takes to be too many.
          ...(ticks
            ? [Plot.axisY(ticks, { label: null, tickSize: 0, text: (tick: number) => y.format(tick) })]
            : []),
          Plot.gridY({ ...grid, ...(ticks ? { ticks } : { ticks: 6 }) }),
          ...levels.map((level) => Plot.ruleY([level], { stroke: 'currentColor', strokeOpacity: 0.55 })),
          ...lines
            .filter(({ area }) => area)
            .map(({ points, stroke }) =>
              Plot.areaY(points, { x: 'x', y: 'y', fill: stroke, fillOpacity: 0.22 }),
            ),
          // The first series lies on top.
          ...lines.toReversed().map((line) =>
            Plot.line(line.points, {
              x: 'x',
              y: 'y',
              stroke: line.stroke,
              strokeWidth: widthOf(line),
              strokeLinejoin: 'round',
            }),
          ),
          Plot.text(labels, {
            x: 'x',
            y: 'y',
            text: 'text',
            dy: 10,
            fontWeight: 600,
            fill: 'currentColor',
            stroke: 'var(--page, #fff)',
            strokeWidth: 3,
          }),
        ],
      }
    },
  })
}

const legendOf = (series: LineSeries): LegendEntry => ({
  name: series.name,
  stroke: series.stroke,
  strokeWidth: series.thin ? 1.5 : 3,
})

const timeAxis = ({ narrow }: Size) => ({ type: 'utc' as const, label: null, ticks: narrow ? 4 : 8 })

/** Round numbers of a logarithmic axis: as many steps of 1, 2 and 5 as there is room for, evenly spaced ones within an octave or two. */
export function logTicks(low: number, high: number, most: number): number[] {
  if (!(low > 0) || !(high > low * 1.001)) return [Number.isFinite(high) ? high : 1]
  if (high / low < 8) {
    const raw = (high - low) / most
    const power = 10 ** Math.floor(Math.log10(raw))
    const step = power * ([1, 2, 2.5, 5, 10].find((multiple) => multiple * power >= raw) ?? 10)
    const ticks: number[] = []
    for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(Number((k * step).toPrecision(10)))
    return ticks
  }
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const ticks: number[] = []
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const step of steps) {
        const tick = Number((step * 10 ** power).toPrecision(10))
        if (tick >= low && tick <= high) ticks.push(tick)
      }
    if (ticks.length <= most) return ticks
  }
  const every = Math.ceil(Math.log10(high / low) / most)
  const ticks: number[] = []
  for (let power = Math.ceil(Math.log10(low)); power <= Math.log10(high); power += every)
    ticks.push(Number((10 ** power).toPrecision(10)))
  return ticks
}

/** A bar for each calendar month (`2013-02`): gains up, losses down. */
export function monthChart(
  { library: Plot, draw }: Canvas,
  chart: Common & {
    readonly months: readonly { readonly month: string; readonly value: number | null }[]
    readonly y: AxisOptions
    /** A level drawn across, such as the mean. */
    readonly level?: number | null
  },
): Picture {
  const { months, y, level } = chart
  const bars = months
    .filter(({ value }) => value !== null && Number.isFinite(value))
    .map(({ month, value }) => {
      const [year, index] = [Number(month.slice(0, 4)), Number(month.slice(5, 7))]
      return { from: new Date(Date.UTC(year, index - 1, 1)), to: new Date(Date.UTC(year, index, 1)), value }
    })
  return draw({
    ...chart,
    yLabel: y.label,
    plot: (size) => ({
      x: timeAxis(size),
      y: { label: null, tickSize: 0, ticks: 6, nice: true, tickFormat: y.format },
      marks: [
        Plot.gridY({ ...grid, ticks: 6 }),
        Plot.rectY(bars, {
          x1: 'from',
          x2: 'to',
          y: 'value',
          fill: ({ value }: { value: number }) => (value < 0 ? INK.loss : INK.gain),
          // A gap between bars, as far as there is room for one.
          insetLeft: bars.length * 6 < size.width ? 0.6 : 0,
          insetRight: bars.length * 6 < size.width ? 0.6 : 0,
        }),
        Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.55 }),
        ...(level === undefined || level === null
          ? []
          : [Plot.ruleY([level], { stroke: 'currentColor', strokeDasharray: DASH, strokeWidth: 1.5 })]),
      ],
    }),
  })
}

/** How often values fall into each of even steps; the outermost steps hold whatever lies beyond them too. */
export function histogram(
  { library: Plot, draw }: Canvas,
  chart: Common & {
    readonly values: readonly number[]
    readonly x: AxisOptions
    readonly y: AxisOptions
    /** Losses stand out. */
    readonly signed: boolean
    /** Steps are whole numbers. */
    readonly integer?: boolean
    readonly level?: number
  },
): Picture {
  const { values, x, y, signed, integer = false, level } = chart
  const { bins, ticks } = binsOf(values, integer)
  return draw({
    ...chart,
    yLabel: y.label,
    plot: ({ narrow }) => ({
      marginBottom: 42,
      x: {
        label: x.label,
        labelArrow: 'none',
        labelAnchor: 'center',
        ticks: narrow ? ticks.filter((_, i) => i % 2 === 0) : ticks,
        tickFormat: x.format,
      },
      y: { label: null, tickSize: 0, ticks: 5, nice: true, tickFormat: y.format },
      marks: [
        Plot.gridY({ ...grid, ticks: 5 }),
        Plot.rectY(bins, {
          x1: 'from',
          x2: 'to',
          y: 'count',
          fill: ({ from, to }: Bin) => (signed && (from + to) / 2 < 0 ? INK.loss : INK.gain),
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.55 }),
        ...(signed ? [Plot.ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.55 })] : []),
        ...(level === undefined
          ? []
          : [Plot.ruleX([level], { stroke: 'currentColor', strokeDasharray: DASH, strokeWidth: 1.5 })]),
      ],
    }),
  })
}

interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Even steps between the first and the last percentile, so that one outlier does not flatten the rest; 0 is an edge. */
export function binsOf(values: readonly number[], integer: boolean): { bins: Bin[]; ticks: number[] } {
  if (values.length === 0) return { bins: [], ticks: [] }
  let [low, high] = [quantile(values, 0.01), quantile(values, 0.99)]
  if (!(high - low > 1e-12 * Math.max(1, Math.abs(high)))) {
    const half = integer ? 0.5 : Math.max(Math.abs(high) * 0.1, 0.01)
    low -= half
    high += half
  }
  const raw = (high - low) / 36
  const power = 10 ** Math.floor(Math.log10(raw))
  const wanted = power * [1, 2, 2.5, 5, 10].find((multiple) => multiple * power >= raw * 0.999)!
  const step = integer ? Math.max(1, Math.ceil(wanted)) : wanted
  const first = Math.floor(low / step)
  const last = Math.max(first, Math.ceil(high / step) - 1)
  const counts = new Array<number>(last - first + 1).fill(0)
  for (const value of values)
    counts[Math.min(last, Math.max(first, Math.floor(value / step + 1e-9))) - first]! += 1
  const bins = counts.map((count, i) => ({
    from: Number(((first + i) * step).toPrecision(10)),
    to: Number(((first + i + 1) * step).toPrecision(10)),
    count,
  }))
  const every = Math.max(1, Math.ceil(bins.length / 7))
  const ticks: number[] = []
  for (let k = Math.ceil(first / every) * every; k <= last + 1; k += every)
    ticks.push(Number((k * step).toPrecision(10)))
  return { bins, ticks }
}

/** Letters of a name beside a bar. */
const LONGEST_NAME = 18

/** Bars from a line at zero, one for each name, from above down. */
export function namedBars(
  { library: Plot, draw }: Canvas,
  chart: Common & {
    readonly bars: readonly { readonly name: string; readonly value: number }[]
    readonly x: AxisOptions
  },
): Picture {
  const { bars, x } = chart
  const longest = bars.reduce((most, { name }) => Math.max(most, Math.min(name.length, LONGEST_NAME)), 0)
  return draw({
    ...chart,
    height: 40 + bars.length * 18 + 34,
    plot: ({ narrow }) => ({
      height: 40 + bars.length * 18 + 34,
      marginLeft: 16 + longest * 7.2,
      marginRight: 56,
      marginTop: 8,
      marginBottom: 42,
      x: {
        label: x.label,
        labelArrow: 'none',
        labelAnchor: 'center',
        ticks: narrow ? 4 : 7,
        tickFormat: x.format,
        nice: true,
      },
      y: {
        label: null,
        domain: bars.map(({ name }) => name),
        tickSize: 0,
        padding: 0.22,
        tickFormat: (name: string) =>
          name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name,
      },
      marks: [
        Plot.gridX({ ...grid, ticks: narrow ? 4 : 7 }),
        Plot.barX(bars, {
          x: 'value',
          y: 'name',
          fill: ({ value }: { value: number }) => (value < 0 ? INK.loss : INK.gain),
        }),
        Plot.ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.55 }),
      ],
    }),
  })
}

/** Bars upright, few and in order, each with its value. */
export function columnChart(
  { library: Plot, draw }: Canvas,
  chart: Common & {
    readonly columns: readonly { readonly name: string; readonly value: number | null }[]
    readonly x: { readonly label: string }
    readonly y: AxisOptions
  },
): Picture {
  const columns = chart.columns.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]))
  return draw({
    ...chart,
    yLabel: chart.y.label,
    plot: () => ({
      marginBottom: 42,
      x: {
        label: chart.x.label,
        labelArrow: 'none',
        labelAnchor: 'center',
        domain: chart.columns.map(({ name }) => name),
        tickSize: 0,
        padding: 0.28,
      },
      y: { label: null, tickSize: 0, ticks: 6, nice: true, tickFormat: chart.y.format },
      marks: [
        Plot.gridY({ ...grid, ticks: 6 }),
        Plot.barY(columns, {
          x: 'name',
          y: 'value',
          fill: ({ value }: { value: number }) => (value < 0 ? INK.loss : INK.gain),
        }),
        Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.55 }),
      ],
    }),
  })
}

/** Points with the range that is compatible with each. */
export function intervalChart(
  { library: Plot, draw }: Canvas,
  chart: Common & {
    readonly points: readonly {
      readonly x: number
      readonly y: number
      readonly low: number | null
      readonly high: number | null
    }[]
    readonly x: { readonly label: string; readonly ticks: readonly number[] }
    readonly y: AxisOptions
  },
): Picture {
  const { points, x, y } = chart
  const ranged = points.filter(({ low, high }) => low !== null && high !== null)
  return draw({
    ...chart,
    yLabel: y.label,
    plot: () => ({
      marginBottom: 42,
      x: {
        label: x.label,
        labelArrow: 'none',
        labelAnchor: 'center',
        ticks: [...x.ticks],
        tickFormat: String,
        inset: 10,
      },
      y: { label: null, tickSize: 0, ticks: 6, nice: true, tickFormat: y.format },
      marks: [
        Plot.gridY({ ...grid, ticks: 6 }),
        Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.55 }),
        Plot.ruleX(ranged, { x: 'x', y1: 'low', y2: 'high', stroke: INK.other, strokeWidth: 1.5 }),
        Plot.dot(points, {
          x: 'x',
          y: 'y',
          r: 3.5,
          fill: ({ y: value }: { y: number }) => (value < 0 ? INK.loss : INK.gain),
        }),
      ],
    }),
  })
}
