/** Operators that make constants from sizes, change their type, or reduce them. */
import { log } from '../../../base/math/index.js';
import { type Reduction, referenceOutput } from '../../../graph/index.js';
import { DTYPES, kindOf } from '../file/tensor-proto.js';
import {
  axisOf,
  broadcastDims,
  broadcastIndices,
  type Constant,
  countOf,
  emptyConstant,
  Unfoldable,
} from './constant.js';
import { elementwise } from './elementwise.js';

/** TensorProto.DataType of whole numbers that no file here has as a tensor: uint16, uint32, uint64. */
const OTHER_INTS: readonly number[] = [4, 12, 13];

/** @param to TensorProto.DataType */
export function cast(x: Constant, to: number): Constant {
  const dtype = OTHER_INTS.includes(to) ? 'int64' : DTYPES[to];
  if (dtype === undefined) throw new Unfoldable(`a cast to type ${to}`);
  const kind = kindOf(dtype);
  if (kind === x.kind) return x;
  const made = emptyConstant(kind, x.dims);
  for (let i = 0; i < made.data.length; i++) {
    const value = x.data[i]!;
    made.data[i] = kind === 'bool' ? Number(value !== 0) : kind === 'int' ? Math.trunc(value) : value;
  }
  return made;
}

/** Weights of a file may be made so: of floats as many as of any constant. */
export function filled(dims: readonly number[], value: Constant): Constant {
  const made = emptyConstant(value.kind, dims, value.kind === 'float' ? undefined : 0);
  made.data.fill(value.data[0] ?? 0);
  return made;
}

export function range(start: Constant, limit: Constant, step: Constant): Constant {
  const [from, to, by] = [start.data[0]!, limit.data[0]!, step.data[0]!];
  const made = emptyConstant(start.kind, [Math.max(0, Math.ceil((to - from) / by))], 0);
  for (let i = 0; i < made.data.length; i++) made.data[i] = from + i * by;
  return made;
}

/** What is reduced and how, and what becomes of the result. */
interface ReductionOf {
  by: Reduction;
  of?: (x: number) => number;
  finish?: (result: number) => number;
}

const REDUCTIONS: Readonly<Record<string, ReductionOf>> = {
  ReduceSum: { by: 'sum' },
  ReduceMean: { by: 'mean' },
  ReduceL1: { by: 'l1' },
  ReduceL2: { by: 'l2' },
  ReduceSumSquare: { by: 'sum', of: (x) => x * x },
  ReduceLogSum: { by: 'sum', finish: log },
  ReduceProd: { by: 'prod' },
  ReduceMax: { by: 'max' },
  ReduceMin: { by: 'min' },
};

export function isReduction(op: string): boolean {
  return op in REDUCTIONS || op === 'ReduceLogSumExp';
}

/** @param axes null: all */
export function reduce(op: string, x: Constant, axes: readonly number[] | null, keepDims: boolean): Constant {
  if (op === 'ReduceLogSumExp') return logSumExp(x, axes, keepDims);
  if (x.data.length === 0 && x.kind !== 'float') throw new Unfoldable('it reduces nothing');
  const { by, of = (value) => value, finish = (value) => value } = REDUCTIONS[op]!;
  const reduced = axes?.map((axis) => axisOf(axis, x.dims.length)) ?? [...x.dims.keys()];
  const attrs = { function: by, axes: reduced, keepDims };
  const values = { shape: x.dims, data: Float64Array.from(x.data, of) };
  const { shape, data } = referenceOutput({ name: op, inputs: [], op: 'reduce', attrs }, [values], () => []);
  const made = emptyConstant(x.kind, shape);
  made.data.set(data.map(finish));
  return made;
}

/** `m + log Σ exp(x − m)`, where `m` is the largest value, so that nothing overflows. */
function logSumExp(x: Constant, axes: readonly number[] | null, keepDims: boolean): Constant {
  const largest = reduce('ReduceMax', x, axes, true);
  const exponentials = elementwise('Exp', [elementwise('Sub', [x, largest], false)], false);
  const sums = reduce('ReduceLogSum', exponentials, axes, keepDims);
  return elementwise('Add', [sums, { ...largest, dims: sums.dims }], false);
}

