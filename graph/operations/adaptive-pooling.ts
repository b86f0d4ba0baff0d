/**
 * `nn.AdaptiveAvgPool2d` and `nn.AdaptiveMaxPool2d`: pooling to a fixed output size, with PyTorch's bins: bin `i` of `out`
 * has the pixels from `floor(i·n/out)` to `ceil((i+1)·n/out)`. To one pixel, they are the global pools.
 */
import type { Layer, ModuleScope, Value } from './layer.js';
import { planar } from './misfit.js';
import { DATA_TYPE, NoOnnxForm, type OnnxConstants, type OnnxNode, type OnnxPlace, operator } from './onnx-form.js';
import type { Operation } from './operation.js';
import { average, reduceSpans, type Span } from './pooling.js';
import { sliceNode } from './slice.js';
import { pair, type Size } from './window.js';

export interface AdaptivePool2dAttrs {
  /** `[height, width]`. */
  output: readonly [number, number];
}

export const averageOperation = adaptivePool(
  'adaptiveAvgPool2d',
  (pixels) => average(pixels, pixels.length),
  writtenAverage,
);
export const maxOperation = adaptivePool('adaptiveMaxPool2d', (pixels) => Math.max(...pixels), writtenMax);

function adaptivePool<Name extends string>(
  op: Name,
  reduce: (pixels: readonly number[]) => number,
  onnx: Operation<Name, AdaptivePool2dAttrs>['onnx'],
): Operation<Name, AdaptivePool2dAttrs> {
  return {
    op,
    outputShape: (inputs, { output }) => [planar(inputs)[0], ...output],
    reference([x], { output }) {
      const [, , height, width] = x!.shape as readonly [number, number, number, number];
      return reduceSpans(x!, bins(height, output[0]), bins(width, output[1]), reduce);
    },
    onnx,
  };
}

/** Pixels of each bin along one axis. */
export function bins(size: number, count: number): Span[] {
  return Array.from({ length: count }, (_, i) => ({
    start: Math.floor((i * size) / count),
    end: Math.ceil(((i + 1) * size) / count),
  }));
}

export function adaptiveAvgPool2d(size: Size): Layer {
  const output = pair(size);
  return (module, x) => module.operation(averageOperation, { output }, x, { spatial: output });
}

export function adaptiveMaxPool2d(size: Size): Layer {
  const output = pair(size);
  return (module, x) => module.operation(maxOperation, { output }, x, { spatial: output });
}

/** `functional.adaptive_avg_pool2d(x, output)` in the `forward` of `module`. */
export function adaptiveAvgPool2dOf(module: ModuleScope, x: Value, output: readonly [number, number]): Value {
  return module.functional('adaptive_avg_pool2d', averageOperation, { output }, [x], { spatial: output });
}

/** Axes of `[N, C, H, W]`. */
const HEIGHT = 2;
const WIDTH = 3;

/**
 * ONNX has the pooling to one pixel only. Otherwise the average is two products with matrices `[out, n]` that hold the weight
 * of each pixel in each bin, one an axis; they are made by the model itself, of the size `n` that it meets, so the model takes
 * images of any size.
 */
function writtenAverage(place: OnnxPlace, { output: [outHeight, outWidth] }: AdaptivePool2dAttrs): OnnxNode[] {
  const {
    name,
    inputs: [input],
    constants,
  } = place;
  if (outHeight === 1 && outWidth === 1) return operator(place, 'GlobalAveragePool');
  const rows = binWeights(`${name}/rows`, input, HEIGHT, outHeight, constants);
  const columns = binWeights(`${name}/columns`, input, WIDTH, outWidth, constants);
  return [
    ...rows.nodes,
    ...columns.nodes,
    // [out, H] · [N, C, H, W] and then · [W, out].
    { op: 'MatMul', inputs: [rows.weights, input], output: `${name}/pooled rows` },
    { op: 'Transpose', inputs: [columns.weights], output: `${name}/by column`, attributes: { perm: [1, 0] } },
    { op: 'MatMul', inputs: [`${name}/pooled rows`, `${name}/by column`], output: name },
  ];
}

