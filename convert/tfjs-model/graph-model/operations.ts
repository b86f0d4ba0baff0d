/** Operations of a graph model that compute value by value, reduce, or move values, take some, or put others around. */

import { POINTWISE } from '../../../graph/index.js';
import { NotSupported } from '../../onnx/importing/value.js';
import {
  clipped,
  combined,
  concatenated,
  passed,
  pointwise,
  reduced,
  reshaped,
  selu,
  softmaxed,
} from '../writing/combining.js';
import { padded } from '../writing/maps.js';
import { computed, type TfValue, writtenAxis } from '../writing/writer.js';
import type { NodeCall, Translation, Translations } from './node-call.js';
import { booleanOf, integerOf, integersOf, stringOf, typeOf } from './node-call.js';

/** To the last position of an axis. */
const END = 2 ** 31 - 1;

function like(x: TfValue, name: string, rank = x.rank): TfValue {
  return { name, rank, isMap: false, sizes: null, isConstant: x.isConstant };
}

function reshape(call: NodeCall): TfValue {
  const shape = call.input(1);
  const known = call.optionalNumbers(1);
  const rank = known?.length ?? shape.sizes?.[0];
  if (rank === undefined) throw new NotSupported('the number of its dimensions is not known');
  const isFlat = rank === 2 && known?.[0] === -1;
  return reshaped(call, call.input(0), shape.name, rank, isFlat);
}

function squeeze(call: NodeCall): TfValue {
  const x = call.input(0);
  const axes = integersOf(call.definition, 'squeeze_dims');
  const asked = (axes.length > 0 ? axes : integersOf(call.definition, 'axis')).map((axis) =>
    axis < 0 ? axis + x.rank : axis,
  );
  if (asked.length === 0) throw new NotSupported('it does not say which axes it drops');
  // Without height and width the order of the channels does not matter.
  const isOnlyChannels = x.isMap && asked.includes(1) && asked.includes(2);
  const [from, written] = isOnlyChannels ? [x.name, asked.map((axis) => writtenAxis(x, axis))] : [call.plain(x), asked];
  return like(x, call.node('Squeeze', [from, call.integers(written)]), x.rank - asked.length);
}

function expandDims(call: NodeCall): TfValue {
  const x = call.input(0);
  const [axis = 0] = call.numbers(1);
  return like(x, call.node('Unsqueeze', [call.plain(x), call.integers([axis])]), x.rank + 1);
}

function transpose(call: NodeCall): TfValue {
  const x = call.input(0);
  return like(x, call.node('Transpose', [call.plain(x)], { perm: [...call.numbers(1)] }));
}

/** TensorFlow's order of sizes. */
function shape(call: NodeCall): TfValue {
  const x = call.input(0);
  const sizes = call.node('Shape', [x.name]);
  const name = x.isMap ? call.node('Gather', [sizes, call.integers([0, 2, 3, 1])], { axis: 0 }) : sizes;
  return { ...computed(name, 1), isConstant: true, sizes: [x.rank] };
}

function concat(call: NodeCall): TfValue {
  const count = call.count - 1;
  return concatenated(call, call.inputs(0, count), call.numbers(count)[0] ?? 0);
}

/** Values side by side along a new axis. */
function pack(call: NodeCall): TfValue {
  const axis = integerOf(call.definition, 'axis', 0);
  const values = call.inputs();
  const [first] = values;
  if (first === undefined) throw new NotSupported('it has no inputs');
  const parts = values.map((value) => call.node('Unsqueeze', [call.plain(value), call.integers([axis])]));
  const isConstant = values.every((value) => value.isConstant);
  const sizes = first.rank === 0 ? [values.length] : null;
  return { ...like(first, call.node('Concat', parts, { axis }), first.rank + 1), isConstant, sizes };
}

