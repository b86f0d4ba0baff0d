/** Convolutions, poolings, norms and products of maps with channels last, as ONNX's operators. */

import type { Constant } from '../../onnx/folding/constant.js';
import { constant, computed as inputOf, type Operator } from '../../onnx/importing/graph-builder.js';
import { inShape } from '../../onnx/importing/layout.js';
import { linear } from '../../onnx/importing/matrix.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { combined } from './combining.js';
import { type Call, computed, mapNamed, type TfValue } from './writer.js';

export interface WindowOptions {
  strides: readonly [number, number];
  dilations: readonly [number, number];
  padding: Padding;
}

/** Zeros around a map: none, as many as TensorFlow takes, or `[top, bottom, left, right]`. */
export type Padding = 'valid' | 'same' | readonly [number, number, number, number];

function windowAttributes({ strides, dilations, padding }: WindowOptions) {
  const around =
    typeof padding === 'string'
      ? { auto_pad: padding === 'same' ? 'SAME_UPPER' : 'VALID' }
      : { pads: [padding[0], padding[2], padding[1], padding[3]] };
  return { strides, dilations, ...around };
}

/** @param kernel `[height, width, inputs, outputs]` */
export function convolution(call: Call, x: TfValue, kernel: TfValue, bias: TfValue | null, window: WindowOptions) {
  expectMap(x);
  if (!kernel.isConstant || kernel.rank !== 4)
    throw new NotSupported('its filter is not a constant of four dimensions');
  const weight = call.node('Transpose', [kernel.name], { perm: [3, 2, 0, 1] });
  return mapNamed(call.node('Conv', [call.map(x), weight, ...names(bias)], windowAttributes(window)));
}

/** @param kernel `[height, width, inputs, outputs for each]` */
export function depthwise(call: Call, x: TfValue, kernel: TfValue, bias: TfValue | null, window: WindowOptions) {
  expectMap(x);
  const { sizes } = kernel;
  if (sizes?.length !== 4) throw new NotSupported('its filter is not a weight of four dimensions');
  const [height = 0, width = 0, inputs = 0, multiplier = 0] = sizes;
  const turned = call.node('Transpose', [kernel.name], { perm: [2, 3, 0, 1] });
  const weight = call.node('Reshape', [turned, call.integers([inputs * multiplier, 1, height, width])]);
  const attributes = { ...windowAttributes(window), group: inputs };
  return mapNamed(call.node('Conv', [call.map(x), weight, ...names(bias)], attributes));
}

/** @param kernel `[height, width, outputs, inputs]` @param padding of the convolution that it turns around */
export function transposedConvolution(
  call: Call,
  x: TfValue,
  kernel: TfValue,
  bias: TfValue | null,
  window: WindowOptions,
): TfValue {
  expectMap(x);
  const { sizes } = kernel;
  const isPlain = window.dilations.every((step) => step === 1) && typeof window.padding === 'string';
  if (sizes?.length !== 4 || !isPlain) throw new NotSupported('its window is dilated, or its filter is not a weight');
  const weight = call.node('Transpose', [kernel.name], { perm: [3, 2, 0, 1] });
  const [vertical, horizontal] = [0, 1].map((axis) =>
    uncropped(sizes[axis]!, window.strides[axis]!, window.padding === 'same'),
  );
  const name = call.node('ConvTranspose', [call.map(x), weight, ...names(bias)], {
    strides: window.strides,
    pads: [vertical!.before, horizontal!.before, vertical!.after, horizontal!.after],
    output_padding: [vertical!.more, horizontal!.more],
  });
  return mapNamed(name);
}

/** `same` gives as many outputs as inputs times strides, `valid` at least a stride for each. */
function uncropped(kernel: number, stride: number, isSame: boolean): { before: number; after: number; more: number } {
  const more = Math.max(0, stride - kernel);
  if (!isSame) return { before: 0, after: 0, more };
  const all = Math.max(0, kernel - stride);
  return { before: Math.floor(all / 2), after: all - Math.floor(all / 2), more };
}

export function pooling(
  call: Call,
  op: 'MaxPool' | 'AveragePool',
  x: TfValue,
  kernel: readonly [number, number],
  window: WindowOptions,
): TfValue {
  expectMap(x);
  const { dilations, ...attributes } = windowAttributes(window);
  const isDense = dilations.every((step) => step === 1);
  if (!isDense) throw new NotSupported('its window is dilated');
  return mapNamed(call.node(op, [call.map(x)], { ...attributes, kernel_shape: kernel }));
}

export interface Norm {
  gamma: TfValue | null;
  beta: TfValue | null;
  mean: TfValue;
  variance: TfValue;
  epsilon: number;
}

/** Over the last axis. */
export function batchNorm(call: Call, x: TfValue, norm: Norm): TfValue {
  const { mean, variance, epsilon } = norm;
  const channels = mean.sizes?.[0];
  if (channels === undefined) throw new NotSupported('its mean is not a weight');
  const given = (value: TfValue | null, otherwise: number) =>
    value?.name ?? call.floats(new Array<number>(channels).fill(otherwise));
  const inputs = [given(norm.gamma, 1), given(norm.beta, 0), mean.name, variance.name];
  const attributes = { epsilon: { float: epsilon } };
  if (x.rank === 2) return { ...computed(call.node('BatchNormalization', [x.name, ...inputs], attributes), 2) };
  expectMap(x);
  return mapNamed(call.node('BatchNormalization', [call.map(x), ...inputs], attributes));
}

