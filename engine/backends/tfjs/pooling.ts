/**
 * Max and average pooling as PyTorch defines them (https://pytorch.org/docs/stable/nn.html#pooling-layers), on
 * TensorFlow.js. TensorFlow.js's own average never counts padding, and its output sizes never round up.
 */
import tf = require('@tensorflow/tfjs-core');

import { type MaxPool2dAttrs, type Pool2dAttrs, type PoolAxis, poolAxis, windowDivisor } from '../../../graph/index.js';
import { explicitPadding, takeEvery } from './convolution.js';
import { onMaps, type PreparedOp } from './step.js';

interface PoolAxes {
  vertical: PoolAxis;
  horizontal: PoolAxis;
}

function poolAxes(x: tf.Tensor4D, { kernel, stride, padding, dilation = [1, 1], ceilMode }: MaxPool2dAttrs): PoolAxes {
  const [, height, width] = x.shape;
  const [top, bottom, left, right] = padding;
  const along = (axis: 0 | 1) => ({ kernel: kernel[axis], stride: stride[axis], dilation: dilation[axis], ceilMode });
  return {
    vertical: poolAxis(height, { ...along(0), before: top, after: bottom }),
    horizontal: poolAxis(width, { ...along(1), before: left, after: right }),
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

export function prepareMaxPool2d(attrs: MaxPool2dAttrs): PreparedOp {
  const { dilation = [1, 1] } = attrs;
  if (dilation[0] > 1 || dilation[1] > 1) return onMaps(([x]) => dilatedMaxPool(x as tf.Tensor4D, attrs));
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

/** No engine has it: the largest of as many shifted images as a window has pixels. */
function dilatedMaxPool(x: tf.Tensor4D, attrs: MaxPool2dAttrs): tf.Tensor {
  const axes = poolAxes(x, attrs);
  const padded = tf.pad(x, wholeWindows(axes), Number.NEGATIVE_INFINITY);
  const { vertical, horizontal } = axes;
  const shifts = Array.from({ length: vertical.kernel * horizontal.kernel }, (_, i) => [
    Math.floor(i / horizontal.kernel) * vertical.dilation,
    (i % horizontal.kernel) * horizontal.dilation,
  ]);
  const end = (axis: PoolAxis, shift: number) => shift + (axis.output - 1) * axis.stride + 1;
  const images = shifts.map(([down = 0, across = 0]) =>
    tf.stridedSlice(
      padded,
      [0, down, across, 0],
      [padded.shape[0], end(vertical, down), end(horizontal, across), padded.shape[3]],
      [1, vertical.stride, horizontal.stride, 1],
    ),
  );
  return images.reduce((largest, image) => tf.maximum(largest, image));
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