function stridedSlice(call: NodeCall): TfValue {
  const { definition } = call;
  const x = call.input(0);
  const mask = (name: string) => integerOf(definition, name, 0);
  if (mask('ellipsis_mask') !== 0 || mask('new_axis_mask') !== 0)
    throw new NotSupported('it has an ellipsis or a new axis');
  const [begin, end, strides] = [call.numbers(1), call.numbers(2), call.numbers(3)];
  const isOne = (axis: number) => ((mask('shrink_axis_mask') >> axis) & 1) === 1;
  const starts = begin.map((value, axis) => (((mask('begin_mask') >> axis) & 1) === 1 && !isOne(axis) ? 0 : value));
  const ends = end.map((value, axis) => {
    if (isOne(axis)) return starts[axis] === -1 ? END : starts[axis]! + 1;
    return ((mask('end_mask') >> axis) & 1) === 1 ? END : value;
  });
  if (strides.some((step, axis) => step < 1 && !isOne(axis))) throw new NotSupported('it steps backwards');
  const axes = begin.map((_, axis) => axis);
  const lists = [starts, ends, axes, strides].map((values) => call.integers([...values]));
  const taken = call.node('Slice', [call.plain(x), ...lists]);
  const dropped = axes.filter(isOne);
  if (dropped.length === 0) return like(x, taken);
  return like(x, call.node('Squeeze', [taken, call.integers(dropped)]), x.rank - dropped.length);
}

function slice(call: NodeCall): TfValue {
  const x = call.input(0);
  const [begin, size] = [call.numbers(1), call.numbers(2)];
  const ends = begin.map((start, axis) => (size[axis] === -1 ? END : start + (size[axis] ?? 0)));
  const axes = begin.map((_, axis) => axis);
  return like(x, call.node('Slice', [call.plain(x), ...[[...begin], ends, axes].map((list) => call.integers(list))]));
}

function split(axisAt: number, valueAt: number): Translation {
  return (call) => {
    const count = integerOf(call.definition, 'num_split', 1);
    if (count < 1 || count > 1000) throw new NotSupported(`it makes ${count} parts`);
    const x = call.input(valueAt);
    const axis = writtenAxis(x, call.numbers(axisAt)[0] ?? 0);
    const names = call.nodes('Split', [x.name], { axis, num_outputs: count }, count);
    return names.map((name) => ({ ...x, name, sizes: null, flattened: undefined }));
  };
}

function pad(valueAt: number | null): Translation {
  return (call) => {
    const x = call.input(0);
    const value = valueAt === null ? 0 : call.numbers(valueAt)[0]!;
    return padded(call, x, pairs(call.numbers(1)), 'constant', value);
  };
}

function mirrorPad(call: NodeCall): TfValue {
  const mode = stringOf(call.definition, 'mode', 'REFLECT');
  if (mode !== 'REFLECT') throw new NotSupported(`its mode is ${mode.slice(0, 100)}`);
  return padded(call, call.input(0), pairs(call.numbers(1)), 'reflect', 0);
}

function pairs(values: readonly number[]): [number, number][] {
  return Array.from({ length: values.length / 2 }, (_, axis) => [values[2 * axis]!, values[2 * axis + 1]!]);
}

function gather(call: NodeCall): TfValue {
  const [x, indices] = [call.input(0), call.input(1)];
  const [axis = 0] = call.count > 2 ? call.numbers(2) : [];
  const name = call.node('Gather', [call.plain(x), indices.name], { axis });
  return { ...like(x, name, x.rank - 1 + indices.rank), isConstant: x.isConstant && indices.isConstant };
}

function tile(call: NodeCall): TfValue {
  const x = call.input(0);
  return like(x, call.node('Tile', [call.plain(x), call.input(1).name]));
}

/** TensorFlow's blocks have the channels last, as ONNX's DCR. */
function depthToSpace(call: NodeCall): TfValue {
  const x = call.input(0);
  const attributes = { blocksize: integerOf(call.definition, 'block_size', 1), mode: 'DCR' };
  return { ...x, name: call.node('DepthToSpace', [call.map(x)], attributes), isMap: true };
}

function fill(call: NodeCall): TfValue {
  const [dims, value] = [call.input(0), call.input(1)];
  const rank = call.optionalNumbers(0)?.length ?? dims.sizes?.[0];
  if (rank === undefined) throw new NotSupported('the number of its dimensions is not known');
  return like(value, call.node('Expand', [value.name, dims.name]), rank);
}

