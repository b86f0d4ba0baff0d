/** Functions of values, and operations that combine several values: what they are for maps. */

import { POINTWISE, pointwiseBy, SELU_ALPHA, SELU_SCALE } from '../../../graph/index.js';
import { NotSupported } from '../../onnx/importing/value.js';
import type { Attributes } from '../../onnx/written-graph.js';
import { type Call, type TfValue, writtenAxis } from './writer.js';

export function pointwise(call: Call, op: string, x: TfValue, attributes: Attributes = {}): TfValue {
  return { ...x, name: call.node(op, [x.name], attributes), sizes: null, flattened: undefined };
}

/** The same values under another name. */
export function passed(call: Call, x: TfValue): TfValue {
  return { ...x, name: call.node('Identity', [x.name]) };
}

/** `min(max(x, low), high)`; null for a limit that is not there. */
export function clipped(call: Call, x: TfValue, low: number | null, high: number | null): TfValue {
  const limit = (value: number | null) => (value === null ? '' : call.float(value));
  const name = call.node('Clip', [x.name, limit(low), limit(high)]);
  return { ...x, name, sizes: null, flattened: undefined };
}

/** `x ∘ y` of two values, one repeated to fit the other at the last axes. */
export function combined(call: Call, op: string, x: TfValue, y: TfValue): TfValue {
  const isMap = x.isMap || y.isMap;
  const rank = Math.max(x.rank, y.rank);
  const fits = (value: TfValue) => value.rank === 4 || value.rank === 0 || (value.isConstant && value.rank < 4);
  const isWritten = isMap && fits(x) && fits(y);
  const written = (value: TfValue) =>
    !isWritten
      ? call.plain(value)
      : value.isConstant
        ? call.besideMap(value)
        : value.rank === 0
          ? value.name
          : call.map(value);
  return {
    name: call.node(op, [written(x), written(y)]),
    rank,
    isMap: isWritten,
    sizes: null,
    isConstant: x.isConstant && y.isConstant,
  };
}

export function withNumber(call: Call, op: string, x: TfValue, value: number): TfValue {
  return { ...x, name: call.node(op, [x.name, call.float(value)]), sizes: null, flattened: undefined };
}

export function folded(call: Call, op: string, values: readonly TfValue[]): TfValue {
  const [first, ...rest] = values;
  if (first === undefined) throw new NotSupported('it has no inputs');
  return rest.reduce((sum, value) => combined(call, op, sum, value), first);
}

export function concatenated(call: Call, values: readonly TfValue[], axis: number): TfValue {
  const [first] = values;
  if (first === undefined) throw new NotSupported('it has no inputs');
  const isMap = values.some((value) => value.isMap);
  const like = { ...first, isMap };
  const parts = values.map((value) => (isMap ? call.map(value) : value.name));
  const name = call.node('Concat', parts, { axis: writtenAxis(like, axis) });
  return { name, rank: first.rank, isMap, sizes: null, isConstant: values.every((value) => value.isConstant) };
}

/** @param op `ReduceMean`, … @param axes of TensorFlow */
export function reduced(call: Call, op: string, x: TfValue, axes: readonly number[], keeps: boolean): TfValue {
  const positive = axes.map((axis) => (axis < 0 ? axis + x.rank : axis));
  const left = keeps ? x.rank : x.rank - positive.length;
  // Without the channels, or without height and width, both orders are the same.
  const isSameOrder = keeps || positive.includes(3) || (positive.includes(1) && positive.includes(2));
  const from = x.isMap && !isSameOrder ? { ...x, name: call.plain(x), isMap: false } : x;
  const written = call.integers(positive.map((axis) => writtenAxis(from, axis)));
  const name = call.node(op, [from.name, written], { keepdims: Number(keeps) });
  return { name, rank: left, isMap: from.isMap && keeps, sizes: null, isConstant: x.isConstant };
}

export function softmaxed(call: Call, op: string, x: TfValue, axis: number): TfValue {
  return pointwise(call, op, x, { axis: writtenAxis(x, axis) });
}

/** @param sizes as TensorFlow has them, `-1` for what is left */
export function reshaped(call: Call, x: TfValue, shape: string, rank: number, isFlat: boolean): TfValue {
  const name = call.node('Reshape', [call.plain(x), shape], { allowzero: 0 });
  const flattened = isFlat && x.isMap ? x.name : undefined;
  return { name, rank, isMap: false, sizes: null, isConstant: x.isConstant, flattened };
}

type Activation = (call: Call, x: TfValue) => TfValue;

const FUNCTIONS = [...pointwiseBy(({ keras = [] }) => keras)].map(([name, known]): [string, Activation] => {
  const { op, approximate } = POINTWISE[known].onnx!;
  return [name, (call, x) => pointwise(call, op, x, approximate === undefined ? {} : { approximate })];
});

/** As tfjs-layers names them (`src/activations.ts`). */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  ...Object.fromEntries(FUNCTIONS),
  hard_sigmoid: (call, x) => pointwise(call, 'HardSigmoid', x, { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  linear: (_, x) => x,
  log_softmax: (call, x) => softmaxed(call, 'LogSoftmax', x, -1),
  relu: (call, x) => pointwise(call, 'Relu', x),
  relu6: (call, x) => clipped(call, x, 0, 6),
  selu,
  silu: swish,
  softmax: (call, x) => softmaxed(call, 'Softmax', x, -1),
  swish,
};

/** @throws NotSupported for one that is not known */
export function activated(call: Call, name: string, x: TfValue): TfValue {
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation === undefined) throw new NotSupported(`its activation is ${name.slice(0, 100)}`);
  return activation(call, x);
}

function swish(call: Call, x: TfValue): TfValue {
  return combined(call, 'Mul', x, pointwise(call, 'Sigmoid', x));
}

/** `scale·elu(x, alpha)` */
export function selu(call: Call, x: TfValue): TfValue {
  return withNumber(call, 'Mul', pointwise(call, 'Elu', x, { alpha: { float: SELU_ALPHA } }), SELU_SCALE);
}
