/** Plain loops over values of any number of dimensions, for the references of operations. */
import type { Shape, Values } from './operation.js';

export function sizeOf(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** How many values lie between neighbours along each axis, row-major. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Values of this shape, each computed from its position. `index` is one array, which changes between calls. */
export function generate(shape: Shape, valueAt: (index: readonly number[]) => number): Values {
  const data = new Float64Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    data[i] = valueAt(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** Gives the value at a position. An axis of size 1 has the same value everywhere. */
export function reader({ shape, data }: Values): (index: readonly number[]) => number {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return (index) => {
    let at = 0;
    for (let axis = 0; axis < strides.length; axis++) at += strides[axis]! * index[axis]!;
    return data[at]!;
  };
}

/** The values along one axis, one after another: where a line starts, and how far its values are apart. */
export interface Lines {
  /** Values in a line. */
  length: number;
  stride: number;
  starts: number[];
}

/** All lines along an axis of `shape`, which has the batch. */
export function linesAlong(shape: Shape, axis: number): Lines {
  const length = shape[axis]!;
  const stride = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const starts = Array.from({ length: outer }, (_, o) =>
    Array.from({ length: stride }, (_, i) => o * length * stride + i),
  );
  return { length, stride, starts: starts.flat() };
}