function range(call: NodeCall): TfValue {
  const [start, limit, step] = call.inputs(0, 3);
  return { ...computed(call.node('Range', [start!.name, limit!.name, step!.name]), 1), isConstant: true };
}

export const moving: Translations = {
  ConcatV2: concat,
  DepthToSpace: depthToSpace,
  ExpandDims: expandDims,
  Fill: fill,
  GatherV2: gather,
  MirrorPad: mirrorPad,
  Pack: pack,
  Pad: pad(null),
  PadV2: pad(2),
  Range: range,
  Reshape: reshape,
  Shape: shape,
  Slice: slice,
  Split: split(0, 1),
  Squeeze: squeeze,
  StridedSlice: stridedSlice,
  Tile: tile,
  Transpose: transpose,
};

function unary(op: string): Translation {
  return (call) => pointwise(call, op, call.input(0));
}

function binary(op: string): Translation {
  return (call) => combined(call, op, call.input(0), call.input(1));
}

/** `(x − y)²` */
function squaredDifference(call: NodeCall): TfValue {
  const difference = combined(call, 'Sub', call.input(0), call.input(1));
  return combined(call, 'Mul', difference, difference);
}

function square(call: NodeCall): TfValue {
  return combined(call, 'Mul', call.input(0), call.input(0));
}

function inverseRoot(call: NodeCall): TfValue {
  return pointwise(call, 'Reciprocal', pointwise(call, 'Sqrt', call.input(0)));
}

function reduction(op: string): Translation {
  return (call) => {
    const keeps = booleanOf(call.definition, 'keep_dims', booleanOf(call.definition, 'keepdims', false));
    return reduced(call, op, call.input(0), call.numbers(1), keeps);
  };
}

const ONNX_TYPES: Readonly<Record<string, number>> = { DT_FLOAT: 1, DT_HALF: 1, DT_INT32: 6, DT_INT64: 7, DT_BOOL: 9 };

function cast(call: NodeCall): TfValue {
  const type = typeOf(call.definition, 'DstT') ?? 'DT_FLOAT';
  const to = ONNX_TYPES[type];
  if (to === undefined) throw new NotSupported(`it casts to ${type}`);
  const x = call.input(0);
  return { ...x, name: call.node('Cast', [x.name], { to }) };
}

function clip(call: NodeCall): TfValue {
  const x = call.input(0);
  const limits = [call.input(1), call.input(2)].map(({ name }) => name);
  return { ...x, name: call.node('Clip', [x.name, ...limits]), flattened: undefined };
}

const pass: Translation = (call) => passed(call, call.input(0));

const functions = Object.fromEntries(
  Object.values(POINTWISE).flatMap(({ tf, onnx }) => (tf && onnx ? [[tf, unary(onnx.op)] as const] : [])),
);

export const elementwise: Translations = {
  ...functions,
  Add: binary('Add'),
  AddV2: binary('Add'),
  Cast: cast,
  ClipByValue: clip,
  Div: binary('Div'),
  Identity: pass,
  Inv: unary('Reciprocal'),
  LogSoftmax: (call) => softmaxed(call, 'LogSoftmax', call.input(0), -1),
  Max: reduction('ReduceMax'),
  Maximum: binary('Max'),
  Mean: reduction('ReduceMean'),
  Min: reduction('ReduceMin'),
  Minimum: binary('Min'),
  Mul: binary('Mul'),
  Pow: binary('Pow'),
  PreventGradient: pass,
  Prod: reduction('ReduceProd'),
  RealDiv: binary('Div'),
  Relu: unary('Relu'),
  Relu6: (call) => clipped(call, call.input(0), 0, 6),
  Rsqrt: inverseRoot,
  Selu: (call) => selu(call, call.input(0)),
  Snapshot: pass,
  Softmax: (call) => softmaxed(call, 'Softmax', call.input(0), -1),
  Square: square,
  SquaredDifference: squaredDifference,
  StopGradient: pass,
  Sub: binary('Sub'),
  Sum: reduction('ReduceSum'),
};
