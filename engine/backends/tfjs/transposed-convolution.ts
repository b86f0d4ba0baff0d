/**
 * `convTranspose2d` on TensorFlow.js, whose own has neither groups, nor dilation, nor PyTorch's padding: a group after
 * another, filters with zeros between their pixels, and an output that is cut afterwards.
 */

import { type ConvTranspose2dAttrs, transposedSize } from '../../../graph/index.js';
import { tf } from './global-engine.js';
import type { NodeTensors } from './step.js';
import { onMaps, type PreparedOp } from './step.js';

export function prepareConvTranspose2d(attrs: ConvTranspose2dAttrs, tensors: NodeTensors): PreparedOp {
  const { inChannels, outChannels, groups } = attrs;
  const [inGroup, outGroup] = [inChannels / groups, outChannels / groups];
  const size = inGroup * outGroup * attrs.kernel[0] * attrs.kernel[1];
  const { data } = tensors('weight');
  const filters = Array.from({ length: groups }, (_, group) =>
    uploadFilter(data.subarray(group * size, (group + 1) * size), attrs),
  );
  const bias = attrs.bias ? tf.tensor1d(tensors('bias').data) : null;
  return onMaps(
    ([x]) => {
      const map = x as tf.Tensor4D;
      const groupOf = (group: number) => tf.slice(map, [0, 0, 0, group * inGroup], [-1, -1, -1, inGroup]);
      const parts = filters.map((filter, group) => spread(groups === 1 ? map : groupOf(group), filter, attrs.stride));
      const sums = cut(parts.length === 1 ? parts[0]! : tf.concat(parts, 3), map, attrs);
      return bias === null ? sums : tf.add(sums, bias);
    },
    [...filters, ...(bias === null ? [] : [bias])],
  );
}

/** `[in, out, kh, kw]` → `[extent of kh, extent of kw, out, in]`, with zeros where a dilated filter has no pixel. */
function uploadFilter(data: Float32Array, { inChannels, outChannels, groups, kernel, dilation }: ConvTranspose2dAttrs) {
  const [inGroup, outGroup] = [inChannels / groups, outChannels / groups];
  const [height, width] = [extent(kernel[0], dilation[0]), extent(kernel[1], dilation[1])];
  const filter = new Float32Array(height * width * outGroup * inGroup);
  let from = 0;
  for (let input = 0; input < inGroup; input++) {
    for (let out = 0; out < outGroup; out++) {
      for (let y = 0; y < height; y += dilation[0]) {
        for (let x = 0; x < width; x += dilation[1]) {
          filter[((y * width + x) * outGroup + out) * inGroup + input] = data[from++]!;
        }
      }
    }
  }
  return tf.tensor4d(filter, [height, width, outGroup, inGroup]);
}

function extent(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/** Every pixel's filter, without padding. */
function spread(x: tf.Tensor4D, filter: tf.Tensor4D, stride: readonly [number, number]): tf.Tensor4D {
  const [rows, height, width] = x.shape;
  const [filterHeight, filterWidth, outputs] = filter.shape;
  const whole: [number, number, number, number] = [
    rows,
    (height - 1) * stride[0] + filterHeight,
    (width - 1) * stride[1] + filterWidth,
    outputs,
  ];
  return tf.conv2dTranspose(x, filter, whole, [...stride], 'valid');
}

/** Takes the padding off, and adds what the output has beyond the filters, which is 0 before the bias. */
function cut(whole: tf.Tensor4D, x: tf.Tensor4D, attrs: ConvTranspose2dAttrs): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [rows, columns] = transposedSize([height, width], attrs);
  const [top, , left] = attrs.padding;
  const [missingRows, missingColumns] = [
    Math.max(0, top + rows - whole.shape[1]),
    Math.max(0, left + columns - whole.shape[2]),
  ];
  const padded = tf.pad(whole, [
    [0, 0],
    [0, missingRows],
    [0, missingColumns],
    [0, 0],
  ]);
  return tf.slice(padded, [0, top, left, 0], [-1, rows, columns, -1]);
}
