/** `nn.AdaptiveAvgPool2d`, `nn.AdaptiveMaxPool2d`: bin `i` is pixels `floor(i·n/out)` to `ceil((i+1)·n/out)`. */
import type { Layer, ModuleScope, Value } from './layer.js';
import {
  DATA_TYPE,
  NoOnnxForm,
  type OnnxConstants,
  type OnnxNode,
  OnnxParts,
  type OnnxPlace,
  operator,
} from './onnx-form.js';
import { type Operation, planar } from './operation.js';
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

/** `functional.adaptive_avg_pool2d(x, output)` in the `forward` of `module`. */
export function adaptiveAvgPool2dOf(module: ModuleScope, x: Value, output: readonly [number, number]): Value {
  return module.functional('adaptive_avg_pool2d', averageOperation, { output }, [x], { spatial: output });
}

const HEIGHT = 2;
const WIDTH = 3;

/**
 * ONNX can only pool to one pixel. Other averages are products with a matrix `[out, n]` of each pixel's weight in each
 * bin, an axis each, which the model makes itself for the `n` that it meets.
 */
function writtenAverage(place: OnnxPlace, { output: [outHeight, outWidth] }: AdaptivePool2dAttrs): OnnxNode[] {
  if (outHeight === 1 && outWidth === 1) return operator(place, 'GlobalAveragePool');
  const [input] = place.inputs;
  const parts = new OnnxParts(place);
  const rows = binWeights(parts, 'rows', place, HEIGHT, outHeight);
  const columns = binWeights(parts, 'columns', place, WIDTH, outWidth);
  // [out, H] · [N, C, H, W] and then · [W, out].
  const pooled = parts.add('pooled rows', 'MatMul', [rows, input]);
  return parts.end('MatMul', [pooled, parts.add('by column', 'Transpose', [columns], { perm: [1, 0] })]);
}

/** The largest of each bin, one axis after the other; the bins must not depend on the size of the image. */
function writtenMax(place: OnnxPlace, { output: [outHeight, outWidth] }: AdaptivePool2dAttrs): OnnxNode[] {
  const { name, constants } = place;
  const [input] = place.inputs;
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
  name: string,
  input: string,
  { axis, spans }: { axis: number; spans: readonly Span[] },
  constants: OnnxConstants,
): OnnxNode[] {
  const slices = spans.map(({ start, end }, i) =>
    sliceNode(`${name}/bin ${i}`, input, { axis, start, end, step: 1 }, constants),
  );
  const largest = slices.map((slice, i): OnnxNode => {
    const attributes = { axes: [axis], keepdims: 1 };
    return { op: 'ReduceMax', inputs: [slice.output], output: `${name}/largest ${i}`, attributes };
  });
  const inputs = largest.map(({ output }) => output);
  return [
    ...slices.flatMap((slice, i) => [slice, largest[i]!]),
    { op: 'Concat', inputs, output: name, attributes: { axis } },
  ];
}

/** The matrix `[out, n]` of one axis, `n` pixels long: every row sums to 1. */
function binWeights(
  parts: OnnxParts,
  prefix: string,
  { inputs: [input], constants }: OnnxPlace,
  axis: number,
  out: number,
): string {
  const add = (part: string, op: string, inputs: readonly string[], attributes?: OnnxNode['attributes']) =>
    parts.add(`${prefix}/${part}`, op, inputs, attributes);
  const indices = Array.from({ length: out }, (_, i) => i);
  const next = indices.map((i) => i + 1);
  const zero = constants.integers('zero', [], [0]);
  const one = constants.integers('one', [], [1]);
  const bins = constants.integers(`bins of ${out}`, [out, 1], indices);
  const nextBins = constants.integers(`next bins of ${out}`, [out, 1], next);
  const count = constants.integers(`bin count ${out}`, [], [out]);
  const roundUp = constants.integers(`bin count ${out} less 1`, [], [out - 1]);
  const position = constants.integers(`axis ${axis}`, [], [axis]);
  const n = add('n', 'Gather', [add('shape', 'Shape', [input]), position], { axis: 0 });
  const start = add('start', 'Div', [add('i·n', 'Mul', [bins, n]), count]);
  const rounded = add('rounded up', 'Add', [add('(i+1)·n', 'Mul', [nextBins, n]), roundUp]);
  const end = add('end', 'Div', [rounded, count]);
  const pixels = add('pixels', 'Range', [zero, n, one]);
  const after = add('after start', 'GreaterOrEqual', [pixels, start]);
  const inside = add('inside', 'And', [after, add('before end', 'Less', [pixels, end])]);
  const mask = add('mask', 'Cast', [inside], { to: DATA_TYPE.float });
  const divisor = add('divisor', 'Cast', [add('size', 'Sub', [end, start])], { to: DATA_TYPE.float });
  return add('weights', 'Div', [mask, divisor]);
}
