// What runs in an evaluation thread: it is handed the run's setup once, over shared memory, and then graphs.
import { parentPort, workerData } from 'node:worker_threads'
import { createEvaluation, type EvaluationSetup } from './evaluation.js'
import type { ThreadReply, ThreadRequest } from './transfer.js'

const evaluating = createEvaluation(workerData as EvaluationSetup, () => performance.now())
const reply = (message: ThreadReply) => parentPort!.postMessage(message)

parentPort!.on('message', ({ id, work, graph }: ThreadRequest) =>
  reply({ type: 'done', id, result: evaluating[work](graph) }),
)
reply({ type: 'ready' })
