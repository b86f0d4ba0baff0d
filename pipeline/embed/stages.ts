/**
 * Reports when each stage of `embedImages` ran, on the diagnostics channel `image-drift:stage`
 * (`node:diagnostics_channel`). Without listeners it costs nothing.
 *
 * The engine reports computing itself, on `image-drift:compute`, because only it knows which thread did it.
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
