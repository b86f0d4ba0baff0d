/**
 * Max and average pooling as PyTorch defines them (https://pytorch.org/docs/stable/nn.html#pooling-layers), on
 * TensorFlow.js. TensorFlow.js's own average never counts padding, and its output sizes never round up.
 */
import tf = require('@tensorflow/tfjs-core');

import { type Pool2dAttrs, type PoolAxis, poolAxis, windowDivisor } from '../../../graph/index.js';
import { explicitPadding, takeEvery } from './convolution.js';
import { onMaps, type PreparedOp } from './step.js';

interface PoolAxes {
  vertical: PoolAxis;
  horizontal: PoolAxis;
}

function poolAxes(x: tf.Tensor4D, { kernel, stride, padding, ceilMode }: Pool2dAttrs): PoolAxes {
  const [, height, width] = x.shape;
  const [top, bottom, left, right] = padding;
  return {
    vertical: poolAxis(height, { kernel: kernel[0], stride: stride[0], before: top, after: bottom, ceilMode }),
    horizontal: poolAxis(width, { kernel: kernel[1], stride: stride[1], before: left, after: right, ceilMode }),
  };
}

/** Padding that makes every window whole and the output exactly as large as PyTorch's. */
function wholeWindows({ vertical, horizontal }: PoolAxes) {
  return explicitPadding([
    vertical.before,
    vertical.after + vertical.overhang,
    horizontal.before,
    horizontal.after + horizontal.overhang,
  ]);
}

/** XNNPACK refuses windows of one pixel. These only pick pixels, and have no padding, since padding ≤ kernel / 2. */
function isOnePixel({ kernel }: Pool2dAttrs): boolean {
  return kernel[0] === 1 && kernel[1] === 1;
}

/** tfjs-node refuses explicit padding for pooling, although TensorFlow supports it. */
function poolsWithPadding(): boolean {
  return tf.getBackend() !== 'tensorflow';
}

export function prepareMaxPool2d(attrs: Pool2dAttrs): PreparedOp {
  if (isOnePixel(attrs)) return onMaps(([x]) => takeEvery(x as tf.Tensor4D, attrs.stride));
  return onMaps(([x]) => {
    const image = x as tf.Tensor4D;
    const padding = wholeWindows(poolAxes(image, attrs));
    if (!poolsWithPadding()) {
      const padded = tf.pad(image, padding, Number.NEGATIVE_INFINITY);
      return tf.maxPool(padded, [...attrs.kernel], [...attrs.stride], 'valid');
    }
    return tf.maxPool(image, [...attrs.kernel], [...attrs.stride], padding, 'floor');
  });
}

export function prepareAvgPool2d(attrs: Pool2dAttrs & { countIncludePad: boolean }): PreparedOp {
  if (isOnePixel(attrs)) return onMaps(([x]) => takeEvery(x as tf.Tensor4D, attrs.stride));
  return onMaps(([x]) => {
    const image = x as tf.Tensor4D;
    const axes = poolAxes(image, attrs);
    const padded = tf.pad(image, wholeWindows(axes));
    const averages = tf.avgPool(padded, [...attrs.kernel], [...attrs.stride], 'valid');
    const correction = divisorCorrection(axes, attrs);
    return correction === null ? averages : tf.mul(averages, correction);
  });
}

/**
 * Kernel area / PyTorch's divisor, for each window: `[1, height, width, 1]`; null if all windows have the same divisor.
 */
function divisorCorrection(
  { vertical, horizontal }: PoolAxes,
  { kernel, countIncludePad }: Pool2dAttrs & { countIncludePad: boolean },
): tf.Tensor4D | null {
  const area = kernel[0] * kernel[1];
  const factors = new Float32Array(vertical.output * horizontal.output);
  for (let y = 0; y < vertical.output; y++) {
    const rows = windowDivisor(vertical, y, countIncludePad);
    for (let x = 0; x < horizontal.output; x++) {
      factors[y * horizontal.output + x] = area / (rows * windowDivisor(horizontal, x, countIncludePad));
    }
  }
  if (factors.every((factor) => factor === 1)) return null;
  return tf.tensor4d(factors, [1, vertical.output, horizontal.output, 1]);
}
