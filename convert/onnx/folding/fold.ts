/** Computes sizes, indices, masks and tables that are operators of constants, as onnx.ai/onnx/operators says. */

import type { OnnxNode } from '../file/onnx-model.js';
import { attributeOf, floatAttribute, intAttribute, stringAttribute } from '../file/onnx-model.js';
import { axisOf, type Constant, countOf, integers, scalar, select, Unfoldable } from './constant.js';
import { elementwise, inputsOf, isElementwise, where } from './elementwise.js';
import { batchNorm, cast, cumulativeSum, filled, isReduction, matMul, range, reduce, triangle } from './making.js';
import {
  concat,
  expand,
  gather,
  gatherNd,
  type PadMode,
  pad,
  reshape,
  scatterNd,
  slicePositions,
  tile,
  transpose,
} from './moving.js';

export interface FoldContext {
  opset: number;
  /** The values of a tensor in the file that lies in the file itself. */
  tensor(node: OnnxNode, attribute: string): Constant | null;
}

type Inputs = readonly (Constant | null)[];
type Fold = (node: OnnxNode, inputs: Inputs, context: FoldContext) => Constant | Constant[];

const FOLDS: Readonly<Record<string, Fold>> = {
  BatchNormalization: (node, inputs) =>
    batchNorm(inputs.map(need), floatAttribute(node, 'epsilon', 1e-5), intAttribute(node, 'training_mode', 0) === 1),
  GatherND: (node, [x, indices]) => gatherNd(need(x), need(indices), intAttribute(node, 'batch_dims', 0)),
  Gemm: (node, inputs) => gemm(node, inputs),
  Identity: (_, [x]) => need(x),
  Dropout: (_, [x, ratio, training]) => atInference(need(x), ratio, training),
  Cast: (node, [x]) => cast(need(x), intAttribute(node, 'to', 1)),
  CastLike: (_, [x, like]) => cast(need(x), TYPE_OF_KIND[need(like).kind]),
  Shape: (node, [x]) => shapeOf(node, need(x).dims),
  Size: (_, [x]) => scalar('int', need(x).data.length),
  Gather: (node, [x, indices]) => gather(need(x), need(indices), intAttribute(node, 'axis', 0)),
  Concat: (node, parts) => concat(parts.map(need), intAttribute(node, 'axis', 0)),
  Unsqueeze: (node, inputs) => unsqueeze(need(inputs[0]), axesOf(node, inputs[1]) ?? []),
  Squeeze: (node, inputs) => squeeze(need(inputs[0]), axesOf(node, inputs[1])),
  Reshape: (node, [x, shape]) =>
    reshape(need(x), targetDims(need(x).dims, numbers(shape), intAttribute(node, 'allowzero', 0) === 1)),
  Flatten: (node, [x]) => flatten(need(x), intAttribute(node, 'axis', 1)),
  Transpose: (node, [x]) => transpose(need(x), attributeOf(node, 'perm', 'ints') ?? [...need(x).dims.keys()].reverse()),
  Expand: (_, [x, shape]) => expand(need(x), numbers(shape)),
  Tile: (_, [x, repeats]) => tile(need(x), numbers(repeats)),
  Slice: (node, inputs) => sliced(need(inputs[0]), slicesOf(node, need(inputs[0]).dims, inputs)),
  Split: (node, inputs, { opset }) => split(node, need(inputs[0]), inputs[1] ?? null, opset),
  ScatterND: (node, [x, indices, updates]) =>
    scatterNd(need(x), need(indices), need(updates), stringAttribute(node, 'reduction', 'none')),
  Pad: (node, inputs) => padded(node, inputs),
  ConstantOfShape: (node, [shape], { tensor }) => filled(numbers(shape), tensor(node, 'value') ?? scalar('float', 0)),
  Range: (_, [start, limit, step]) => range(need(start), need(limit), need(step)),
  Where: (_, [condition, a, b]) => where(need(condition), need(a), need(b)),
  MatMul: (_, [a, b]) => matMul(need(a), need(b)),
  CumSum: (node, [x, axis]) =>
    cumulativeSum(
      need(x),
      numbers(axis)[0] ?? 0,
      intAttribute(node, 'exclusive', 0) === 1,
      intAttribute(node, 'reverse', 0) === 1,
    ),
  Trilu: (node, [x, k]) => triangle(need(x), k == null ? 0 : (k.data[0] ?? 0), intAttribute(node, 'upper', 1) === 1),
};

const TYPE_OF_KIND = { float: 1, int: 7, bool: 9 } as const;

/** Whether an operator is computed here when all that it reads is known. */
export function isFoldable(op: string): boolean {
  return op in FOLDS || isElementwise(op) || isReduction(op) || op === 'Constant' || op === 'Clip';
}

