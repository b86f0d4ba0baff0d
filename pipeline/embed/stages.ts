/**
 * When each stage of `embedImages` was at work, for whoever listens on the diagnostics channel `image-drift:stage`
 * (`node:diagnostics_channel`). Nobody listening costs nothing.
 *
 * Computing is told by the engine, on `image-drift:compute`, since only it knows which thread did it.
 */
import { channel } from 'node:diagnostics_channel';

const CHANNEL = channel('image-drift:stage');

export interface StageSpan {
  stage: 'read' | 'prepare' | 'write';
  /** `performance.now()`, ms. */
  start: number;
  end: number;
  images: number;
}

export function tellStage(stage: StageSpan['stage'], start: number, images: number): void {
  if (!CHANNEL.hasSubscribers) return;
  CHANNEL.publish({ stage, start, end: performance.now(), images } satisfies StageSpan);
}
