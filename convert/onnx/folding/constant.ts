/** Values that are known when a file is converted: weights, sizes, indices. */
import { ConvertError } from '../../convert-error.js';
import { stridesOf } from '../../dtype.js';

export interface Constant {
  kind: 'float' | 'int' | 'bool';
  dims: readonly number[];
  /** Row-major: float32 for `float`, whole numbers in float64 for the others. Never written to. */
  data: Float32Array | Float64Array;
  /** The same for batches of other sizes, where it depends on that (`other-batches.ts`). */
  others?: readonly Constant[] | undefined;
}

/** Values that one folded operator may make: 512 MiB as float32. */
const MAX_FOLDED = 2 ** 27;
/** Values that an operator may make of fewer: a chain of such operators doubles what it has at each step. */
const MAX_GROWN = 2 ** 25;

/**
 * A constant of zeros, to be filled.
 * @param from how many values it is made from, for an operator that makes more of few
 * @throws ConvertError `ONNX_TOO_LARGE`
 */
export function emptyConstant(
  kind: Constant['kind'],
  dims: readonly number[],
  from: number = Number.POSITIVE_INFINITY,
): Constant {
  const count = countOf(dims);
  const most = Math.min(MAX_FOLDED, Math.max(MAX_GROWN, from));
  if (!(count <= most) || dims.some((size) => !Number.isInteger(size) || size < 0)) {
    const message =
      `a constant of the graph would have the shape [${dims.slice(0, 8).join(', ')}]; at most ` +
      `${most.toLocaleString('en')} values are computed`;
    throw new ConvertError('ONNX_TOO_LARGE', message);
  }
  return { kind, dims: [...dims], data: kind === 'float' ? new Float32Array(count) : new Float64Array(count) };
}

export function integers(values: readonly number[]): Constant {
  return { kind: 'int', dims: [values.length], data: Float64Array.from(values) };
}

export function scalar(kind: Constant['kind'], value: number): Constant {
  return { kind, dims: [], data: kind === 'float' ? Float32Array.of(value) : Float64Array.of(value) };
}

export function countOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** Axis `-1` is the last. @throws Unfoldable for an axis that is not there */
export function axisOf(axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(found) || found < 0 || found >= Math.max(rank, 1)) {
    throw new Unfoldable(`axis ${axis} of ${rank} dimensions`);
  }
  return found;
}

/** The shape that both sides are repeated to. @throws Unfoldable if they do not fit each other */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [left, right] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1];
    if (left !== right && left !== 1 && right !== 1) {
      throw new Unfoldable(`[${a.join(', ')}] and [${b.join(', ')}] do not fit each other`);
    }
    return left === 1 ? right : left;
  });
}

/** A constant repeated to a shape that it fits. @param from how many values its operator reads */
export function repeatedTo(x: Constant, dims: readonly number[], from: number = x.data.length): Constant {
  if (x.dims.join() === dims.join()) return x;
  const own = [...new Array<number>(dims.length - x.dims.length).fill(1), ...x.dims];
  return select({ ...x, dims: own }, dims, (i, axis) => (own[axis] === 1 ? 0 : i), from);
}

/** Where the value for each position of `dims` lies in a constant that is repeated to it. */
export function broadcastIndices(from: readonly number[], dims: readonly number[]): ArrayLike<number> {
  const data = Float64Array.from({ length: countOf(from) }, (_, i) => i);
  return repeatedTo({ kind: 'int', dims: from, data }, dims, Number.POSITIVE_INFINITY).data;
}

/**
 * The values at some positions of each axis.
 * @param dims of the result, with as many axes as `x`
 * @param position where the `i`th value of an axis lies; below 0: `value` is there
 * @param from as of `emptyConstant`
 */
export function select(
  x: Constant,
  dims: readonly number[],
  position: (i: number, axis: number) => number,
  from?: number,
  value = 0,
): Constant {
  const made = emptyConstant(x.kind, dims, from);
  if (made.data.length === 0) return made;
  const strides = stridesOf(x.dims);
  const positions = dims.map((size, axis) => {
    // `Int32Array.from` takes many times as long.
    const own = new Int32Array(size);
    for (let i = 0; i < size; i++) own[i] = position(i, axis);
    return own;
  });
  // The last axis is not among the places: they would be as many as the values.
  const columns = positions.pop() ?? new Int32Array(1);
  const rows = positions.reduce<Int32Array>(
    (before, own, axis) => placesOf(before, own, strides[axis]!),
    new Int32Array(1),
  );
  let to = 0;
  for (const row of rows) {
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      made.data[to++] = row < 0 || column < 0 ? value : x.data[row + column]!;
    }
  }
  return made;
}

/** Where the values of one more axis lie; -1 where there is none. */
function placesOf(before: Int32Array, positions: Int32Array, stride: number): Int32Array {
  const after = new Int32Array(before.length * positions.length);
  let to = 0;
  for (const start of before) {
    for (const at of positions) after[to++] = start < 0 || at < 0 ? -1 : start + at * stride;
  }
  return after;
}

/** An operator that the file applies in a way that it does not allow. */
export class Unfoldable extends Error {
  override readonly name = 'Unfoldable';
}
