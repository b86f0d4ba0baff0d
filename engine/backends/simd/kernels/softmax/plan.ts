/** The softmax of the logits as a call. */
import { callShape } from '../../abi/call.js';
import { makeValue, type Value } from '../../planning/draft.js';
import type { Compilation } from '../../planning/emission.js';

/**
 * `output[r][c] = e^(input[r][c] − max) / Σ e^(input[r] − max)` over the first `classes` channels of each row, zero
 * from there to the next multiple of 16. Both strides are multiples of 16. A unit is a row.
 */
export const SOFTMAX = callShape('softmax', 'inputOffset inputStride outputOffset outputStride rows classes');

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
