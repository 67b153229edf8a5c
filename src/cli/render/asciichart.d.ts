declare module 'asciichart' {
  interface PlotConfig {
    height?: number
    offset?: number
    colors?: (string | undefined)[]
    format?: (value: number) => string
  }
  const asciichart: {
    plot(series: number[] | number[][], config?: PlotConfig): string
    readonly green: string
    readonly blue: string
    readonly magenta: string
  }
  export default asciichart
}
