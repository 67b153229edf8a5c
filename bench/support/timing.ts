import { type Figure, recordResult } from '../record-result.js'

/** Prints figures as they come, and records them at the end if that was asked for. */
export class Report {
  readonly figures: Figure[] = []

  print(name: string, value: number, unit: string, note = ''): void {
    this.figures.push({ name, value: Number(value.toPrecision(4)), unit })
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4
    console.log(`${name.padEnd(64)} ${value.toFixed(digits).padStart(9)} ${unit.padEnd(14)} ${note}`)
  }

  record(name: string, workload: string): void {
    console.log(`recorded in ${recordResult(name, { workload, figures: this.figures })}`)
  }
}
