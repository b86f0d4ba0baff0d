/** `x.mean(axes)`, `x.sum(axes)` and the like: all entries along some axes become one. */
import type { ModuleScope, Value, ValueShape } from './layer.js';
import { type Operation, only, placeOf, type Shape, sizeOf } from './operation.js';
import { permuted } from './permute.js';

/** `l1`, `l2`: the norms `Σ|x|` and `√Σx²`. */
export const REDUCTIONS = ['mean', 'sum', 'max', 'min', 'prod', 'l1', 'l2'] as const;
export type Reduction = (typeof REDUCTIONS)[number];

export interface ReduceAttrs {
  function: Reduction;
  /** From 1 on, the first after the batch. */
  axes: readonly number[];
  /** Whether the reduced axes stay, with size 1. */
  keepDims: boolean;
}

const FORMULAS: Readonly<Record<Reduction, (values: Float64Array) => number>> = {
  mean: (values) => sum(values) / values.length,
  sum,
  max: (values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  min: (values) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  prod: (values) => values.reduce((a, b) => a * b, 1),
  l1: (values) => sum(values.map(Math.abs)),
  l2: (values) => Math.sqrt(sum(values.map((value) => value * value))),
};

export const operation: Operation<'reduce', ReduceAttrs> = {
  op: 'reduce',
  outputShape(inputs, { axes, keepDims }) {
    const input = only(inputs);
    for (const axis of axes) placeOf(axis, input);
    return reducedShape(input, new Set(axes.map((axis) => axis - 1)), keepDims);
  },
  reference([x], { function: name, axes, keepDims }) {
    const reduced = new Set(axes);
    const all = x!.shape.map((_, axis) => axis);
    const kept = all.filter((axis) => !reduced.has(axis));
    const { data } = permuted(x!, [...kept, ...all.filter((axis) => reduced.has(axis))]);
    const shape = reducedShape(x!.shape, reduced, keepDims);
    const size = data.length / sizeOf(shape);
    const output = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
      FORMULAS[name](data.subarray(i * size, (i + 1) * size)),
    );
    return { shape, data: output };
  },
  // In opset 17, only the sum gets its axes as an input.
  onnx({ name: output, inputs: [x], constants }, { function: name, axes, keepDims }) {
    const keepdims = keepDims ? 1 : 0;
    if (name === 'sum') {
      return [{ op: 'ReduceSum', inputs: [x, constants.vector(axes)], output, attributes: { keepdims } }];
    }
    const op = `Reduce${name[0]!.toUpperCase()}${name.slice(1)}`;
    return [{ op, inputs: [x], output, attributes: { axes, keepdims } }];
  },
};

/** @param reduced places in `shape` */
function reducedShape(shape: Shape, reduced: ReadonlySet<number>, keepDims: boolean): Shape {
  if (keepDims) return shape.map((size, place) => (reduced.has(place) ? 1 : size));
  return shape.filter((_, place) => !reduced.has(place));
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

/** `x.mean(axes, keepDims)` in the `forward` of `module`. */
export function mean(
  module: ModuleScope,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
  value: ValueShape = {},
): Value {
  return module.functional('mean', operation, { function: 'mean', axes, keepDims }, [x], value);
}

/** `x.norm(2, axes, keepdim=True)` in the `forward` of `module`. */
export function l2Norm(module: ModuleScope, x: Value, axes: readonly number[]): Value {
  return module.functional('norm', operation, { function: 'l2', axes, keepDims: true }, [x], {});
}
