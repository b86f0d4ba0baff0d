/** A worker thread: it loads its engine, compiles or joins the program of the first message, then answers batches. */
import { threadData, threadNumber, threadPort } from '#platform';
import { answerOrders } from '../../files/index.js';
import { loadBackend } from '../backends/registry.js';
import type { Backend, Member, Program, ProgramOutputs } from '../contract/backend.js';
import type { CopiedModel, WorkerResult, WorkerStart } from './worker-pool.js';

// Not awaited here: V8 ends the process if a thread is ended while a module that awaits is evaluated.
const backend = threadData<WorkerStart>().then((start) => loadBackend(start.backend));
// An error here occurs again, and is reported, when a batch comes. It must not end the thread now.
backend.then((loaded) => loaded.warmUp?.()).catch(() => {});

threadPort().once('message', (invitation) => {
  const program = backend.then((loaded) => start(loaded, invitation as object));
  program.catch(() => {});
  answerOrders((job) => answer(program, job), { buffersOf: ({ outputs }) => buffersOf(outputs) });
});

function start(loaded: Backend, invitation: object): Promise<Member | Program> {
  if (!('model' in invitation)) return loaded.join!(invitation);
  const { model, options } = invitation as CopiedModel;
  return loaded.compile(model, options);
}

/** @param job of the program: a batch of images, or what a shared program has made of one */
async function answer(starting: Promise<Member | Program>, job: unknown): Promise<WorkerResult> {
  const program = await starting;
  const start = performance.timeOrigin + performance.now();
  const outputs = await program.run(job as never);
  return { outputs, thread: threadNumber(), start, end: performance.timeOrigin + performance.now() };
}

/** Two taps may share one buffer, which may be transferred only once. */
function buffersOf(outputs: ProgramOutputs | null): ArrayBuffer[] {
  if (outputs === null) return [];
  const arrays = [...outputs.taps.values()].map((tap) => tap.data);
  if (outputs.scores !== null) arrays.push(outputs.scores);
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}