/** @param kernel `[inputs, outputs]` */
export function dense(call: Call, x: TfValue, kernel: TfValue, bias: TfValue | null): TfValue {
  if (x.isMap) return denseOfMap(call, x, kernel, bias);
  const product =
    x.flattened === undefined || kernel.sizes === null
      ? call.node('MatMul', [x.name, kernel.name])
      : call.node(DENSE, [x.name, x.flattened, kernel.name]);
  const made = computed(product, x.rank);
  return bias === null ? made : combined(call, 'Add', made, bias);
}

/** Along the channels: a convolution of single pixels. */
function denseOfMap(call: Call, x: TfValue, kernel: TfValue, bias: TfValue | null): TfValue {
  const { sizes } = kernel;
  if (sizes?.length !== 2) throw new NotSupported('its matrix is not a weight of two dimensions');
  const turned = call.node('Transpose', [kernel.name], { perm: [1, 0] });
  const weight = call.node('Reshape', [turned, call.integers([sizes[1]!, sizes[0]!, 1, 1])]);
  return mapNamed(call.node('Conv', [x.name, weight, ...names(bias)]));
}

export type PadMode = 'constant' | 'reflect' | 'edge';

/** @param around `[before, after]` of each of TensorFlow's axes */
export function padded(
  call: Call,
  x: TfValue,
  around: readonly (readonly [number, number])[],
  mode: PadMode,
  value: number,
): TfValue {
  if (around.length !== x.rank) throw new NotSupported(`it pads ${around.length} axes of a value with ${x.rank}`);
  const axes = x.isMap ? [0, 3, 1, 2] : [...around.keys()];
  const sizes = [0, 1].flatMap((side) => axes.map((axis) => around[axis]![side]!));
  const name = call.node('Pad', [x.name, call.integers(sizes), call.float(value)], { mode });
  return { ...x, name, sizes: null, flattened: undefined };
}

export function resized(
  call: Call,
  x: TfValue,
  to: { size: readonly number[] } | { scale: readonly number[] },
  how: { mode: 'nearest' | 'linear' | 'cubic'; coordinates: string; rounding?: string },
): TfValue {
  expectMap(x);
  const map = call.map(x);
  const attributes = {
    mode: how.mode,
    coordinate_transformation_mode: how.coordinates,
    nearest_mode: how.rounding ?? 'floor',
    cubic_coeff_a: { float: -0.5 },
  };
  if ('scale' in to) return mapNamed(call.node('Resize', [map, '', call.floats([1, 1, ...to.scale])], attributes));
  const before = call.node('Shape', [map], { start: 0, end: 2 });
  const sizes = call.node('Concat', [before, call.integers(to.size)], { axis: 0 });
  return mapNamed(call.node('Resize', [map, '', '', sizes], attributes));
}

function expectMap(x: TfValue): void {
  if (x.rank !== 4) throw new NotSupported(`it gets a value with ${x.rank} dimensions, not a map`);
}

function names(value: TfValue | null): string[] {
  return value === null ? [] : [value.name];
}

/**
 * A Dense layer behind a Flatten. Its matrix takes pixel after pixel, so its rows are put into the order of the graph.
 * Inputs: the values in TensorFlow's order, the map `[N, C, H, W]`, the matrix `[H·W·C, outputs]`.
 */
export const DENSE = 'tf.dense';

const denseOfFlattened: Operator = (application) => {
  const { graph, inputs } = application;
  const flat = inputOf(application, 0);
  const map = inputOf(application, 1);
  const matrix = constant(application, 2);
  const [channels = 0, ...sides] = map.shape;
  const pixels = sides.reduce((product, size) => product * size, 1);
  const [rows = 0] = matrix.dims;
  if (rows !== channels * pixels) throw new NotSupported(`its matrix has ${rows} rows for ${channels * pixels} values`);
  if (pixels === 1) return linear({ ...application, inputs: [flat] }, turned(matrix, channels, 1), null);
  const order = inShape(graph, map, [rows], { batch: 0, merged: false }, `${flat.node}:channels first`);
  return linear({ ...application, inputs: [order, ...inputs.slice(1)] }, turned(matrix, channels, pixels), null);
};

/** A file is imported several times, to see whether its graph depends on the size of images. */
const turnedBefore = new WeakMap<Constant, Map<number, Constant>>();

/** `[pixels·channels, outputs]` → `[outputs, channels·pixels]`. */
function turned(matrix: Constant, channels: number, pixels: number): Constant {
  const known = turnedBefore.get(matrix)?.get(pixels);
  if (known !== undefined) return known;
  const [rows = 0, outputs = 0] = matrix.dims;
  const data = new Float32Array(rows * outputs);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = (pixel * channels + channel) * outputs;
      const to = channel * pixels + pixel;
      for (let output = 0; output < outputs; output++) data[output * rows + to] = matrix.data[from + output]!;
    }
  }
  const made: Constant = { kind: 'float', dims: [outputs, rows], data };
  turnedBefore.set(matrix, (turnedBefore.get(matrix) ?? new Map<number, Constant>()).set(pixels, made));
  return made;
}

export const OWN_OPERATORS: ReadonlyMap<string, Operator> = new Map([[DENSE, denseOfFlattened]]);
