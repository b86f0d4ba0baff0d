/** Checks a tensor before it is written or used: it must have as many values as its shape says, all finite. */
import { elementCount } from './manifest.js';
import type { Tensor } from './model-config.js';
import { WeightsError } from './weights-error.js';

/**
 * @param place file and tensor, for messages
 * @throws WeightsError `WEIGHTS_SHAPE_MISMATCH`, or `WEIGHTS_NOT_FINITE` naming the element
 */
export function checkTensor(place: string, { shape, data }: Tensor): void {
  if (elementCount(shape) !== data.length) {
    throw new WeightsError(
      'WEIGHTS_SHAPE_MISMATCH',
      `${place}: shape [${shape.join(', ')}] has ${elementCount(shape).toLocaleString('en')} elements, ` +
        `the data ${data.length.toLocaleString('en')}`,
    );
  }
  const index = firstNonFinite(data);
  if (index >= 0) {
    throw new WeightsError(
      'WEIGHTS_NOT_FINITE',
      `${place}: element ${index} of ${data.length.toLocaleString('en')} is ${data[index]}`,
      { hint: 'The training diverged; take an earlier checkpoint.' },
    );
  }
}

function firstNonFinite(data: Float32Array): number {
  for (let i = 0; i < data.length; i++) {
    // Infinity - Infinity and NaN - NaN are NaN. This is faster than Number.isFinite on tens of millions of values.
    if (data[i]! - data[i]! !== 0) return i;
  }
  return -1;
}
