/**
 * Runs a layer graph on one image in float64, as plainly as the definitions read: what passes and executors are
 * compared with. Not fast and not meant to be.
 */
import type { BoundGraph, GraphNode } from '../../graph/index.js';
import type { Tensor } from '../../weights/index.js';

/** One image's values, `[C, H, W]` or `[C]`, row-major. */
export interface Values {
  shape: readonly number[];
  data: Float64Array;
}

type NodeOf<O extends GraphNode['op']> = Extract<GraphNode, { op: O }>;
type Attrs<O extends 'conv2d' | 'maxPool2d' | 'avgPool2d'> = NodeOf<O>['attrs'];
type Parameters = (name: string) => Float32Array;

/** The output of every node, by name; the image is what a network sees, `[3, H, W]`. */
export function evaluate({ graph, tensors }: BoundGraph, image: Tensor): Map<string, Values> {
  const outputs = new Map<string, Values>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => outputs.get(name)!);
    const parameter: Parameters = (name) => tensors.get(`${node.name}.${name}`)!.data;
    const output =
      node.op === 'input'
        ? { shape: image.shape, data: Float64Array.from(image.data) }
        : evaluateNode(node, inputs, parameter);
    outputs.set(node.name, output);
  }
  return outputs;
}

export function evaluateNode(
  node: Exclude<GraphNode, { op: 'input' }>,
  inputs: Values[],
  parameter: Parameters,
): Values {
  const x = inputs[0]!;
  switch (node.op) {
    case 'conv2d':
      return activate(conv2d(x, node.attrs, parameter), node.attrs.activation);
    case 'linear':
      return activate(linear(x, node.attrs, parameter), node.attrs.activation);
    case 'add':
      return activate(
        map(x, (v, i) => inputs.slice(1).reduce((sum, { data }) => sum + data[i]!, v)),
        node.attrs.activation,
      );
    case 'batchNorm2d':
      return batchNorm2d(x, node.attrs.eps, parameter);
    case 'maxPool2d':
      return pool2d(x, node.attrs, (window) => Math.max(...window));
    case 'avgPool2d':
      return pool2d(x, node.attrs, (window, paddedSize) =>
        mean(window, node.attrs.countIncludePad ? paddedSize : window.length),
      );
    case 'adaptiveAvgPool2d':
      return adaptiveAvgPool2d(x, node.attrs.output);
    case 'relu':
    case 'relu6':
      return activate(x, node.op);
    case 'concat':
      return {
        shape: [inputs.reduce((sum, { shape }) => sum + shape[0]!, 0), ...x.shape.slice(1)],
        data: Float64Array.from(inputs.flatMap(({ data }) => [...data])),
      };
    case 'flatten':
      return { shape: [x.data.length], data: x.data };
    case 'identity':
      return x;
  }
}

function map(x: Values, f: (value: number, i: number) => number): Values {
  return { shape: x.shape, data: x.data.map(f) };
}

function activate(x: Values, activation: 'relu' | 'relu6' | undefined): Values {
  if (activation === undefined) return x;
  return map(x, (v) => (activation === 'relu' ? Math.max(v, 0) : Math.min(Math.max(v, 0), 6)));
}

function conv2d(x: Values, attrs: Attrs<'conv2d'>, parameter: Parameters): Values {
  const [, height, width] = x.shape as [number, number, number];
  const { inChannels, outChannels, kernel, stride, padding, dilation, groups } = attrs;
  const [kh, kw] = kernel;
  const [top, bottom, left, right] = padding;
  const outHeight = Math.floor((height + top + bottom - dilation[0] * (kh - 1) - 1) / stride[0]) + 1;
  const outWidth = Math.floor((width + left + right - dilation[1] * (kw - 1) - 1) / stride[1]) + 1;
  const weight = parameter('weight');
  const data = new Float64Array(outChannels * outHeight * outWidth);
  const inGroup = inChannels / groups;
  for (let o = 0; o < outChannels; o++) {
    const firstChannel = Math.floor(o / (outChannels / groups)) * inGroup;
    const bias = attrs.bias ? parameter('bias')[o]! : 0;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let sum = bias;
        for (let c = 0; c < inGroup; c++) {
          for (let ky = 0; ky < kh; ky++) {
            const y = oy * stride[0] - top + ky * dilation[0];
            if (y < 0 || y >= height) continue;
            for (let kx = 0; kx < kw; kx++) {
              const xx = ox * stride[1] - left + kx * dilation[1];
              if (xx < 0 || xx >= width) continue;
              const w = weight[((o * inGroup + c) * kh + ky) * kw + kx]!;
              sum += w * x.data[((firstChannel + c) * height + y) * width + xx]!;
            }
          }
        }
        data[(o * outHeight + oy) * outWidth + ox] = sum;
      }
    }
  }
  return { shape: [outChannels, outHeight, outWidth], data };
}

