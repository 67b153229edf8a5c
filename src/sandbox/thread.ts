// What runs in a sandbox's thread: one untrusted program after the other.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../base/errors.js'
import { createQuickJsSandbox } from './quickjs.js'
import type { SandboxLimits } from './sandbox.js'
import type { SandboxReply, SandboxRequest } from './thread-sandbox.js'

const reply = (message: SandboxReply) => parentPort!.postMessage(message)
let running = 0
const sandbox = createQuickJsSandbox({
  limits: workerData as SandboxLimits,
  onStart: () => reply({ type: 'started', id: running }),
})

parentPort!.on('message', async ({ id, program }: SandboxRequest) => {
  running = id
  try {
    reply({ type: 'ended', id, result: await sandbox.run(program) })
  } catch (error) {
    reply({ type: 'failed', id, message: messageOf(error) })
  }
})
