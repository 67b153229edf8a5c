import { usageError } from '../base/errors.js'
import type { Origin } from './resolve.js'
import type { Config } from './schema.js'

/** Refuses settings that cannot both be meant. @throws AlphaloopError (usage) CONTRADICTING_SETTINGS */
export function refuseContradictions(config: Config, origins: ReadonlyMap<string, Origin>): void {
  const given = (path: string) => origins.get(path)?.from !== 'default'
  const named = (path: string) => `${path} (${originText(origins.get(path)!)})`
  const refuse = (settings: readonly string[], why: string, hint: string): never => {
    const names = settings.map(named)
    const text = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
    throw usageError('CONTRADICTING_SETTINGS', `${text} contradict each other: ${why}`, hint, { settings })
  }

  const { llm, innovationRate, split, champion, factorGraph } = config
  if (!llm.enabled && innovationRate > 0 && given('llm.enabled') && given('innovationRate'))
    refuse(
      ['llm.enabled', 'innovationRate'],
      `models are switched off, yet ${innovationRate} of the iterations should ask one`,
      'set innovationRate to 0, or llm.enabled to true; `--no-llm` alone sets the share to 0',
    )

  const sum = split.train + split.validation + split.test
  if (Math.abs(sum - 1) > 1e-9)
    refuse(
      ['split.train', 'split.validation', 'split.test'],
      `${split.train} + ${split.validation} + ${split.test} is ${Number(sum.toFixed(6))}, and the three must add up to 1`,
      'the default is 0.6, 0.2 and 0.2',
    )

  if (Object.values(factorGraph.proposers).every((share) => share === 0))
    refuse(
      Object.keys(factorGraph.proposers).map((name) => `factorGraph.proposers.${name}`),
      'every share is 0, so nothing could be proposed',
      'give at least one a share above 0',
    )

  if (champion.stalenessEvery > 0 && champion.stalenessMinimum > champion.stalenessWindow)
    refuse(
      ['champion.stalenessMinimum', 'champion.stalenessWindow'],
      `a cohort of ${champion.stalenessMinimum} cannot come from the last ${champion.stalenessWindow}`,
      'make the window at least as long, or set champion.stalenessEvery to 0 to switch the check off',
    )
}

/** Where a value came from, in a word. */
export function originText(origin: Origin): string {
  switch (origin.from) {
    case 'default':
    case 'settings':
      return origin.from
    case 'file':
      return `${origin.file}:${origin.line}`
    case 'environment':
      return origin.variable
    case 'flag':
      return origin.flag
  }
}
