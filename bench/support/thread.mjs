// The evaluation thread from its TypeScript sources.
import { register } from 'tsx/esm/api'

register()
await import('../../src/workers/thread.ts')
