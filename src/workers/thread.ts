// What runs in an evaluation thread: it is handed the run's setup once, over shared memory, and then graphs.
import { parentPort, workerData } from 'node:worker_threads'
import { createEvaluation, type EvaluationSetup } from './evaluation.js'
import type { ThreadReply, ThreadRequest } from './transfer.js'

const evaluate = createEvaluation(workerData as EvaluationSetup, () => performance.now())
const reply = (message: ThreadReply) => parentPort!.postMessage(message)

parentPort!.on('message', ({ id, graph }: ThreadRequest) =>
  reply({ type: 'done', id, evaluation: evaluate(graph) }),
)
reply({ type: 'ready' })
