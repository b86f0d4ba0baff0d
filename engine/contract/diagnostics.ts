/** Timings on the channels `image-drift:load` and `image-drift:compute`; they cost nothing without a subscriber. */
import { tellingOn } from '#platform';

const LOAD = tellingOn('image-drift:load');
const COMPUTE = tellingOn('image-drift:compute');

/** Published once an embedder: weights read and checked, then the graph optimised and the engine chosen. */
export interface LoadSpan {
  phase: 'weights' | 'graph';
  /** `performance.now()` of this thread, ms. */
  start: number;
  end: number;
}

/** Published once a batch. */
export interface ComputeSpan {
  /** The number of the worker thread. 0 for the calling thread or an engine's own threads; waiting is then included. */
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
