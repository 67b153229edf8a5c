import { createRng } from '../../src/base/rng.js'
import type { ProviderAnswer, ProviderCall } from './provider-server.js'

const program = (score: string, more = '') => `Here it is.

\`\`\`ts
import { strategy, field, rank } from 'alphaloop'
const close = field('close')
export default strategy({ name: 'Scripted', score: ${score}, select: { top: 3 }${more} })
\`\`\`
`

/**
 * A model that answers from what it is asked alone, in every way in which models answer: so a call that is made again
 * after a kill is answered alike. Its first replies are often wrong; told why, it mends them.
 */
export function scriptedAnswer({ said }: Pick<ProviderCall, 'said'>, index: number): ProviderAnswer {
  const rng = createRng('scripted', said)
  const n = rng.int(2, 120)
  const good = program(`rank(close.pctChange(${n})).sub(rank(close.pctChange(1).std(${rng.int(5, 60)})))`)
  const text = (reply: string): ProviderAnswer => ({ kind: 'text', text: reply })
  // What a provider does to one call, and not to the same one after it.
  if (index % 17 === 5) return { kind: 'status', status: 429, headers: { 'retry-after': '0' } }
  if (index % 23 === 11) return { kind: 'cutWithin' }
  if (said.includes('was refused') || said.includes('is of no use')) return text(good)
  switch (rng.int(0, 10)) {
    case 0:
      return text(program(`rank(close.pctChnge(${n}))`))
    case 1:
    case 7:
    case 8:
      return text(program(`rank(close.pctChange(${n}))`, ', universe: close.gt(1e9)'))
    case 2:
      // The same for all who ask: a duplicate from the second on.
      return text(program('rank(close.pctChange(20))'))
    case 3:
      return text('Buy low and sell high.')
    case 4:
      return text('')
    case 5:
      return { kind: 'status', status: 500, message: 'overloaded' }
    case 6:
      return { kind: 'garbage', body: '{"choices": [' }
    default:
      return text(good)
  }
}
