/** The softmax of the logits as a call. */
import type { Compilation } from '../../planning/emission.js';
import { makeValue, type Value } from '../../planning/value.js';
import { SOFTMAX } from './words.js';

/** Null for a map of more than one position, which has no scores. */
export function emitSoftmax(node: string, logits: Value, { draft, images }: Compilation): Value | null {
  const [classes, height, width] = logits.map;
  if (height * width !== 1) return null;
  const scores = makeValue(logits.map, images);
  draft.nextStep();
  draft.call(SOFTMAX, node, images, {
    inputOffset: logits.buffer,
    inputStride: logits.channelStride,
    outputOffset: scores.buffer,
    outputStride: scores.channelStride,
    rows: images,
    classes,
  });
  return scores;
}
