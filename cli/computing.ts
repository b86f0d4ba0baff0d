/**
 * Long computations on a thread of their own. A signal reaches the program only while its main thread is idle: there, k-means
 * over a large table would let Ctrl-C wait for minutes. `process.exit` ends the thread wherever it is.
 */
import { Worker } from 'node:worker_threads';
import type { CompareComputations } from '../pipeline/compare/index.js';
import type { Computations } from './computations.js';
import {
  type ComputingReply,
  type ComputingRequest,
  type ComputingSetting,
  receiveFailure,
} from './computing-messages.js';
import { isOffline } from './offline.js';

let thread: Worker | null = null;
/** Requests are answered one by one: the thread could not do two at once. */
let last: Promise<unknown> = Promise.resolve();

/** Runs a computation by its name, and throws what it throws. */
export function compute<N extends keyof Computations>(
  name: N,
  ...args: Parameters<Computations[N]>
): ReturnType<Computations[N]> {
  const result = last.then(() => answer({ name, args }));
  last = result.catch(() => undefined);
  return result as ReturnType<Computations[N]>;
}

/** The long computations of the commands that compare sets of images. */
export const COMPUTED_APART: CompareComputations = {
  fitProfile: (path, options) => compute('fitProfile', path, options),
  measure: (profile, paths, options) => compute('measure', profile, paths, options),
  reportPage: (profile, measurement, options) => compute('reportPage', profile, measurement, options),
};

function answer(request: ComputingRequest): Promise<unknown> {
  const workerData: ComputingSetting = { offline: isOffline() };
  thread ??= new Worker(new URL('./computing-thread.js', import.meta.url), { workerData });
  const worker = thread;
  // The process ends though the thread waits for more, not while it computes.
  worker.ref();
  return new Promise((resolve, reject) => {
    const onMessage = (reply: ComputingReply) => {
      settle();
      if ('failure' in reply) reject(receiveFailure(reply.failure));
      else resolve(reply.result);
    };
    const onEnd = (reason: unknown) => {
      settle();
      thread = null;
      reject(reason instanceof Error ? reason : new Error(`the computing thread ended with ${reason}`));
    };
    const settle = () => {
      worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
      worker.unref();
    };
    worker.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
    worker.postMessage(request);
  });
}
