/**
 * `conv2d` on TensorFlow.js: dense, depthwise, and grouped. TensorFlow.js has no grouped convolution, so it runs as
 * dense blocks.
 *
 * Padding is always explicit: TensorFlow's `same` puts an odd pixel at the end, PyTorch pads both ends alike.
 */
import tf = require('@tensorflow/tfjs-core');

import type { Conv2dAttrs, Padding } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { activate, fusedActivation } from './activation.js';
import { depthwiseFilter, groupedFilter } from './filters.js';
import { addsInOrder, partsOfConvolution, sumOfParts } from './long-sums.js';
import { onMaps, type PreparedOp, type Run, splitLast } from './step.js';

/**
 * Grouped convolutions run as dense blocks of neighbouring groups. Wider blocks multiply more zeros; narrower blocks
 * leave the vector units idle. Of 8 to 128, 32 and 64 were the fastest for ResNeXt-50.
 */
const BLOCK_CHANNELS = 32;

/** On maps that lie as `[N, H, W, C]`. */
interface Prepared {
  weights: readonly tf.Tensor[];
  run: Run;
}

export function prepareConv2d(attrs: Conv2dAttrs, weight: Tensor, bias: Tensor | undefined): PreparedOp {
  const { run, weights } = prepare(attrs, weight, bias?.data ?? new Float32Array(attrs.outChannels));
  return onMaps(run, weights);
}

function prepare(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  if (attrs.groups === 1) return dense(attrs, weight, offsets);
  if (attrs.groups === attrs.inChannels && isPlain(attrs)) return depthwise(attrs, weight, offsets);
  return grouped(attrs, weight, offsets);
}

/**
 * Whether TensorFlow's own depthwise kernel takes it: without oneDNN, which not every processor gets, it refuses dilations
 * and strides that differ.
 */
function isPlain({ stride, dilation }: Conv2dAttrs): boolean {
  return stride[0] === stride[1] && dilation[0] === 1 && dilation[1] === 1;
}

function dense(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  const parts = partsOfConvolution(attrs);
  if (parts > 1) return denseInParts(attrs, weight, offsets, parts);
  const filter = uploadFilter(attrs, weight);
  const bias = tf.tensor1d(offsets);
  const { activation, ...linear } = attrs;
  const convolve = convolution(attrs, (x, strides) => {
    if (!isBiasLast(x, strides)) return tf.fused.conv2d({ x, filter, bias, ...sharedArguments(attrs, strides) });
    const sum = tf.fused.conv2d({ x, filter, ...sharedArguments(linear, strides) });
    return activate(tf.add(sum, bias), activation) as tf.Tensor4D;
  });
  return { weights: [filter, bias], run: ([x]) => convolve(x as tf.Tensor4D) };
}

/** A map of this many pixels is passed over twice more in no time; for larger ones that takes up to a tenth of the convolution. */
const FEW_PIXELS = 64;

/**
 * A large bias rounds every product that is added to it, as where a squeeze-and-excitation reduces its channels. TensorFlow.js
 * on WebAssembly begins with the bias.
 */
function isBiasLast({ shape: [, height, width] }: tf.Tensor4D, [down, across]: readonly [number, number]): boolean {
  return addsInOrder() && Math.ceil(height / down) * Math.ceil(width / across) <= FEW_PIXELS;
}

/** As a sum of convolutions of some channels each. */
function denseInParts(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array, parts: number): Prepared {
  const { activation, ...linear } = attrs;
  const filters = tf.tidy(() => tf.split(uploadFilter(attrs, weight), parts, 2));
  const bias = tf.tensor1d(offsets);
  const convolve = convolution(attrs, (x, strides) => {
    const shared = sharedArguments(linear, strides);
    const products = (splitLast(x, parts) as tf.Tensor4D[]).map((part, i) =>
      tf.fused.conv2d({ x: part, filter: filters[i] as tf.Tensor4D, ...shared }),
    );
    return activate(tf.add(sumOfParts(products), bias), activation) as tf.Tensor4D;
  });
  return { weights: [...filters, bias], run: ([x]) => convolve(x as tf.Tensor4D) };
}