/** Products of matrices in the last two axes; axes before are repeated to fit. A vector is one row or column. */
export function matMul(a: Constant, b: Constant): Constant {
  if (a.dims.length === 1) return withoutAxis(matMul({ ...a, dims: [1, ...a.dims] }, b), b.dims.length === 1 ? -1 : -2);
  if (b.dims.length === 1) return withoutAxis(matMul(a, { ...b, dims: [...b.dims, 1] }), -1);
  const [rows = 0, inner = 0] = a.dims.slice(-2);
  const [inner2 = 0, columns = 0] = b.dims.slice(-2);
  if (a.dims.length < 2 || b.dims.length < 2 || inner !== inner2) throw new Unfoldable('not two matrices');
  const outer = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
  const made = emptyConstant('float', [...outer, rows, columns], a.data.length + b.data.length);
  const left = broadcastIndices(a.dims.slice(0, -2), outer);
  const right = broadcastIndices(b.dims.slice(0, -2), outer);
  const sums = new Float64Array(columns);
  for (let matrix = 0; matrix < left.length; matrix++) {
    const [x, y] = [left[matrix]! * rows * inner, right[matrix]! * inner * columns];
    for (let i = 0; i < rows; i++) {
      sums.fill(0);
      for (let k = 0; k < inner; k++) {
        const factor = a.data[x + i * inner + k]!;
        const row = y + k * columns;
        for (let j = 0; j < columns; j++) sums[j]! += factor * b.data[row + j]!;
      }
      made.data.set(sums, (matrix * rows + i) * columns);
    }
  }
  return made;
}

/** @param axis of one value, counted from the end */
function withoutAxis(x: Constant, axis: number): Constant {
  return { ...x, dims: x.dims.toSpliced(axis, 1) };
}

/**
 * Each value of `axis` is the sum of those up to it.
 * @param isExclusive whether a sum leaves out the value itself
 * @param isReverse whether sums begin at the end
 */
export function cumulativeSum(x: Constant, axis: number, isExclusive: boolean, isReverse: boolean): Constant {
  const at = axisOf(axis, x.dims.length);
  const length = x.dims[at] ?? 0;
  const inner = countOf(x.dims.slice(at + 1));
  const made = emptyConstant(x.kind, x.dims);
  for (let line = 0; line < made.data.length / Math.max(1, length); line++) {
    const start = Math.floor(line / inner) * length * inner + (line % inner);
    let sum = 0;
    for (let step = 0; step < length; step++) {
      const i = start + (isReverse ? length - 1 - step : step) * inner;
      const next = sum + x.data[i]!;
      made.data[i] = isExclusive ? sum : next;
      sum = next;
    }
  }
  return made;
}

/** The triangle above or below a diagonal of the last two axes. */
export function triangle(x: Constant, diagonal: number, isUpper: boolean): Constant {
  const columns = x.dims.at(-1) ?? 1;
  const rows = x.dims.at(-2) ?? 1;
  const made = { ...x, data: x.data.slice() };
  for (let i = 0; i < made.data.length; i++) {
    const offset = (i % columns) - (Math.floor(i / columns) % rows);
    if (isUpper ? offset < diagonal : offset > diagonal) made.data[i] = 0;
  }
  return made;
}

/** A batch norm of a constant (standardised weights), with its own statistics (training mode) or given ones; axis 1. */
export function batchNorm(
  [x, scale, shift, mean, variance]: readonly Constant[],
  epsilon: number,
  isTraining: boolean,
): Constant {
  const from = x!;
  const channels = from.dims[1] ?? 1;
  const inner = countOf(from.dims.slice(2));
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const average = (valueAt: (i: number) => number) => {
    const sums = new Float64Array(channels);
    from.data.forEach((_, i) => {
      sums[channelOf(i)]! += valueAt(i);
    });
    return sums.map((sum) => (sum * channels) / from.data.length);
  };
  const means = isTraining ? average((i) => from.data[i]!) : Float64Array.from(mean!.data);
  const spreads = isTraining ? average((i) => (from.data[i]! - means[channelOf(i)]!) ** 2) : variance!.data;
  const made = emptyConstant('float', from.dims);
  for (let i = 0; i < made.data.length; i++) {
    const c = channelOf(i);
    made.data[i] =
      ((from.data[i]! - means[c]!) / Math.sqrt(spreads[c]! + epsilon)) * (scale!.data[c] ?? 1) + (shift!.data[c] ?? 0);
  }
  return made;
}
