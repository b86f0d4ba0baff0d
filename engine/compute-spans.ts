/**
 * When batches were computed, for whoever listens on the diagnostics channel `image-drift:compute`
 * (`node:diagnostics_channel`). Nobody listening costs nothing.
 */
import { channel } from 'node:diagnostics_channel';

const CHANNEL = channel('image-drift:compute');

export interface ComputeSpan {
  /** Number of the worker thread; 0 for the engine's own threads or the calling one, where waiting counts as well. */
  thread: number;
  /** `performance.now()` of this thread, ms. */
  start: number;
  end: number;
  images: number;
}

export function tellComputed(span: ComputeSpan): void {
  if (CHANNEL.hasSubscribers) CHANNEL.publish(span);
}