function depthwise(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  const { inChannels, outChannels, kernel } = attrs;
  const filter = tf.tensor4d(depthwiseFilter(weight), [...kernel, inChannels, outChannels / inChannels]);
  const bias = tf.tensor1d(offsets);
  const convolve = convolution(attrs, (x, strides) => {
    const { activation, ...linear } = attrs;
    // A sum of few products: a large bias before them would round each.
    const isLast = addsInOrder();
    const { pad, ...others } = sharedArguments(isLast ? linear : attrs, strides);
    // The type does not allow explicit padding, but every kernel takes it, since all compute their sizes as conv2d
    // does.
    const given = { x, filter, pad: pad as unknown as number, ...others };
    if (!isLast) return tf.fused.depthwiseConv2d({ ...given, bias });
    return activate(tf.add(tf.fused.depthwiseConv2d(given), bias), activation) as tf.Tensor4D;
  });
  return { weights: [filter, bias], run: ([x]) => convolve(x as tf.Tensor4D) };
}

function grouped(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  const groupsPerBlock = groupsInBlock(attrs);
  const blocks = attrs.groups / groupsPerBlock;
  const block = {
    ...attrs,
    groups: groupsPerBlock,
    inChannels: attrs.inChannels / blocks,
    outChannels: attrs.outChannels / blocks,
  };
  const weightsPerBlock = weight.data.length / blocks;
  const parts = Array.from({ length: blocks }, (_, i) =>
    dense(
      block,
      {
        shape: [block.outChannels, ...weight.shape.slice(1)],
        data: weight.data.subarray(i * weightsPerBlock, (i + 1) * weightsPerBlock),
      },
      offsets.subarray(i * block.outChannels, (i + 1) * block.outChannels),
    ),
  );
  return {
    weights: parts.flatMap((part) => part.weights),
    run: ([x]) => {
      const inputs = splitLast(x!, blocks);
      return joinChannels(inputs.map((input, i) => parts[i]!.run([input]) as tf.Tensor4D));
    },
  };
}

/** The largest number of groups that divides all groups and fits in a block; at least 1. */
function groupsInBlock({ groups, inChannels, outChannels }: Conv2dAttrs): number {
  const width = Math.max(inChannels, outChannels) / groups;
  let best = 1;
  for (let n = 2; n <= groups && n * width <= BLOCK_CHANNELS; n++) if (groups % n === 0) best = n;
  return best;
}

/** The inverse of `splitLast`. */
function joinChannels(parts: readonly tf.Tensor4D[]): tf.Tensor4D {
  const [rows, height, width, size] = parts[0]!.shape;
  const positions = rows * height * width;
  const blockFirst = tf.concat(
    parts.map((part) => tf.reshape(part, [1, positions, size])),
    0,
  );
  return tf.reshape(tf.transpose(blockFirst, [1, 0, 2]), [rows, height, width, parts.length * size]) as tf.Tensor4D;
}

type Convolve = (x: tf.Tensor4D) => tf.Tensor4D;

/**
 * TensorFlow.js refuses a stride together with a dilation. In that case, this takes every stride-th pixel of the
 * unstrided result.
 */
function convolution(
  { stride, dilation }: Conv2dAttrs,
  convolve: (x: tf.Tensor4D, strides: [number, number]) => tf.Tensor4D,
): Convolve {
  const dilated = dilation[0] > 1 || dilation[1] > 1;
  const strided = stride[0] > 1 || stride[1] > 1;
  if (!(dilated && strided)) return (x) => convolve(x, [...stride]);
  return (x) => takeEvery(convolve(x, [1, 1]), stride);
}

/** Every `stride`-th row and column. */
export function takeEvery(x: tf.Tensor4D, stride: readonly [number, number]): tf.Tensor4D {
  return tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, ...stride, 1]) as tf.Tensor4D;
}

function sharedArguments({ padding, dilation, activation }: Conv2dAttrs, strides: [number, number]) {
  return {
    strides,
    pad: explicitPadding(padding),
    dataFormat: 'NHWC' as const,
    dilations: [...dilation] as [number, number],
    activation: fusedActivation(activation),
  };
}

/** Our padding in TensorFlow.js's form, for NHWC. */
export function explicitPadding([top, bottom, left, right]: Padding) {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ] as [[number, number], [number, number], [number, number], [number, number]];
}

/**
 * All groups as one dense filter, `[kh, kw, in, out]`. For a single group, the usual case, the engine transposes in its
 * own memory. If that were done here, every thread would leave garbage of the size of the weights.
 */
function uploadFilter({ kernel, inChannels, outChannels, groups }: Conv2dAttrs, weight: Tensor): tf.Tensor4D {
  if (groups > 1) return tf.tensor4d(groupedFilter(weight, groups), [...kernel, inChannels, outChannels]);
  return tf.tidy(() => tf.transpose(tf.tensor4d(weight.data, [outChannels, inChannels, ...kernel]), [2, 3, 1, 0]));
}
