/** A worker thread: compiles the program it was started with, then answers one batch at a time until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ProgramOutputs } from '../backend.js';
import { loadBackend } from '../backends/registry.js';
import { sendError, type WorkerReply, type WorkerRequest, type WorkerTask } from './messages.js';

const port = parentPort!;
const { backend, model, options } = workerData as WorkerTask;
const program = loadBackend(backend).then((loaded) => loaded.compile(model, options));

port.on('message', async (batch: WorkerRequest) => {
  try {
    const outputs = await (await program).run(batch);
    reply({ type: 'done', outputs }, buffersOf(outputs));
  } catch (error) {
    reply({ type: 'failed', error: sendError(error) }, []);
  }
});

// A failed compilation is told as the answer to the first batch; here it only must not end the thread before.
program.catch(() => {});

function reply(message: WorkerReply, transfer: ArrayBuffer[]): void {
  port.postMessage(message, transfer);
}

/** Two taps may share one buffer, which may be transferred only once. */
function buffersOf({ taps, scores }: ProgramOutputs): ArrayBuffer[] {
  const arrays = [...taps.values()].map((tap) => tap.data);
  if (scores !== null) arrays.push(scores);
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}
