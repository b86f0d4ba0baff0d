/** Operators that move values of constants without changing them. */
import { stridesOf, walk } from '../../dtype.js';
import {
  axisOf,
  broadcastDims,
  type Constant,
  countOf,
  emptyConstant,
  repeatedTo,
  select,
  Unfoldable,
} from './constant.js';

export function reshape(x: Constant, dims: readonly number[]): Constant {
  if (countOf(dims) !== x.data.length) {
    throw new Unfoldable(`[${x.dims.join(', ')}] cannot have the shape [${dims.join(', ')}]`);
  }
  return { ...x, dims };
}

export function transpose(x: Constant, perm: readonly number[]): Constant {
  const strides = stridesOf(x.dims);
  const isPermutation = perm.length === x.dims.length && new Set(perm).size === perm.length;
  if (!isPermutation || perm.some((axis) => strides[axis] === undefined)) {
    throw new Unfoldable(`[${x.dims.join(', ')}] cannot be transposed by [${perm.join(', ')}]`);
  }
  const dims = perm.map((axis) => x.dims[axis]!);
  const made = emptyConstant(x.kind, dims);
  const steps = perm.map((axis) => strides[axis]!);
  walk(dims, steps, (at, i) => {
    made.data[i] = x.data[at]!;
  });
  return made;
}

/** `x` repeated to a shape; sizes of 1 in it stay as they are, as ONNX's Expand has it. */
export function expand(x: Constant, shape: readonly number[]): Constant {
  return repeatedTo(x, broadcastDims(x.dims, shape));
}

export function tile(x: Constant, repeats: readonly number[]): Constant {
  if (repeats.length > x.dims.length) throw new Unfoldable(`${repeats.length} repeats of ${x.dims.length} axes`);
  const dims = x.dims.map((size, axis) => size * (repeats[axis] ?? 1));
  return dims.join() === x.dims.join() ? x : select(x, dims, (i, axis) => i % x.dims[axis]!, x.data.length);
}

export function gather(x: Constant, indices: Constant, axis: number): Constant {
  const at = axisOf(axis, x.dims.length);
  const size = x.dims[at] ?? 0;
  const found = indices.data.map((index) => (index < 0 ? index + size : index));
  const beyond = found.findIndex((index) => !(index >= 0 && index < size));
  if (beyond >= 0) throw new Unfoldable(`index ${indices.data[beyond]} of ${size}`);
  const dims = x.dims.toSpliced(at, 1, found.length);
  const from = x.data.length + found.length;
  const taken = select(x, dims, (i, each) => (each === at ? found[i]! : i), from);
  return { ...taken, dims: x.dims.toSpliced(at, 1, ...indices.dims) };
}

export function concat(parts: readonly Constant[], axis: number): Constant {
  const [first] = parts as readonly [Constant];
  const at = axisOf(axis, first.dims.length);
  const fits = parts.every(
    ({ dims }) => dims.length === first.dims.length && dims.every((size, i) => i === at || size === first.dims[i]),
  );
  if (!fits) throw new Unfoldable('parts of different shapes');
  const length = parts.reduce((sum, { dims }) => sum + dims[at]!, 0);
  const made = emptyConstant(
    first.kind,
    first.dims.with(at, length),
    Math.max(...parts.map(({ data }) => data.length)),
  );
  const outer = countOf(first.dims.slice(0, at));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const { data } of parts) {
      const size = data.length / outer;
      made.data.set(data.subarray(o * size, (o + 1) * size), to);
      to += size;
    }
  }
  return made;
}

