/**
 * A worker thread: loads its engine, compiles the program that the first message brings, then answers one batch at a
 * time until it is ended.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Program, ProgramOutputs } from '../backend.js';
import { loadBackend } from '../backends/registry.js';
import { sendError, type WorkerReply, type WorkerRequest, type WorkerStart, type WorkerTask } from './messages.js';

const port = parentPort!;
const backend = loadBackend((workerData as WorkerStart).backend);
// What fails here fails again, and is told, when a batch comes; now it only must not end the thread.
backend.then((loaded) => loaded.warmUp?.()).catch(() => {});

port.once('message', ({ model, options }: WorkerTask) => {
  const program = backend.then((loaded) => loaded.compile(model, options));
  program.catch(() => {});
  port.on('message', (batch: WorkerRequest) => answer(program, batch));
});

async function answer(program: Promise<Program>, batch: WorkerRequest): Promise<void> {
  try {
    const ready = await program;
    const start = performance.timeOrigin + performance.now();
    const outputs = await ready.run(batch);
    reply({ type: 'done', outputs, start, end: performance.timeOrigin + performance.now() }, buffersOf(outputs));
  } catch (error) {
    reply({ type: 'failed', error: sendError(error) }, []);
  }
}

function reply(message: WorkerReply, transfer: ArrayBuffer[]): void {
  port.postMessage(message, transfer);
}

/** Two taps may share one buffer, which may be transferred only once. */
function buffersOf({ taps, scores }: ProgramOutputs): ArrayBuffer[] {
  const arrays = [...taps.values()].map((tap) => tap.data);
  if (scores !== null) arrays.push(scores);
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}