/**
 * The outputs of an operator whose inputs are all constants.
 * @throws Unfoldable if the operator does not take such inputs; ConvertError `ONNX_TOO_LARGE`
 */
export function fold(node: OnnxNode, inputs: Inputs, context: FoldContext): Constant[] {
  const { op } = node;
  if (op === 'Constant') return [constantOf(node, context)];
  if (op === 'Clip') return [clip(node, inputs)];
  if (isElementwise(op)) return [elementwise(op, counted(op, inputs), intAttribute(node, 'fmod', 0) === 1)];
  if (isReduction(op)) {
    return [reduce(op, need(inputs[0]), axesOf(node, inputs[1]), intAttribute(node, 'keepdims', 1) === 1)];
  }
  const made = FOLDS[op]!(node, inputs, context);
  return Array.isArray(made) ? made : [made];
}

function atInference(x: Constant, ratio: Constant | null | undefined, training: Constant | null | undefined): Constant {
  const isNone = ratio != null && ratio.data[0] === 0;
  if (training != null && training.data[0] !== 0 && !isNone) throw new Unfoldable('it is in training mode');
  return x;
}

function need(x: Constant | null | undefined): Constant {
  if (x == null) throw new Unfoldable('an input is missing');
  return x;
}

function counted(op: string, inputs: Inputs): Constant[] {
  const [least, most] = inputsOf(op);
  if (inputs.length >= least && inputs.length <= most) return inputs.map(need);
  throw new Unfoldable(`it has ${inputs.length} inputs, and takes ${least}`);
}

function numbers(x: Constant | null | undefined): number[] {
  return [...need(x).data];
}

/** A Constant has its value in one of seven attributes. */
function constantOf(node: OnnxNode, { tensor }: FoldContext): Constant {
  if (attributeOf(node, 'value', 'tensor') !== null) return need(tensor(node, 'value'));
  const floats = node.attributes.get('value_floats');
  if (floats?.type === 'floats') {
    return { kind: 'float', dims: [floats.value.length], data: Float32Array.from(floats.value) };
  }
  const ints = attributeOf(node, 'value_ints', 'ints');
  if (ints !== null) return integers(ints);
  if (node.attributes.has('value_float')) return scalar('float', floatAttribute(node, 'value_float', 0));
  if (node.attributes.has('value_int')) return scalar('int', intAttribute(node, 'value_int', 0));
  throw new Unfoldable(`a Constant of ${[...node.attributes.keys()].join(', ') || 'nothing'}`);
}

/** From opset 11 on the limits are inputs, before they are attributes. */
function clip(node: OnnxNode, [x, low, high]: Inputs): Constant {
  const min = low?.data[0] ?? floatAttribute(node, 'min', Number.NEGATIVE_INFINITY);
  const max = high?.data[0] ?? floatAttribute(node, 'max', Number.POSITIVE_INFINITY);
  const from = need(x);
  return { ...from, data: from.data.map((value) => Math.min(Math.max(value, min), max)) };
}

/** The sizes that a Shape asks for. */
export function shapeOf(node: OnnxNode, dims: readonly number[]): Constant {
  return integers(dims.slice(intAttribute(node, 'start', 0), intAttribute(node, 'end', dims.length)));
}

/** From opset 13 on axes are an input, before they are an attribute. Null: left out. */
export function axesOf(node: OnnxNode, input: Constant | null | undefined): number[] | null {
  const axes = input == null ? attributeOf(node, 'axes', 'ints') : [...input.data];
  return axes === null || (axes.length === 0 && intAttribute(node, 'noop_with_empty_axes', 0) === 0) ? null : [...axes];
}

/** Where `-1` stands for what is left, and 0 for the size that is there. @throws Unfoldable */
export function targetDims(dims: readonly number[], asked: readonly number[], isZeroSize: boolean): number[] {
  const copied = asked.map((size, axis) => (size === 0 && !isZeroSize ? (dims[axis] ?? 0) : size));
  const rest = countOf(copied.filter((size) => size !== -1));
  const all = countOf(dims);
  return copied.map((size) => {
    if (size !== -1) return size;
    if (rest <= 0 || all % rest !== 0) {
      throw new Unfoldable(`[${dims.join(', ')}] cannot have the shape [${asked.join(', ')}]`);
    }
    return all / rest;
  });
}

/** `alpha·A·B + beta·C`. */
function gemm(node: OnnxNode, [a, b, c]: Inputs): Constant {
  const turned = (x: Constant, name: string) => (intAttribute(node, name, 0) === 1 ? transpose(x, [1, 0]) : x);
  const product = matMul(turned(need(a), 'transA'), turned(need(b), 'transB'));
  const scaled = (x: Constant, name: string) =>
    elementwise('Mul', [x, scalar('float', floatAttribute(node, name, 1))], false);
  if (c == null) return scaled(product, 'alpha');
  return elementwise('Add', [scaled(product, 'alpha'), scaled(c, 'beta')], false);
}