/** The largest of each bin, one axis after the other; the bins must not depend on the size of the image. */
function writtenMax(place: OnnxPlace, { output: [outHeight, outWidth] }: AdaptivePool2dAttrs): OnnxNode[] {
  const {
    name,
    inputs: [input],
    constants,
  } = place;
  if (outHeight === 1 && outWidth === 1) return operator(place, 'GlobalMaxPool');
  const [, height = null, width = null] = place.shapeOf(input);
  if (height === null || width === null) {
    throw new NoOnnxForm(
      `an adaptive max pooling to ${outHeight}×${outWidth} of images of any size cannot be written as ONNX`,
      'Convert with a fixed image size (--size).',
    );
  }
  const rows = `${name}/rows`;
  return [
    ...largestOfBins(rows, input, { axis: HEIGHT, spans: bins(height, outHeight) }, constants),
    ...largestOfBins(name, rows, { axis: WIDTH, spans: bins(width, outWidth) }, constants),
  ];
}

function largestOfBins(
  output: string,
  input: string,
  { axis, spans }: { axis: number; spans: readonly Span[] },
  constants: OnnxConstants,
): OnnxNode[] {
  const parts = spans.flatMap(({ start, end }, i): OnnxNode[] => [
    sliceNode(`${output}/bin ${i}`, input, { axis, start, end, step: 1 }, constants),
    {
      op: 'ReduceMax',
      inputs: [`${output}/bin ${i}`],
      output: `${output}/largest ${i}`,
      attributes: { axes: [axis], keepdims: 1 },
    },
  ]);
  const largest = spans.map((_, i) => `${output}/largest ${i}`);
  return [...parts, { op: 'Concat', inputs: largest, output, attributes: { axis } }];
}

/** The matrix `[out, n]` of one axis, `n` pixels long: every row sums to 1. */
function binWeights(
  prefix: string,
  input: string,
  axis: number,
  out: number,
  constants: OnnxConstants,
): { nodes: OnnxNode[]; weights: string } {
  const value = (part: string) => `${prefix}/${part}`;
  const indices = Array.from({ length: out }, (_, i) => i);
  const zero = constants.integers('zero', [], [0]);
  const one = constants.integers('one', [], [1]);
  const bins = constants.integers(`bins of ${out}`, [out, 1], indices);
  const nextBins = constants.integers(
    `next bins of ${out}`,
    [out, 1],
    indices.map((i) => i + 1),
  );
  const count = constants.integers(`bin count ${out}`, [], [out]);
  const roundUp = constants.integers(`bin count ${out} less 1`, [], [out - 1]);
  const position = constants.integers(`axis ${axis}`, [], [axis]);
  const nodes: OnnxNode[] = [
    { op: 'Shape', inputs: [input], output: value('shape') },
    { op: 'Gather', inputs: [value('shape'), position], output: value('n'), attributes: { axis: 0 } },
    { op: 'Mul', inputs: [bins, value('n')], output: value('i·n') },
    { op: 'Div', inputs: [value('i·n'), count], output: value('start') },
    { op: 'Mul', inputs: [nextBins, value('n')], output: value('(i+1)·n') },
    { op: 'Add', inputs: [value('(i+1)·n'), roundUp], output: value('rounded up') },
    { op: 'Div', inputs: [value('rounded up'), count], output: value('end') },
    { op: 'Range', inputs: [zero, value('n'), one], output: value('pixels') },
    { op: 'GreaterOrEqual', inputs: [value('pixels'), value('start')], output: value('after start') },
    { op: 'Less', inputs: [value('pixels'), value('end')], output: value('before end') },
    { op: 'And', inputs: [value('after start'), value('before end')], output: value('inside') },
    { op: 'Cast', inputs: [value('inside')], output: value('mask'), attributes: { to: DATA_TYPE.float } },
    { op: 'Sub', inputs: [value('end'), value('start')], output: value('size') },
    { op: 'Cast', inputs: [value('size')], output: value('divisor'), attributes: { to: DATA_TYPE.float } },
    { op: 'Div', inputs: [value('mask'), value('divisor')], output: value('weights') },
  ];
  return { nodes, weights: value('weights') };
}
