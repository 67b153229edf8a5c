import { z } from 'zod'
import { staticInput } from '../../loop/model-prompt.js'
import { benchmarkName } from '../benchmark-name.js'
import type { Desk } from '../desk.js'
import { metricsShape, rounded } from '../told.js'
import { tool } from '../tool.js'

const rangeShape = z.object({ start: z.string(), end: z.string(), bars: z.number() })

export const describeDataTool = (desk: Desk) =>
  tool({
    name: 'describe_data',
    title: 'What the data has',
    description:
      'The fields and groups that strategies may read, with coverage; the ranges of train and validation; market and costs; constraints and limits. Names and counts only: no prices.',
    input: z.strictObject({}),
    output: z.object({
      symbols: z.number(),
      groups: z.array(z.string()),
      fields: z.array(z.object({ name: z.string(), coverage: z.number(), derived: z.boolean() })),
      train: rangeShape,
      validation: rangeShape,
      market: z.object({
        name: z.string(),
        costs: z.record(z.string(), z.number()),
        periodsPerYear: z.number(),
      }),
      fill: z.string(),
      objective: z.string(),
      benchmark: z.object({ name: z.string(), train: metricsShape }),
      constraints: z.record(z.string(), z.unknown()),
      dataHash: z.string(),
    }),
    effect: 'reads',
    async run() {
      const { bench } = await desk.opened()
      const { config, panel, space, setup, market, benchmark } = bench
      const { fields, groups, constraints } = staticInput({ config, panel, space })
      const range = ({ start, end }: { start: number; end: number }) => ({
        start: panel.dates[start]!,
        end: panel.dates[end]!,
        bars: end - start + 1,
      })
      return {
        data: {
          symbols: panel.symbols.length,
          groups: [...groups],
          fields: fields.map(({ name, coverage, derived = false }) => ({
            name,
            coverage: Math.round(coverage * 1e4) / 1e4,
            derived,
          })),
          train: range(setup.ranges.train),
          validation: range(setup.ranges.validation),
          market: { name: market.name, costs: { ...market.costs }, periodsPerYear: market.periodsPerYear },
          fill: space.fill,
          objective: config.objective,
          benchmark: {
            name: benchmarkName(bench),
            train: rounded({ ...benchmark.train.metrics })!,
          },
          constraints: Object.fromEntries(
            Object.entries(constraints).filter(([, value]) => value !== undefined),
          ),
          dataHash: panel.hash,
        },
      }
    },
  })