function linear(x: Values, attrs: NodeOf<'linear'>['attrs'], parameter: Parameters): Values {
  const { inFeatures, outFeatures, bias } = attrs;
  const weight = parameter('weight');
  const data = Float64Array.from({ length: outFeatures }, (_, o) => {
    let sum = bias ? parameter('bias')[o]! : 0;
    for (let i = 0; i < inFeatures; i++) sum += weight[o * inFeatures + i]! * x.data[i]!;
    return sum;
  });
  return { shape: [outFeatures], data };
}

function batchNorm2d(x: Values, eps: number, parameter: Parameters): Values {
  const plane = x.data.length / x.shape[0]!;
  const [gain, shift, average, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(parameter);
  return map(x, (v, i) => {
    const c = Math.floor(i / plane);
    return ((v - average![c]!) / Math.sqrt(variance![c]! + eps)) * gain![c]! + shift![c]!;
  });
}

/** `reduce` gets the pixels under the window, and how many it would have within image and padding. */
function pool2d(
  x: Values,
  { kernel, stride, padding, ceilMode }: Attrs<'maxPool2d'>,
  reduce: (window: number[], paddedSize: number) => number,
): Values {
  const [channels, height, width] = x.shape as [number, number, number];
  const [top, bottom, left, right] = padding;
  const rows = windowSpans(height, kernel[0], stride[0], top, bottom, ceilMode);
  const columns = windowSpans(width, kernel[1], stride[1], left, right, ceilMode);
  const data: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (const row of rows) {
      for (const column of columns) {
        data.push(reduce(pixels(x, c, row, column), row.paddedSize * column.paddedSize));
      }
    }
  }
  return { shape: [channels, rows.length, columns.length], data: Float64Array.from(data) };
}

/** From `start` up to but not including `end`, within the image. */
interface Span {
  start: number;
  end: number;
  paddedSize: number;
}

function windowSpans(
  size: number,
  kernel: number,
  stride: number,
  before: number,
  after: number,
  ceil: boolean,
): Span[] {
  const spans: Span[] = [];
  // Positions in the image's coordinates, so the padding before it is negative.
  for (let from = -before; ; from += stride) {
    const to = from + kernel;
    const fits = to <= size + after;
    const partly = ceil && from < size && to < size + after + stride;
    if (!fits && !partly) return spans;
    spans.push({
      start: Math.max(from, 0),
      end: Math.min(to, size),
      paddedSize: Math.min(to, size + after) - from,
    });
  }
}

function adaptiveAvgPool2d(x: Values, [outHeight, outWidth]: readonly [number, number]): Values {
  const [channels, height, width] = x.shape as [number, number, number];
  const bins = (size: number, count: number): Span[] =>
    Array.from({ length: count }, (_, i) => {
      return { start: Math.floor((i * size) / count), end: Math.ceil(((i + 1) * size) / count), paddedSize: 0 };
    });
  const data: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (const row of bins(height, outHeight)) {
      for (const column of bins(width, outWidth)) {
        const window = pixels(x, c, row, column);
        data.push(mean(window, window.length));
      }
    }
  }
  return { shape: [channels, outHeight, outWidth], data: Float64Array.from(data) };
}

function pixels(x: Values, channel: number, rows: Span, columns: Span): number[] {
  const [, height, width] = x.shape as [number, number, number];
  const found: number[] = [];
  for (let y = rows.start; y < rows.end; y++) {
    for (let xx = columns.start; xx < columns.end; xx++) found.push(x.data[(channel * height + y) * width + xx]!);
  }
  return found;
}

function mean(values: number[], count: number): number {
  return values.reduce((a, b) => a + b, 0) / count;
}
