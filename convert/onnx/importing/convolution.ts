/** Convolutions and batch norms of maps, and windows that slide over axes, as ONNX's attributes describe them. */

import type { OnnxNode } from '../file/onnx-model.js';
import { attributeOf, floatAttribute, intAttribute, stringAttribute } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { type Application, computed, constant, type Operator, optionalConstant, tensorOf } from './graph-builder.js';
import { type ComputedValue, isMap, NotSupported, placeOf } from './value.js';

export const conv: Operator = (application) => {
  const { node, graph, name } = application;
  const x = map(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [outChannels = 0, inGroup = 0, ...kernel] = weight.dims;
  if (kernel.length !== 2) throw new NotSupported(`it slides over ${kernel.length} axes, not over height and width`);
  const groups = intAttribute(node, 'group', 1);
  const window = planeOf(axisWindows(node, x.shape.slice(1), kernel));
  return graph.add(
    name,
    {
      op: 'conv2d',
      attrs: { inChannels: inGroup * groups, outChannels, groups, bias: bias !== null, ...window },
    },
    [x],
    { weight: tensorOf(weight), ...(bias === null ? {} : { bias: tensorOf(bias) }) },
  );
};

export const batchNormalization: Operator = (application) => {
  const { node, graph, name, opset } = application;
  const x = computed(application, 0);
  if (opset >= 14 && intAttribute(node, 'training_mode', 0) === 1) {
    throw new NotSupported('it is in training mode; export model.eval()');
  }
  const [weight, bias, mean, variance] = [1, 2, 3, 4].map((i) => constant(application, i));
  const eps = floatAttribute(node, 'epsilon', 1e-5);
  if (x.batch !== 0 || x.merged) return scaleAndShift(application, x, [weight!, bias!, mean!, variance!], eps);
  return graph.add(name, { op: 'batchNorm2d', attrs: { channels: weight!.data.length, eps } }, [x], {
    weight: tensorOf(weight!),
    bias: tensorOf(bias!),
    running_mean: tensorOf(mean!),
    running_var: tensorOf(variance!),
  });
};

/** A batch norm of values whose batch is somewhere else: a factor and a summand for each of axis 1. */
function scaleAndShift(
  { graph, name }: Application,
  x: ComputedValue,
  [weight, bias, mean, variance]: readonly [Constant, Constant, Constant, Constant],
  eps: number,
): ComputedValue {
  const place = placeOf(1, x);
  const shape = x.shape.map((size, i) => (i === place ? size : 1));
  const scale = Float32Array.from(weight.data, (gain, c) => gain / Math.sqrt(variance.data[c]! + eps));
  const shift = Float32Array.from(bias.data, (value, c) => value - mean.data[c]! * scale[c]!);
  const layout = { batch: x.batch, merged: x.merged };
  const channels = (data: Float32Array): Constant => ({ kind: 'float', dims: [data.length], data });
  const factor = graph.parameter(channels(scale), `${name}:scale`, shape, layout);
  const summand = graph.parameter(channels(shift), `${name}:shift`, shape, layout);
  const scaled = graph.add(`${name}:scaled`, { op: 'mul' }, [x, factor]);
  return graph.add(name, { op: 'add', attrs: {} }, [scaled, summand]);
}

/** The first input, which must have maps: `[N, C, H, W]`. */
export function map(application: Application): ComputedValue {
  const x = computed(application, 0);
  if (isMap(x)) return x;
  throw new NotSupported(`it gets [${application.graph.dims(x).join(', ')}], not maps of channels, height and width`);
}

/** A window whose padding is cut off the output. */
interface TransposedWindow extends AxisWindow {
  /** Pixels that are added behind the output. */
  outputPadding: number;
}

export const convTranspose: Operator = (application) => {
  const { node, graph, name } = application;
  const x = map(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [inChannels = 0, outGroup = 0, ...kernel] = weight.dims;
  if (kernel.length !== 2) throw new NotSupported(`it slides over ${kernel.length} axes, not over height and width`);
  const groups = intAttribute(node, 'group', 1);
  const windows = transposedWindows(node, x.shape.slice(1), kernel);
  const [vertical, horizontal] = windows as [TransposedWindow, TransposedWindow];
  const attrs = {
    inChannels,
    outChannels: outGroup * groups,
    groups,
    bias: bias !== null,
    outputPadding: [vertical.outputPadding, horizontal.outputPadding] as const,
    ...planeOf(windows),
  };
  const tensors = { weight: tensorOf(weight), ...(bias === null ? {} : { bias: tensorOf(bias) }) };
  return graph.add(name, { op: 'convTranspose2d', attrs }, [x], tensors);
};

/** What follows from a size that the output must have is computed. @throws NotSupported */
function transposedWindows(node: OnnxNode, sizes: readonly number[], kernel: readonly number[]): TransposedWindow[] {
  const added = attributeOf(node, 'output_padding', 'ints') ?? [];
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const asked = attributeOf(node, 'output_shape', 'ints')?.slice(-sizes.length) ?? null;
  return axisWindows(node, sizes, kernel).map((window, axis) => {
    const outputPadding = added[axis] ?? 0;
    const isSame = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
    const output = asked?.[axis] ?? (isSame ? sizes[axis]! * window.stride : null);
    if (output === null) return { ...window, outputPadding };
    const surplus = (sizes[axis]! - 1) * window.stride + outputPadding + reach(window) - output;
    const padding = shared(Math.max(0, surplus), mode !== 'SAME_UPPER');
    return { ...window, ...padding, outputPadding: outputPadding + Math.max(0, -surplus) };
  });
}

export interface AxisWindow {
  kernel: number;
  stride: number;
  dilation: number;
  before: number;
  after: number;
}

export interface WindowAttrs {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number, number, number];
  dilation: [number, number];
}

/**
 * @param kernel its size along each of the axes that the window slides over
 * @throws NotSupported if there are not as many numbers as axes
 */
export function axisWindows(node: OnnxNode, sizes: readonly number[], kernel: readonly number[]): AxisWindow[] {
  const rank = sizes.length;
  const isWindow = kernel.length === rank && kernel.every((size) => Number.isInteger(size) && size > 0);
  if (!isWindow) throw new NotSupported(`its window of [${kernel.join(', ')}] does not slide over ${rank} axes`);
  const strides = positive(node, 'strides', rank);
  const dilations = positive(node, 'dilations', rank);
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const pads = attributeOf(node, 'pads', 'ints') ?? [];
  if (pads.length !== 0 && pads.length !== 2 * rank) {
    throw new NotSupported(`its pads are [${pads.join(', ')}] for ${rank} axes`);
  }
  return sizes.map((size, axis) => {
    const window = { kernel: kernel[axis]!, stride: strides[axis]!, dilation: dilations[axis]! };
    if (mode === 'VALID') return { ...window, before: 0, after: 0 };
    if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
      return { ...window, ...samePadding(size, window, mode === 'SAME_LOWER') };
    }
    const [before, after] = [pads[axis] ?? 0, pads[axis + rank] ?? 0];
    if (Math.min(before, after) < 0) throw new NotSupported('it has a negative padding');
    return { ...window, before, after };
  });
}

