/** PyTorch's max and average pooling. TensorFlow.js's average never counts padding, its sizes never round up. */
import {
  bins,
  type MaxPool2dAttrs,
  type Pool2dAttrs,
  type PoolAxis,
  poolAxis,
  type Span,
  windowDivisor,
} from '../../../graph/index.js';
import { explicitPadding } from './convolution.js';
import { tf } from './global-engine.js';
import { onAxis, onMaps, type PreparedOp, partsOfMean } from './step.js';

interface PoolAxes {
  vertical: PoolAxis;
  horizontal: PoolAxis;
}

function poolAxes(x: tf.Tensor4D, { kernel, stride, padding, dilation = [1, 1], ceilMode }: MaxPool2dAttrs): PoolAxes {
  const [, height, width] = x.shape;
  const [top, bottom, left, right] = padding;
  const along = (axis: 0 | 1) => ({ kernel: kernel[axis], stride: stride[axis], dilation: dilation[axis], ceilMode });
  return {
    vertical: withoutOverhang(poolAxis(height, { ...along(0), before: top, after: bottom })),
    horizontal: withoutOverhang(poolAxis(width, { ...along(1), before: left, after: right })),
  };
}

/** A single window ends where the padding does. What lies beyond never counts, and may be very large. */
function withoutOverhang(axis: PoolAxis): PoolAxis {
  if (axis.output > 1 || axis.dilation > 1) return axis;
  return { ...axis, kernel: axis.kernel - axis.overhang, overhang: 0 };
}

function windowOf({ vertical, horizontal }: PoolAxes): [number, number] {
  return [vertical.kernel, horizontal.kernel];
}

/** Padding that makes every window whole and the output exactly as large as PyTorch's. */
function wholeWindows({ vertical, horizontal }: PoolAxes) {
  const ends = ({ before, after, overhang }: PoolAxis) => [before, after + overhang] as const;
  return explicitPadding([...ends(vertical), ...ends(horizontal)]);
}

/** tfjs-node refuses explicit padding for pooling, although TensorFlow supports it. */
function poolsWithPadding(): boolean {
  return tf.getBackend() !== 'tensorflow';
}

export function prepareMaxPool2d(attrs: MaxPool2dAttrs): PreparedOp {
  const { dilation = [1, 1] } = attrs;
  if (dilation[0] > 1 || dilation[1] > 1) return onMaps(([x]) => dilatedMaxPool(x as tf.Tensor4D, attrs));
  return onMaps(([x]) => {
    const image = x as tf.Tensor4D;
    const axes = poolAxes(image, attrs);
    const [window, stride, padding] = [windowOf(axes), [...attrs.stride] as [number, number], wholeWindows(axes)];
    if (poolsWithPadding()) return tf.maxPool(image, window, stride, padding, 'floor');
    return tf.maxPool(tf.pad(image, padding, Number.NEGATIVE_INFINITY), window, stride, 'valid');
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
  return onMaps(([x]) => {
    const image = x as tf.Tensor4D;
    const axes = poolAxes(image, attrs);
    const padded = tf.pad(image, wholeWindows(axes));
    const averages = tf.avgPool(padded, windowOf(axes), [...attrs.stride], 'valid');
    const correction = divisorCorrection(axes, attrs);
    return correction === null ? averages : tf.mul(averages, correction);
  });
}

/** Kernel area / PyTorch's divisor, `[1, height, width, 1]`; null if all windows have the same divisor. */
function divisorCorrection(
  { vertical, horizontal }: PoolAxes,
  { countIncludePad }: Pool2dAttrs & { countIncludePad: boolean },
): tf.Tensor4D | null {
  const area = vertical.kernel * horizontal.kernel;
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

export function prepareAdaptiveAvgPool2d([outHeight, outWidth]: readonly [number, number]): PreparedOp {
  return onMaps(([input]) => {
    const x = input as tf.Tensor4D;
    const [, height, width] = x.shape;
    if (height === outHeight && width === outWidth) return tf.clone(x);
    if (height % outHeight === 0 && width % outWidth === 0) {
      return averageOf(x, [height / outHeight, width / outWidth]);
    }
    return averageBins(averageBins(x, 2, outWidth), 1, outHeight);
  });
}

/** From this many pixels on, an average is one of averages of rows. */
const MANY_PIXELS = 64;

function averageOf(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  if (height * width < MANY_PIXELS) return average(x, [height, width]);
  const rows = partsOfMean(width).reduce((values, part) => average(values, [1, part]), x);
  return partsOfMean(height).reduce((values, part) => average(values, [part, 1]), rows);
}

function average(x: tf.Tensor4D, window: [number, number]): tf.Tensor4D {
  return tf.avgPool(x, window, window, 'valid');
}

export function prepareAdaptiveMaxPool2d([outHeight, outWidth]: readonly [number, number]): PreparedOp {
  return onMaps(([input]) => {
    const x = input as tf.Tensor4D;
    const [, height, width] = x.shape;
    return largestOfBins(largestOfBins(x, 1, bins(height, outHeight)), 2, bins(width, outWidth));
  });
}

/** @param place of the axis */
function largestOfBins(x: tf.Tensor, place: number, spans: readonly Span[]): tf.Tensor {
  const sliceOf = (lines: tf.Tensor3D, { start, end }: Span) => tf.slice(lines, [0, start, 0], [-1, end - start, -1]);
  return onAxis(x, place, (lines) => {
    const largest = spans.map((span) => tf.max(sliceOf(lines, span), 1, true));
    return tf.concat(largest, 1);
  });
}

/** @param place of the axis that becomes `out` bins */
function averageBins(x: tf.Tensor, place: number, out: number): tf.Tensor {
  return onAxis(x, place, (lines) => {
    const size = lines.shape[1];
    return tf.matMul(tf.tensor3d(binWeights(size, out), [1, out, size]), lines);
  });
}

/** `[out, size]`: every row sums to 1. */
function binWeights(size: number, out: number): Float32Array {
  const weights = new Float32Array(out * size);
  for (const [bin, { start, end }] of bins(size, out).entries()) {
    weights.fill(1 / (end - start), bin * size + start, bin * size + end);
  }
  return weights;
}
