import { poolAxis } from '../../../graph/index.js';
import type { OnnxAttribute, OnnxNode } from '../file/onnx-model.js';
import { attributeOf, intAttribute } from '../file/onnx-model.js';
import { times } from './arithmetic.js';
import { axisWindows, map, planeOf, type WindowAttrs } from './convolution.js';
import type { Application, GraphBuilder, Operator } from './graph-builder.js';
import { inShape } from './layout.js';
import { type ComputedValue, NotSupported, type Value } from './value.js';

/** The positions of the largest pixels, its second output, are not made. */
export const maxPool: Operator = (application) => {
  const { graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  const isDense = dilation.every((step) => step === 1);
  const attrs = { ...window, ceilMode: isCeiling(application), ...(isDense ? {} : { dilation }) };
  return graph.add(name, { op: 'maxPool2d', attrs }, [map(application)]);
};

export const averagePool: Operator = (application) => {
  const { node, graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  const countIncludePad = intAttribute(node, 'count_include_pad', 0) === 1;
  const ceilMode = isCeiling(application);
  if (dilation.some((step) => step !== 1)) {
    return dilatedAverage(graph, map(application), { dilation, ...window, ceilMode, countIncludePad }, name);
  }
  return graph.add(name, { op: 'avgPool2d', attrs: { ...window, ceilMode, countIncludePad } }, [map(application)]);
};

/** `(Σ|x|ᵖ)^(1/p)` of each window: from the mean with the padding's zeros. */
export const lpPool: Operator = (application) => {
  const { node, graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  const p = intAttribute(node, 'p', 2);
  if (isCeiling(application)) throw new NotSupported('its windows may reach beyond the padding');
  const sizes = graph.add(`${name}:sizes`, { op: 'pointwise', attrs: { function: 'abs' } }, [map(application)]);
  const powers = power(graph, sizes, p, `${name}:powers`);
  const attrs = { ...window, ceilMode: false, countIncludePad: true };
  const isDense = dilation.every((step) => step === 1);
  const means = isDense
    ? graph.add(`${name}:means`, { op: 'avgPool2d', attrs }, [powers])
    : dilatedAverage(graph, powers, { ...attrs, dilation }, `${name}:means`);
  const sums = times(graph, means, window.kernel[0] * window.kernel[1], `${name}:sums`);
  return power(graph, sums, 1 / p, name);
};

function power(graph: GraphBuilder, x: ComputedValue, exponent: number, name: string): ComputedValue {
  return graph.add(name, { op: 'pointwise', attrs: { function: 'power', exponent } }, [x]);
}

export const globalAveragePool: Operator = (application) => {
  const { graph, name } = application;
  return graph.add(name, { op: 'adaptiveAvgPool2d', attrs: { output: [1, 1] } }, [map(application)]);
};

export const globalMaxPool: Operator = (application) => {
  const { graph, name } = application;
  return graph.add(name, { op: 'adaptiveMaxPool2d', attrs: { output: [1, 1] } }, [map(application)]);
};

function poolWindow(application: Application) {
  const { node } = application;
  return planeOf(axisWindows(node, map(application).shape.slice(1), attributeOf(node, 'kernel_shape', 'ints') ?? []));
}

function isCeiling({ node }: Application): boolean {
  return intAttribute(node, 'ceil_mode', 0) === 1;
}

/** Windows of one pixel along the last two of three axes, joined: PyTorch's mean in `nn.LocalResponseNorm`. */
export function overDepth(operator: Operator): Operator {
  return (application) => {
    const { graph, name, node, inputs } = application;
    const [x] = inputs;
    const [, height, width] = attributeOf(node, 'kernel_shape', 'ints') ?? [];
    const isDepth = x?.kind === 'computed' && x.batch === 0 && !x.merged && x.shape.length === 4;
    if (!isDepth || height !== 1 || width !== 1) return operator(application);
    const layout = { batch: 0, merged: false } as const;
    const [channels = 0, depth = 0, rows = 0, columns = 0] = x.shape;
    const plane = inShape(graph, x, [channels, depth, rows * columns], layout, `${name}:plane`);
    const inPlane = { ...application, node: withoutLast(node), inputs: [plane], name: `${name}:of plane` };
    const made = operator(inPlane) as ComputedValue;
    return inShape(graph, made, [channels, made.shape[1]!, rows, columns], layout, name);
  };
}

function withoutLast(node: OnnxNode): OnnxNode {
  const attributes = [...node.attributes].map(([name, attribute]): [string, OnnxAttribute] => {
    const { type, value } = attribute;
    if (type !== 'ints') return [name, attribute];
    const isMoving = name === 'strides' ? value[1] !== 1 || value[2] !== 1 : name === 'pads' && (value[2] || value[5]);
    if (isMoving) throw new NotSupported(`its ${name} are [${value.join(', ')}]`);
    return [name, { type, value: value.filter((_, i) => i % 3 !== 2) }];
  });
  return { ...node, attributes: new Map(attributes) };
}

/** Attributes with a number for each axis, and what the new axis has. */
const PER_AXIS: Readonly<Record<string, number>> = { kernel_shape: 1, strides: 1, dilations: 1, output_padding: 0 };

export function overOneAxis(operator: Operator): Operator {
  return (application) => {
    const [x, ...parameters] = application.inputs;
    const isLine = x?.kind === 'computed' && x.batch === 0 && !x.merged && x.shape.length === 2;
    if (!isLine) return operator(application);
    const { graph, name, node } = application;
    const layout = { batch: 0, merged: false } as const;
    const plane = inShape(graph, x, [x.shape[0]!, 1, x.shape[1]!], layout, `${name}:plane`);
    const inPlane: Application = {
      ...application,
      node: withHeight(node),
      inputs: [plane, ...parameters.map(filterWithHeight)],
      name: `${name}:of plane`,
    };
    const made = operator(inPlane) as ComputedValue;
    return inShape(graph, made, [made.shape[0]!, made.shape[2]!], layout, name);
  };
}

function withHeight(node: OnnxNode): OnnxNode {
  const attributes = [...node.attributes].map(([name, attribute]): [string, OnnxAttribute] => {
    if (attribute.type !== 'ints') return [name, attribute];
    if (name === 'pads') {
      const [before = 0, after = 0, ...more] = attribute.value;
      if (more.length > 0) throw new NotSupported(`its pads are [${attribute.value.join(', ')}] for 1 axis`);
      return [name, { type: 'ints', value: [0, before, 0, after] }];
    }
    if (name === 'output_shape') return [name, { type: 'ints', value: [1, attribute.value.at(-1) ?? 1] }];
    const first = PER_AXIS[name];
    return [name, first === undefined ? attribute : { type: 'ints', value: [first, ...attribute.value] }];
  });
  return { ...node, attributes: new Map(attributes) };
}

/** `[outputs, inputs, length]` of a filter; a bias stays as it is. */
function filterWithHeight(value: Value | null): Value | null {
  if (value?.kind !== 'constant' || value.constant.dims.length !== 3) return value;
  const { constant } = value;
  return { ...value, constant: { ...constant, dims: constant.dims.toSpliced(2, 0, 1) } };
}

// Average pooling with holes, as a convolution of each channel with ones, divided by each window's pixels.

export interface DilatedAverage extends WindowAttrs {
  ceilMode: boolean;
  countIncludePad: boolean;
}

/** The most that a window may have: larger ones are a mistake. */
const MAX_PIXELS = 2 ** 16;

/** @param x `[C, H, W]` for each image */
export function dilatedAverage(graph: GraphBuilder, x: ComputedValue, window: DilatedAverage, name: string) {
  const { kernel, stride, dilation, padding } = window;
  if (kernel[0] * kernel[1] > MAX_PIXELS) throw new NotSupported(`its dilated window has ${kernel.join('×')} pixels`);
  const [channels = 1, ...sizes] = x.shape;
  const axes = sizes.map((size, i) => dividedAxis(size, i, window));
  const [vertical, horizontal] = axes as [DividedAxis, DividedAxis];
  const [top, , left] = padding;
  const attrs = {
    inChannels: channels,
    outChannels: channels,
    groups: channels,
    kernel,
    stride,
    dilation,
    padding: [top, vertical.after, left, horizontal.after] as const,
    bias: false,
  };
  const ones = new Float32Array(channels * kernel[0] * kernel[1]).fill(1);
  const weight = { shape: [channels, 1, ...kernel], data: ones };
  const sums = graph.add(`${name}:sums`, { op: 'conv2d', attrs }, [x], { weight });
  const dims = [1, vertical.counts.length, horizontal.counts.length];
  const shares = vertical.counts.flatMap((rows) => horizontal.counts.map((columns) => 1 / (rows * columns)));
  const constant = { kind: 'float', dims, data: Float32Array.from(shares) } as const;
  const layout = { batch: x.batch, merged: x.merged };
  const factor = graph.parameter(constant, `${name}:shares`, dims, layout);
  return graph.add(name, { op: 'mul' }, [sums, factor]);
}

interface DividedAxis {
  /** Padding behind the map, with what windows need that reach beyond it. */
  after: number;
  /** How many pixels each window has, with or without those in the padding. Pixels beyond it never count. */
  counts: number[];
}

function dividedAxis(size: number, axis: number, window: DilatedAverage): DividedAxis {
  const [before, after] = [window.padding[2 * axis]!, window.padding[2 * axis + 1]!];
  const [kernel, stride, dilation] = [window.kernel[axis]!, window.stride[axis]!, window.dilation[axis]!];
  const { ceilMode } = window;
  const { output, overhang } = poolAxis(size, { kernel, stride, dilation, before, after, ceilMode });
  const [first, end] = window.countIncludePad ? [-before, size + after] : [0, size];
  const counts = Array.from({ length: Math.max(0, output) }, (_, i) => {
    const positions = Array.from({ length: kernel }, (_, k) => i * stride - before + k * dilation);
    return positions.filter((position) => position >= first && position < end).length;
  });
  return { after: after + overhang, counts };
}