function padded(node: OnnxNode, inputs: Inputs): Constant {
  const x = need(inputs[0]);
  const mode = stringAttribute(node, 'mode', 'constant');
  if (!isPadMode(mode)) throw new Unfoldable(`its mode is ${mode.slice(0, 100)}`);
  const value = inputs[2]?.data[0] ?? floatAttribute(node, 'value', 0);
  return pad(x, padSides(node, x.dims.length, inputs[1], inputs[3]), mode, value);
}

function isPadMode(mode: string): mode is PadMode {
  return PAD_MODES.includes(mode);
}

const PAD_MODES: readonly string[] = ['constant', 'reflect', 'edge', 'wrap'] satisfies PadMode[];

/** What a Pad adds before and after each axis. From opset 11 on the sizes are an input, before an attribute. */
export function padSides(
  node: OnnxNode,
  rank: number,
  sizes: Constant | null | undefined,
  axes: Constant | null | undefined,
): [number, number][] {
  const pads = sizes?.data ?? attributeOf(node, 'pads', 'ints') ?? [];
  const sides = Array.from({ length: rank }, (): [number, number] => [0, 0]);
  const named = axes == null ? [...sides.keys()] : [...axes.data];
  named.forEach((axis, i) => {
    sides[axisOf(axis, rank)] = [pads[i] ?? 0, pads[i + named.length] ?? 0];
  });
  return sides;
}

function unsqueeze(x: Constant, axes: readonly number[]): Constant {
  return { ...x, dims: unsqueezedDims(x.dims, axes) };
}

export function unsqueezedDims(dims: readonly number[], axes: readonly number[]): number[] {
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(axis, rank)));
  const rest = [...dims];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!));
}

function squeeze(x: Constant, axes: readonly number[] | null): Constant {
  const dropped = new Set(axes?.map((axis) => axisOf(axis, x.dims.length)) ?? []);
  const isDropped = (size: number, axis: number) => (axes === null ? size === 1 : dropped.has(axis));
  return reshape(
    x,
    x.dims.filter((size, axis) => !isDropped(size, axis)),
  );
}

function flatten(x: Constant, axis: number): Constant {
  const at = axis < 0 ? axis + x.dims.length : axis;
  return reshape(x, [countOf(x.dims.slice(0, at)), countOf(x.dims.slice(at))]);
}

/** The positions of each axis. From opset 10 on they are inputs, before they are attributes. */
export function slicesOf(node: OnnxNode, dims: readonly number[], inputs: Inputs): number[][] {
  const list = (i: number, name: string) =>
    inputs[i] == null ? attributeOf(node, name, 'ints') : [...inputs[i]!.data];
  const starts = list(1, 'starts') ?? [];
  const ends = list(2, 'ends') ?? [];
  const axes = list(3, 'axes') ?? [...starts.keys()];
  const steps = inputs[4] == null ? [] : [...inputs[4].data];
  const positions = dims.map((size) => Array.from({ length: Math.min(size, MAX_LISTED) }, (_, i) => i));
  axes.forEach((axis, i) => {
    const at = axisOf(axis, dims.length);
    positions[at] = slicePositions(dims[at]!, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
  });
  return positions;
}

/** No axis of an image network is longer; a longer one is a mistake, which the shapes then show. */
const MAX_LISTED = 2 ** 24;

function sliced(x: Constant, positions: readonly (readonly number[])[]): Constant {
  const dims = positions.map(({ length }) => length);
  return select(x, dims, (i, axis) => positions[axis]![i]!);
}

function split(node: OnnxNode, x: Constant, sizes: Constant | null, opset: number): Constant[] {
  const at = axisOf(intAttribute(node, 'axis', 0), x.dims.length);
  let end = 0;
  return splitSizes(node, x.dims[at]!, sizes, opset).map((size) => {
    const start = end;
    end += size;
    return select(x, x.dims.with(at, size), (i, axis) => (axis === at ? start + i : i));
  });
}

/** How long each part is: an input, an attribute before opset 13, or equal parts with a shorter last one. */
export function splitSizes(node: OnnxNode, size: number, sizes: Constant | null, opset: number): number[] {
  const given = sizes === null ? attributeOf(node, 'split', 'ints') : [...sizes.data];
  const parts = opset >= 18 ? intAttribute(node, 'num_outputs', node.outputs.length) : node.outputs.length;
  const each = Math.ceil(size / parts);
  const found = given ?? Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
  if (found.some((part) => part < 0) || found.reduce((a, b) => a + b, 0) !== size) {
    throw new Unfoldable(`parts of ${found.slice(0, 8).join(', ')} of ${size}`);
  }
  return [...found];
}
