// The evaluation thread, which dies of any graph of the name `die`.
import { parentPort } from 'node:worker_threads'

const on = parentPort.on.bind(parentPort)
parentPort.on = (event, listener) =>
  on(event, (message) => {
    if (message.graph?.name === 'die') process.exit(3)
    listener(message)
  })
await import('./thread.mjs')
