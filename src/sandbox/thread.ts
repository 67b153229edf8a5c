// What runs in a sandbox's thread: one untrusted text or program after the other.
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

parentPort!.on('message', async ({ id, work }: SandboxRequest) => {
  running = id
  try {
    const result = work.kind === 'read' ? await sandbox.read(work.text) : await sandbox.run(work.program)
    reply({ type: 'ended', id, result })
  } catch (error) {
    reply({ type: 'failed', id, message: messageOf(error) })
  }
})
