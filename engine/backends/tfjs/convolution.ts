/** `conv2d` on TensorFlow.js. Padding is explicit: TensorFlow's `same` puts an odd pixel at the end. */
import { type Conv2dAttrs, type ConvTranspose2dAttrs, type Padding, transposedSize } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { tf } from './global-engine.js';
import { type NodeTensors, onMaps, type PreparedOp, type Run } from './step.js';

/** Grouped convolutions run as dense blocks of groups. Of 8 to 128, 32 and 64 were fastest for ResNeXt-50. */
const BLOCK_CHANNELS = 32;

/** On maps that lie as `[N, H, W, C]`. */
interface Prepared {
  weights: readonly tf.Tensor[];
  run: Run;
}

export function prepareConv2d(attrs: Conv2dAttrs, tensors: NodeTensors): PreparedOp {
  const isDepthwise = attrs.groups === attrs.inChannels && isPlain(attrs);
  const prepare = attrs.groups === 1 ? dense : isDepthwise ? depthwise : grouped;
  const offsets = attrs.bias ? tensors('bias').data : new Float32Array(attrs.outChannels);
  const { run, weights } = prepare(attrs, tensors('weight'), offsets);
  return onMaps(run, weights);
}

/** Without oneDNN, TensorFlow's depthwise kernel refuses dilations and strides that differ. */
function isPlain({ stride, dilation }: Conv2dAttrs): boolean {
  return stride[0] === stride[1] && dilation[0] === 1 && dilation[1] === 1;
}

function dense(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  const filter = uploadFilter(attrs, weight);
  const bias = tf.tensor1d(offsets);
  const convolve = convolution(attrs, (x, strides) => {
    return tf.fused.conv2d({ x, filter, bias, ...sharedArguments(attrs, strides) });
  });
  return { weights: [filter, bias], run: ([x]) => convolve(x as tf.Tensor4D) };
}

function depthwise(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  const { inChannels, outChannels, kernel } = attrs;
  // `[in·multiplier, 1, kh, kw]` → `[kh, kw, in, multiplier]`; output `c·multiplier + m` sees input `c` in both.
  const ofInputs = [inChannels, outChannels / inChannels, ...kernel] as const;
  const filter = tf.tidy(() => tf.transpose(tf.tensor4d(weight.data, [...ofInputs]), [2, 3, 0, 1]));
  const bias = tf.tensor1d(offsets);
  const convolve = convolution(attrs, (x, strides) => {
    const { pad, ...others } = sharedArguments(attrs, strides);
    // The type does not allow explicit padding, but every kernel takes it: all compute sizes as conv2d does.
    return tf.fused.depthwiseConv2d({ x, filter, bias, pad: pad as unknown as number, ...others });
  });
  return { weights: [filter, bias], run: ([x]) => convolve(x as tf.Tensor4D) };
}