/** How many pixels a window reaches over. */
export function reach({ kernel, dilation }: Pick<AxisWindow, 'kernel' | 'dilation'>): number {
  return (kernel - 1) * dilation + 1;
}

/** Padding that gives one output for each stride; an odd pixel goes after the map, or before it for `SAME_LOWER`. */
function samePadding(size: number, window: Pick<AxisWindow, 'kernel' | 'stride' | 'dilation'>, isLower: boolean) {
  const all = Math.max(0, (Math.ceil(size / window.stride) - 1) * window.stride + reach(window) - size);
  return shared(all, isLower);
}

/** A total in two halves, of which the second is the larger, or the first. */
export function shared(total: number, isFirstLarger: boolean): { before: number; after: number } {
  const less = Math.floor(total / 2);
  return isFirstLarger ? { before: total - less, after: less } : { before: less, after: total - less };
}

function positive(node: OnnxNode, name: string, rank: number): readonly number[] {
  const values = attributeOf(node, name, 'ints');
  if (values === null || values.length === 0) return new Array<number>(rank).fill(1);
  if (values.length === rank && values.every((value) => value > 0)) return values;
  throw new NotSupported(`its ${name} are [${values.join(', ')}] for ${rank} axes`);
}

/** The attributes for height and width, as the graph has them: both sides of the height first. */
export function planeOf([vertical, horizontal]: readonly AxisWindow[]): WindowAttrs {
  const [down, across] = [vertical!, horizontal!];
  return {
    kernel: [down.kernel, across.kernel],
    stride: [down.stride, across.stride],
    dilation: [down.dilation, across.dilation],
    padding: [down.before, down.after, across.before, across.after],
  };
}
