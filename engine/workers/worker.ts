/**
 * A worker thread. It loads its engine, compiles the program of the first message or joins the shared one, then answers
 * one batch after another until it is ended.
 */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { answerOrders } from '../../files/index.js';
import { loadBackend } from '../backends/registry.js';
import type { Backend, ProgramOutputs } from '../contract/backend.js';
import type { WorkerRequest, WorkerResult, WorkerStart, WorkerTask } from './start-worker.js';

type Run = (request: WorkerRequest) => Promise<ProgramOutputs | null> | ProgramOutputs | null;

const port = parentPort!;
const backend = loadBackend((workerData as WorkerStart).backend);
// An error here occurs again, and is reported, when a batch comes. It must not end the thread now.
backend.then((loaded) => loaded.warmUp?.()).catch(() => {});

port.once('message', (task: WorkerTask) => {
  const run = backend.then((loaded) => start(loaded, task));
  run.catch(() => {});
  answerOrders((request: WorkerRequest) => answer(run, request), { buffersOf: ({ outputs }) => buffersOf(outputs) });
});

async function start(loaded: Backend, task: WorkerTask): Promise<Run> {
  if (task.type === 'join') {
    const member = await loaded.join!(task.invitation);
    return (request) => member.run((request as Extract<WorkerRequest, { type: 'job' }>).job);
  }
  const program = await loaded.compile(task.model, task.options);
  return (request) => program.run((request as Extract<WorkerRequest, { type: 'batch' }>).batch);
}

async function answer(running: Promise<Run>, request: WorkerRequest): Promise<WorkerResult> {
  const run = await running;
  const start = performance.timeOrigin + performance.now();
  const outputs = await run(request);
  return { outputs, thread: threadId, start, end: performance.timeOrigin + performance.now() };
}

/** Two taps may share one buffer, which may be transferred only once. */
function buffersOf(outputs: ProgramOutputs | null): ArrayBuffer[] {
  if (outputs === null) return [];
  const arrays = [...outputs.taps.values()].map((tap) => tap.data);
  if (outputs.scores !== null) arrays.push(outputs.scores);
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}
