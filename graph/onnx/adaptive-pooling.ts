/**
 * `nn.AdaptiveAvgPool2d` and `nn.AdaptiveMaxPool2d` in ONNX, which does not have operators for them: bin `i` of `out` has
 * the pixels from `floor(i·n/out)` to `ceil((i+1)·n/out)`.
 *
 * The average to one pixel is a global one. Otherwise it is two products with matrices `[out, n]` that hold the weight of
 * each pixel in each bin, one an axis; they are made by the model itself, of the size `n` that it meets, so the model
 * takes images of any size.
 */
import type { ComputedNode } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { bins } from '../operations/adaptive-pooling.js';
import type { Span } from '../operations/pooling.js';
import { slice } from './axes.js';
import type { Constants } from './constants.js';
import { DATA_TYPE, type OnnxNode } from './proto.js';

/** Axes of `[N, C, H, W]`. */
const HEIGHT = 2;
const WIDTH = 3;

export function adaptiveAvgPool2d(
  name: string,
  input: string,
  [outHeight, outWidth]: readonly [number, number],
  constants: Constants,
): OnnxNode[] {
  if (outHeight === 1 && outWidth === 1) return [{ op: 'GlobalAveragePool', inputs: [input], output: name }];
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

/**
 * To one pixel it is a global pooling. Otherwise, it takes the largest of each bin, one axis after the other.
 *
 * @param shape of the input, null for sizes that depend on the image
 * @throws GraphError `UNKNOWN_OPERATION` if the bins depend on the size of the image
 */
export function adaptiveMaxPool2d(
  { name, inputs, attrs }: Extract<ComputedNode, { op: 'adaptiveMaxPool2d' }>,
  [, height = null, width = null]: readonly (number | null)[],
  constants: Constants,
): OnnxNode[] {
  const [input] = inputs as [string];
  const [outHeight, outWidth] = attrs.output;
  if (outHeight === 1 && outWidth === 1) return [{ op: 'GlobalMaxPool', inputs: [input], output: name }];
  if (height === null || width === null) {
    throw new GraphError(
      'UNKNOWN_OPERATION',
      `${name}: an adaptive max pooling to ${outHeight}×${outWidth} of images of any size cannot be written as ONNX`,
      { hint: 'Convert with a fixed image size (--size).' },
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
  constants: Constants,
): OnnxNode[] {
  const parts = spans.flatMap(({ start, end }, i): OnnxNode[] => [
    slice(`${output}/bin ${i}`, input, { axis, start, end, step: 1 }, constants),
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
  constants: Constants,
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
