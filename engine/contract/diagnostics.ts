/**
 * When the engine did what, for whoever listens on the diagnostics channels (`node:diagnostics_channel`)
 * `image-drift:load` and `image-drift:compute`. Nobody listening costs nothing.
 */
import { channel } from 'node:diagnostics_channel';

const LOAD = channel('image-drift:load');
const COMPUTE = channel('image-drift:compute');

/** Once an embedder: weights read and checked, then the graph made smaller and the engine chosen. */
export interface LoadSpan {
  phase: 'weights' | 'graph';
  /** `performance.now()` of this thread, ms. */
  start: number;
  end: number;
}

/** Once a batch. */
export interface ComputeSpan {
  /** Number of the worker thread; 0 for the engine's own threads or the calling one, where waiting counts as well. */
  thread: number;
  /** `performance.now()` of this thread, ms. */
  start: number;
  end: number;
  images: number;
}

export function tellLoaded(phase: LoadSpan['phase'], start: number): void {
  if (LOAD.hasSubscribers) LOAD.publish({ phase, start, end: performance.now() } satisfies LoadSpan);
}

export function tellComputed(span: ComputeSpan): void {
  if (COMPUTE.hasSubscribers) COMPUTE.publish(span);
}