/** One axis of a slice: the positions that are taken, in order. */
export function slicePositions(size: number, start: number, end: number, step: number): number[] {
  if (step === 0) throw new Unfoldable('a slice of step 0');
  const from = clamp(start < 0 ? start + size : start, 0, step > 0 ? size : size - 1);
  const to = clamp(end < 0 ? end + size : end, step > 0 ? 0 : -1, size);
  const positions: number[] = [];
  if (step > 0) for (let i = from; i < to; i += step) positions.push(i);
  // An end before the first value means that the first is taken, too.
  else for (let i = from; i > (end < -size ? -1 : to); i += step) positions.push(i);
  return positions;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap';

/** With more values before and after each axis, or fewer where a number is negative. @param value for `constant` */
export function pad(x: Constant, sides: readonly (readonly [number, number])[], mode: PadMode, value: number) {
  const dims = sides.map(([before, after], axis) => Math.max(0, before + x.dims[axis]! + after));
  if (mode !== 'constant' && x.dims.includes(0)) throw new Unfoldable('it repeats nothing');
  const position = (i: number, axis: number) => padPosition(i - sides[axis]![0], x.dims[axis]!, mode);
  return select(x, dims, position, x.data.length, value);
}

/** Which value of an axis stands at a position that may lie outside; -1: none. */
function padPosition(at: number, size: number, mode: PadMode): number {
  if (at >= 0 && at < size) return at;
  if (mode === 'constant') return -1;
  if (mode === 'edge') return at < 0 ? 0 : size - 1;
  const period = mode === 'wrap' ? size : Math.max(1, 2 * (size - 1));
  const inside = ((at % period) + period) % period;
  return inside < size ? inside : period - inside;
}

/** The slices that `indices[…, :]` name the beginnings of. @param batchDims axes in front that both share */
export function gatherNd(x: Constant, indices: Constant, batchDims: number): Constant {
  const depth = indices.dims.at(-1) ?? 0;
  const shared = x.dims.slice(0, batchDims);
  const fits = batchDims >= 0 && batchDims < indices.dims.length && depth + batchDims <= x.dims.length;
  if (!fits || shared.join() !== indices.dims.slice(0, batchDims).join())
    throw new Unfoldable('indices that do not fit');
  const own = x.dims.slice(batchDims);
  const inner = countOf(own.slice(depth));
  const made = emptyConstant(x.kind, [...indices.dims.slice(0, -1), ...own.slice(depth)]);
  const rows = countOf(indices.dims.slice(batchDims, -1));
  for (let n = 0; n * inner < made.data.length; n++) {
    const at = Math.floor(n / rows) * countOf(own) + beginning(own, indices, n);
    made.data.set(x.data.subarray(at, at + inner), n * inner);
  }
  return made;
}

/** How a value and what is scattered onto it become one, by the name of the reduction. */
const SCATTERED: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: Math.max,
  min: Math.min,
};

/** `x` with slices replaced, or changed: `indices[…, :]` names the beginning of each. */
export function scatterNd(x: Constant, indices: Constant, updates: Constant, reduction: string): Constant {
  const depth = indices.dims.at(-1) ?? 0;
  const inner = countOf(x.dims.slice(depth));
  const made = { ...x, data: x.data.slice() };
  const count = depth === 0 ? 0 : indices.data.length / depth;
  const changed = Object.hasOwn(SCATTERED, reduction) ? SCATTERED[reduction] : undefined;
  if (changed === undefined) throw new Unfoldable(`its reduction is ${reduction.slice(0, 100)}`);
  if (depth > x.dims.length || updates.data.length !== count * inner) throw new Unfoldable('updates that do not fit');
  for (let n = 0; n < count; n++) {
    const at = beginning(x.dims, indices, n);
    for (let i = 0; i < inner; i++) made.data[at + i] = changed(made.data[at + i]!, updates.data[n * inner + i]!);
  }
  return made;
}

/** Where the slice at the `n`th row of indices begins in a tensor of `dims`. @throws Unfoldable if it lies outside */
function beginning(dims: readonly number[], indices: Constant, n: number): number {
  const depth = indices.dims.at(-1) ?? 0;
  const strides = stridesOf(dims);
  let at = 0;
  for (let axis = 0; axis < depth; axis++) {
    const index = indices.data[n * depth + axis]!;
    const found = index < 0 ? index + dims[axis]! : index;
    if (!(found >= 0 && found < dims[axis]!)) throw new Unfoldable(`index ${index} of ${dims[axis]}`);
    at += found * strides[axis]!;
  }
  return at;
}
