/**
 * `conv2d` on TensorFlow.js: dense, depthwise, and grouped. TensorFlow.js has no grouped convolution, so it runs as
 * dense blocks.
 *
 * Padding is always explicit: TensorFlow's `same` puts an odd pixel at the end, PyTorch pads both ends alike.
 */

import type { Conv2dAttrs, Padding } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { depthwiseFilter, groupedFilter } from './filters.js';
import { tf } from './global-engine.js';
import { onMaps, type PreparedOp, type Run } from './step.js';

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
  const filter = uploadFilter(attrs, weight);
  const bias = tf.tensor1d(offsets);
  const convolve = convolution(attrs, (x, strides) =>
    tf.fused.conv2d({ x, filter, bias, ...sharedArguments(attrs, strides) }),
  );
  return { weights: [filter, bias], run: ([x]) => convolve(x as tf.Tensor4D) };
}

function depthwise(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  const { inChannels, outChannels, kernel } = attrs;
  const filter = tf.tensor4d(depthwiseFilter(weight), [...kernel, inChannels, outChannels / inChannels]);
  const bias = tf.tensor1d(offsets);
  const convolve = convolution(attrs, (x, strides) => {
    const { pad, ...others } = sharedArguments(attrs, strides);
    // The type does not allow explicit padding, but every kernel takes it, since all compute their sizes as conv2d
    // does.
    return tf.fused.depthwiseConv2d({ x, filter, bias, pad: pad as unknown as number, ...others });
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
      const inputs = tf.split(x!, blocks, 3);
      return tf.concat(
        inputs.map((input, i) => parts[i]!.run([input])),
        3,
      );
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
function takeEvery(x: tf.Tensor4D, stride: readonly [number, number]): tf.Tensor4D {
  return tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, ...stride, 1]) as tf.Tensor4D;
}

function sharedArguments({ padding, dilation, activation }: Conv2dAttrs, strides: [number, number]) {
  return {
    strides,
    pad: explicitPadding(padding),
    dataFormat: 'NHWC' as const,
    dilations: [...dilation] as [number, number],
    activation: activation ?? ('linear' as const),
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