function grouped(attrs: Conv2dAttrs, weight: Tensor, offsets: Float32Array): Prepared {
  const groupsPerBlock = groupsInBlock(attrs);
  const blocks = attrs.groups / groupsPerBlock;
  const [inChannels, outChannels] = [attrs.inChannels / blocks, attrs.outChannels / blocks];
  const block = { ...attrs, groups: groupsPerBlock, inChannels, outChannels };
  const shape = [outChannels, ...weight.shape.slice(1)];
  const partOf = (values: Float32Array, i: number) => {
    return values.subarray((i * values.length) / blocks, ((i + 1) * values.length) / blocks);
  };
  const parts = Array.from({ length: blocks }, (_, i) => {
    return dense(block, { shape, data: partOf(weight.data, i) }, partOf(offsets, i));
  });
  return {
    weights: parts.flatMap((part) => part.weights),
    run([x]) {
      const outputs = tf.split(x!, blocks, 3).map((input, i) => parts[i]!.run([input]));
      return tf.concat(outputs, 3);
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

/** TensorFlow.js refuses a stride with a dilation: then every stride-th pixel of the unstrided result is taken. */
function convolution(
  { stride, dilation }: Conv2dAttrs,
  convolve: (x: tf.Tensor4D, strides: [number, number]) => tf.Tensor4D,
): (x: tf.Tensor4D) => tf.Tensor4D {
  const dilated = dilation[0] > 1 || dilation[1] > 1;
  const strided = stride[0] > 1 || stride[1] > 1;
  if (!(dilated && strided)) return (x) => convolve(x, [...stride]);
  return (x) => {
    const whole = convolve(x, [1, 1]);
    return tf.stridedSlice(whole, [0, 0, 0, 0], whole.shape, [1, ...stride, 1]) as tf.Tensor4D;
  };
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
export function explicitPadding([top, bottom, left, right]: Padding): [Ends, Ends, Ends, Ends] {
  return [NONE, [top, bottom], [left, right], NONE];
}

type Ends = [before: number, after: number];
const NONE: Ends = [0, 0];

/** All groups as one filter, `[kh, kw, in, out]`. The engine turns a single group in its own memory. */
function uploadFilter({ kernel, inChannels, outChannels, groups }: Conv2dAttrs, weight: Tensor): tf.Tensor4D {
  if (groups > 1) return tf.tensor4d(groupedFilter(weight, groups), [...kernel, inChannels, outChannels]);
  return tf.tidy(() => tf.transpose(tf.tensor4d(weight.data, [outChannels, inChannels, ...kernel]), [2, 3, 1, 0]));
}

/** `[out, in/groups, kh, kw]` → `[kh, kw, in, out]`, with zeros where an output does not see an input. */
function groupedFilter(weight: Tensor, groups: number): Float32Array {
  const [outChannels = 1, inPerGroup = 1, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const taps = kernelHeight * kernelWidth;
  const inChannels = groups * inPerGroup;
  const outPerGroup = outChannels / groups;
  const filter = new Float32Array(taps * inChannels * outChannels);
  let from = 0;
  for (let out = 0; out < outChannels; out++) {
    const firstInput = Math.floor(out / outPerGroup) * inPerGroup;
    for (let input = firstInput; input < firstInput + inPerGroup; input++) {
      for (let tap = 0; tap < taps; tap++) {
        filter[(tap * inChannels + input) * outChannels + out] = weight.data[from++]!;
      }
    }
  }
  return filter;
}

export function prepareConvTranspose2d(attrs: ConvTranspose2dAttrs, tensors: NodeTensors): PreparedOp {
  const { inChannels, outChannels, groups } = attrs;
  const [inGroup, outGroup] = [inChannels / groups, outChannels / groups];
  const size = inGroup * outGroup * attrs.kernel[0] * attrs.kernel[1];
  const { data } = tensors('weight');
  const filters = Array.from({ length: groups }, (_, group) =>
    uploadSpread(data.subarray(group * size, (group + 1) * size), attrs),
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
function uploadSpread(data: Float32Array, { inChannels, outChannels, groups, kernel, dilation }: ConvTranspose2dAttrs) {
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
  const [down, across] = [(height - 1) * stride[0] + filterHeight, (width - 1) * stride[1] + filterWidth];
  return tf.conv2dTranspose(x, filter, [rows, down, across, outputs], [...stride], 'valid');
}

/** Takes the padding off, and adds what the output has beyond the filters, which is 0 before the bias. */
function cut(whole: tf.Tensor4D, x: tf.Tensor4D, attrs: ConvTranspose2dAttrs): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [rows, columns] = transposedSize([height, width], attrs);
  const [top, , left] = attrs.padding;
  const [down, across] = [top + rows - whole.shape[1], left + columns - whole.shape[2]];
  const padded = tf.pad(whole, [NONE, [0, Math.max(0, down)], [0, Math.max(0, across)], NONE]);
  return tf.slice(padded, [0, top, left, 0], [-1, rows, columns, -1]);
}
