/**
 * Convolutions over three axes by one over height and width: the slices of the volume lie below each other in one map, so far
 * apart that no window reaches into the next that counts, and the slices under a filter's depth are further channels.
 */
import { intAttribute } from '../file/attributes.js';
import type { Constant } from '../folding/constant.js';
import type { GraphBuilder } from './graph-builder.js';
import { inShape } from './layout.js';
import { NotSupported } from './not-supported.js';
import { constant, type Operator, optionalConstant, tensorOf } from './operator.js';
import { volume } from './three-axes.js';
import { type TransposedWindow, transposedWindows } from './transposed-convolution.js';
import type { ComputedValue } from './value.js';
import { type AxisWindow, axisWindows, reach } from './windows.js';

/** Each slice of a filter is a node. */
const MAX_DEPTH = 64;

const LAYOUT = { batch: 0, merged: false } as const;

export const volumeConvolution: Operator = (application) => {
  const { node, graph, name } = application;
  const x = volume(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [outChannels = 0, inGroup = 0, ...kernel] = weight.dims;
  const groups = intAttribute(node, 'group', 1);
  if ((kernel[0] ?? 0) > MAX_DEPTH) throw new NotSupported(`its filters are ${kernel[0]} slices deep`);
  const [channels = 0, depth = 0, height = 0, width = 0] = x.shape;
  if (inGroup * groups !== channels)
    throw new NotSupported(`it has ${inGroup * groups} channels, its input ${channels}`);
  const [deep, down, across] = axisWindows(node, [depth, height, width], kernel) as [
    AxisWindow,
    AxisWindow,
    AxisWindow,
  ];
  const [slices, rows] = [positions(depth, deep), positions(height, down)];
  if (Math.min(slices, rows) < 1) throw new NotSupported(`its window does not fit into [${x.shape.join(', ')}]`);
  // Rows of a slice with its padding, a whole number of strides.
  const apart = Math.ceil((height + down.before + down.after) / down.stride) * down.stride;
  const padded = surrounded(graph, x, [deep, { before: down.before, after: apart - height - down.before }], name);
  const grouped = inShape(graph, padded, [groups, inGroup, padded.shape[1]!, apart * width], LAYOUT, `${name}:grouped`);
  const layers = Array.from({ length: deep.kernel }, (_, i) => {
    const start = i * deep.dilation;
    const attrs = { axis: 3, start, end: start + (slices - 1) * deep.stride + 1, step: deep.stride };
    return graph.add(`${name}:layer ${i}`, { op: 'slice', attrs }, [grouped]);
  });
  const joined = joinedLayers(graph, layers, name);
  const inChannels = channels * deep.kernel;
  const plane = inShape(graph, joined, [inChannels, slices * apart, width], LAYOUT, `${name}:plane`);
  const attrs = {
    inChannels,
    outChannels,
    groups,
    bias: bias !== null,
    kernel: [down.kernel, across.kernel] as const,
    stride: [down.stride, across.stride] as const,
    dilation: [down.dilation, across.dilation] as const,
    padding: [0, Math.max(0, reach(down) - down.stride), across.before, across.after] as const,
  };
  const tensors = {
    weight: tensorOf(depthAsChannels(weight), [outChannels, inGroup * deep.kernel, down.kernel, across.kernel]),
    ...(bias === null ? {} : { bias: tensorOf(bias) }),
  };
  const made = graph.add(`${name}:of plane`, { op: 'conv2d', attrs }, [plane], tensors);
  const columns = made.shape[2]!;
  const stacked = inShape(graph, made, [outChannels, slices, apart / down.stride, columns], LAYOUT, `${name}:stacked`);
  return cut(graph, stacked, 3, 0, rows, name);
};

export const transposedVolumeConvolution: Operator = (application) => {
  const { node, graph, name } = application;
  const x = volume(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [inChannels = 0, outGroup = 0, ...kernel] = weight.dims;
  const groups = intAttribute(node, 'group', 1);
  if ((kernel[0] ?? 0) > MAX_DEPTH) throw new NotSupported(`its filters are ${kernel[0]} slices deep`);
  const [channels = 0, depth = 0, height = 0, width = 0] = x.shape;
  if (inChannels !== channels) throw new NotSupported(`it has ${inChannels} channels, its input ${channels}`);
  const windows = transposedWindows(node, [depth, height, width], kernel);
  const [deep, down, across] = windows as [TransposedWindow, TransposedWindow, TransposedWindow];
  // Rows of a slice, so many that what they give holds the rows of the output.
  const whole = (height - 1) * down.stride + reach(down) + down.outputPadding;
  const apart = Math.max(height, Math.ceil(whole / down.stride));
  const padded = surrounded(graph, x, [NONE, { before: 0, after: apart - height }], name);
  const plane = inShape(graph, padded, [channels, depth * apart, width], LAYOUT, `${name}:plane`);
  const outChannels = outGroup * groups;
  const attrs = {
    inChannels,
    outChannels: outChannels * deep.kernel,
    groups,
    bias: false,
    kernel: [down.kernel, across.kernel] as const,
    stride: [down.stride, across.stride] as const,
    dilation: [down.dilation, across.dilation] as const,
    padding: [0, Math.max(0, reach(down) - down.stride), across.before, across.after] as const,
    outputPadding: [Math.max(0, down.stride - reach(down)), across.outputPadding] as const,
  };
  const filters = tensorOf(depthAsChannels(weight), [inChannels, outGroup * deep.kernel, down.kernel, across.kernel]);
  const made = graph.add(`${name}:of plane`, { op: 'convTranspose2d', attrs }, [plane], { weight: filters });
  const columns = made.shape[2]!;
  const area = apart * down.stride * columns;
  const layers = inShape(graph, made, [groups, deep.kernel, outGroup, depth, area], LAYOUT, `${name}:layers`);
  const spread = Array.from({ length: deep.kernel }, (_, i) =>
    spreadLayer(graph, layers, i, deep, `${name}:layer ${i}`),
  );
  const summed = spread.length === 1 ? spread[0]! : graph.add(`${name}:sum`, { op: 'add', attrs: {} }, spread);
  const slices = (depth - 1) * deep.stride + reach(deep) + deep.outputPadding - deep.before - deep.after;
  const inDepth = cut(graph, summed, 2, deep.before, slices, `${name}:slices`);
  const rows = whole - down.before - down.after;
  const stacked = inShape(
    graph,
    inDepth,
    [outChannels, slices, apart * down.stride, columns],
    LAYOUT,
    `${name}:stacked`,
  );
  const output = cut(graph, stacked, 3, down.before, rows, bias === null ? name : `${name}:unbiased`);
  if (bias === null) return output;
  const shift = graph.parameter(bias, `${name}:bias`, [outChannels, 1, 1, 1], LAYOUT);
  return graph.add(name, { op: 'add', attrs: {} }, [output, shift]);
};

type Sides = Pick<AxisWindow, 'before' | 'after'>;
const NONE: Sides = { before: 0, after: 0 };

/** How many positions a window has. */
function positions(size: number, window: AxisWindow): number {
  return Math.floor((size + window.before + window.after - reach(window)) / window.stride) + 1;
}

/** With zeros around depth and height. */
function surrounded(graph: GraphBuilder, x: ComputedValue, [deep, down]: readonly [Sides, Sides], name: string) {
  if (deep.before + deep.after + down.before + down.after === 0) return x;
  const padding = [NONE, deep, down, NONE].map(({ before, after }): [number, number] => [before, after]);
  return graph.add(`${name}:padded`, { op: 'pad', attrs: { padding, mode: 'constant', value: 0 } }, [x]);
}

function joinedLayers(graph: GraphBuilder, layers: readonly ComputedValue[], name: string): ComputedValue {
  if (layers.length === 1) return layers[0]!;
  return graph.add(`${name}:joined`, { op: 'concat', attrs: { axis: 2 } }, layers);
}

/** `[a, b, depth, height, width]` → `[a, depth·b, height, width]`. */
function depthAsChannels({ dims, data }: Constant): Constant {
  const [outer = 0, inner = 0, depth = 0, height = 0, width = 0] = dims;
  const area = height * width;
  const moved = new Float32Array(data.length);
  for (let a = 0; a < outer; a++) {
    for (let b = 0; b < inner; b++) {
      for (let d = 0; d < depth; d++) {
        const from = ((a * inner + b) * depth + d) * area;
        moved.set(data.subarray(from, from + area), ((a * depth + d) * inner + b) * area);
      }
    }
  }
  return { kind: 'float', dims: [outer, depth * inner, height, width], data: moved };
}

/** What one layer of the filters gives: `[channels, slices, area]`, with zeros between slices, at its place among the others. */
function spreadLayer(
  graph: GraphBuilder,
  layers: ComputedValue,
  layer: number,
  { kernel, stride, dilation, outputPadding }: TransposedWindow,
  name: string,
): ComputedValue {
  const [groups = 1, , outGroup = 1, depth = 1, area = 1] = layers.shape;
  const channels = groups * outGroup;
  const own = graph.add(`${name}:own`, { op: 'select', attrs: { axis: 2, index: layer } }, [layers]);
  const apart = inShape(graph, own, [channels, depth, 1, area], LAYOUT, `${name}:apart`);
  const holes = paddedAxis(graph, apart, 2, { before: 0, after: stride - 1 }, `${name}:holes`);
  const slices = inShape(graph, holes, [channels, depth * stride, area], LAYOUT, `${name}:slices`);
  const sides = { before: layer * dilation, after: (kernel - 1 - layer) * dilation + outputPadding };
  return paddedAxis(graph, slices, 1, sides, `${name}:placed`);
}

/** @param place of the axis in the shape */
function paddedAxis(graph: GraphBuilder, x: ComputedValue, place: number, sides: Sides, name: string): ComputedValue {
  if (sides.before + sides.after === 0) return x;
  const padding = x.shape.map((_, i): [number, number] => (i === place ? [sides.before, sides.after] : [0, 0]));
  return graph.add(name, { op: 'pad', attrs: { padding, mode: 'constant', value: 0 } }, [x]);
}

/** A part of an axis, which the graph counts from 1. */
function cut(graph: GraphBuilder, x: ComputedValue, axis: number, start: number, length: number, name: string) {
  const attrs = { axis, start, end: start + length, step: 1 };
  return graph.add(name, { op: 'slice', attrs }, [x]);
}
