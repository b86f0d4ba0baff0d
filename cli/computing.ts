/** Long computations on a thread of their own: Ctrl-C reaches the program only while its main thread is idle. */
import { Worker } from 'node:worker_threads';
import { isOffline } from '../base/index.js';
import { ThreadPool } from '../files/index.js';
import type { CompareComputations } from '../pipeline/compare/index.js';
import type { Computations } from './computations.js';

export interface ComputingSetting {
  offline: boolean;
}

export interface ComputingRequest {
  name: string;
  args: readonly unknown[];
}

/** One thread, which could not do two computations at once. */
const thread = new ThreadPool<ComputingRequest, unknown>({
  threads: 1,
  depth: 1,
  start() {
    const workerData: ComputingSetting = { offline: isOffline() };
    return new Worker(new URL('./computing-thread.js', import.meta.url), { workerData });
  },
  message: (request) => ({ message: request }),
  died: (_, cause) => (cause instanceof Error ? cause : new Error(`the computing thread ended with ${cause}`)),
  closed: () => new Error('the computing thread has ended'),
});

/** Runs a computation by its name, and throws what it throws. */
export function compute<N extends keyof Computations>(
  name: N,
  ...args: Parameters<Computations[N]>
): ReturnType<Computations[N]> {
  return thread.answer({ name, args }) as ReturnType<Computations[N]>;
}

export const COMPUTED_APART: CompareComputations = {
  fitProfile: (path, options) => compute('fitProfile', path, options),
  measure: (profile, paths, options) => compute('measure', profile, paths, options),
  reportPage: (profile, measurement, options) => compute('reportPage', profile, measurement, options),
};
