/** Convolutions and batch norms of maps. */
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../file/attributes.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { NotSupported } from './not-supported.js';
import { type Application, computed, constant, type Operator, optionalConstant, tensorOf } from './operator.js';
import { type ComputedValue, isMap, placeOf } from './value.js';

export const conv: Operator = (application) => {
  const { node, graph, name } = application;
  const x = map(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [outChannels = 0, inGroup = 0, ...kernel] = weight.dims;
  if (kernel.length !== 2) throw new NotSupported(`it slides over ${kernel.length} axes, not over height and width`);
  const groups = intAttribute(node, 'group', 1);
  const window = windowOf(node, x, kernel);
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

export const convTranspose: Operator = (application) => {
  const { node, graph, name } = application;
  const x = map(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [inChannels = 0, outGroup = 0, ...kernel] = weight.dims;
  if (kernel.length !== 2) throw new NotSupported(`it slides over ${kernel.length} axes, not over height and width`);
  const isPlain =
    stringAttribute(node, 'auto_pad', 'NOTSET') === 'NOTSET' && intsAttribute(node, 'output_shape') === null;
  if (!isPlain) throw new NotSupported('its padding follows from the size that it makes');
  const groups = intAttribute(node, 'group', 1);
  const [vertical = 0, horizontal = 0] = intsAttribute(node, 'output_padding') ?? [];
  const attrs = {
    inChannels,
    outChannels: outGroup * groups,
    groups,
    bias: bias !== null,
    outputPadding: [vertical, horizontal] as const,
    ...windowOf(node, x, kernel),
  };
  const tensors = { weight: tensorOf(weight), ...(bias === null ? {} : { bias: tensorOf(bias) }) };
  return graph.add(name, { op: 'convTranspose2d', attrs }, [x], tensors);
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

export interface WindowAttrs {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number, number, number];
  dilation: [number, number];
}

/** @param kernel `[height, width]` */
export function windowOf(node: OnnxNode, { shape }: ComputedValue, kernel: readonly number[]): WindowAttrs {
  const stride = pairOf(node, 'strides', 1);
  const dilation = pairOf(node, 'dilations', 1);
  const window = { kernel: pair(kernel), stride, dilation };
  return { ...window, padding: paddingOf(node, shape, window) };
}

/** ONNX has the padding before all axes first; the graph has both sides of the height first. */
function paddingOf(
  node: OnnxNode,
  [, height = 1, width = 1]: readonly number[],
  window: Omit<WindowAttrs, 'padding'>,
): [number, number, number, number] {
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (mode === 'VALID') return [0, 0, 0, 0];
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const isLower = mode === 'SAME_LOWER';
    return [...samePadding(height, window, 0, isLower), ...samePadding(width, window, 1, isLower)];
  }
  const [top = 0, left = 0, bottom = 0, right = 0] = intsAttribute(node, 'pads') ?? [];
  if ([top, left, bottom, right].some((size) => size < 0)) throw new NotSupported('it has a negative padding');
  return [top, bottom, left, right];
}

/** As much padding as gives one output for each stride; an odd pixel goes after the map, or before it for `SAME_LOWER`. */
function samePadding(
  size: number,
  { kernel, stride, dilation }: Omit<WindowAttrs, 'padding'>,
  axis: 0 | 1,
  isLower: boolean,
): [number, number] {
  const reach = (kernel[axis] - 1) * dilation[axis] + 1;
  const all = Math.max(0, (Math.ceil(size / stride[axis]) - 1) * stride[axis] + reach - size);
  const less = Math.floor(all / 2);
  return isLower ? [all - less, less] : [less, all - less];
}

function pairOf(node: OnnxNode, name: string, otherwise: number): [number, number] {
  const values = intsAttribute(node, name);
  return values === null || values.length === 0 ? [otherwise, otherwise] : pair(values);
}

function pair(values: readonly number[]): [number, number] {
  const [vertical, horizontal] = values;
  const isPair = values.length === 2 && values.every((value) => Number.isInteger(value) && value > 0);
  if (!isPair) throw new NotSupported(`its window of [${values.join(', ')}] does not slide over height and width`);
  return [vertical!, horizontal!];
}
