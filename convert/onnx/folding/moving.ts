/** Operators that move values of constants without changing them. */
import {
  axisOf,
  broadcastDims,
  broadcastIndices,
  type Constant,
  countOf,
  emptyConstant,
  pick,
  stridesOf,
  Unfoldable,
  walk,
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
  const places = walk(
    dims,
    perm.map((axis) => strides[axis]!),
    0,
  );
  return pick(x, dims, places);
}

/** `x` repeated to a shape; sizes of 1 in it stay as they are, as ONNX's Expand has it. */
export function expand(x: Constant, shape: readonly number[]): Constant {
  const dims = broadcastDims(x.dims, shape);
  if (dims.join() === x.dims.join()) return x;
  emptyConstant(x.kind, dims, x.data.length);
  return pick(x, dims, broadcastIndices(x.dims, dims));
}

export function tile(x: Constant, repeats: readonly number[]): Constant {
  return repeats.reduceRight((made, count, axis) => (count === 1 ? made : tiledAlong(made, axis, count)), x);
}

function tiledAlong({ kind, dims, data }: Constant, axis: number, count: number): Constant {
  const made = emptyConstant(kind, dims.with(axis, dims[axis]! * count), data.length);
  const block = countOf(dims.slice(axis));
  const all = block * count;
  for (let from = 0, to = 0; to < made.data.length; from += block, to += all) {
    made.data.set(data.subarray(from, from + block), to);
    // Twice as many each time: a block may be one value.
    for (let done = block; done < all; done *= 2) {
      made.data.copyWithin(to + done, to, to + Math.min(done, all - done));
    }
  }
  return made;
}

export function gather(x: Constant, indices: Constant, axis: number): Constant {
  const at = axisOf(axis, x.dims.length);
  const size = x.dims[at] ?? 0;
  const outer = countOf(x.dims.slice(0, at));
  const inner = countOf(x.dims.slice(at + 1));
  const dims = [...x.dims.slice(0, at), ...indices.dims, ...x.dims.slice(at + 1)];
  const made = emptyConstant(x.kind, dims, x.data.length + indices.data.length);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices.data) {
      const found = index < 0 ? index + size : index;
      if (!(found >= 0 && found < size)) throw new Unfoldable(`index ${index} of ${size}`);
      const start = (o * size + found) * inner;
      for (let i = 0; i < inner; i++) made.data[to++] = x.data[start + i]!;
    }
  }
  return made;
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

/** The values at these positions of each axis. */
export function select(x: Constant, positions: readonly (readonly number[])[]): Constant {
  const strides = stridesOf(x.dims);
  const dims = positions.map((axis) => axis.length);
  const made = emptyConstant(x.kind, dims);
  const index = new Array<number>(dims.length).fill(0);
  for (let i = 0; i < made.data.length; i++) {
    let at = 0;
    for (let axis = 0; axis < dims.length; axis++) at += strides[axis]! * positions[axis]![index[axis]!]!;
    made.data[i] = x.data[at]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < dims[axis]!) break;
      index[axis] = 0;
    }
  }
  return made;
}

export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap';

/**
 * With more values before and after each axis, or fewer where a number is negative.
 *
 * @param sides of each axis
 * @param value for `constant`
 */
export function pad(
  x: Constant,
  sides: readonly (readonly [number, number])[],
  mode: PadMode,
  value: number,
): Constant {
  const made = emptyConstant(
    x.kind,
    sides.map(([before, after], axis) => Math.max(0, before + x.dims[axis]! + after)),
    x.data.length,
  );
  const positions = sides.map(([before], axis) => {
    const size = x.dims[axis]!;
    if (mode !== 'constant' && size === 0) throw new Unfoldable('it repeats nothing');
    return Array.from({ length: made.dims[axis]! }, (_, i) => padPosition(i - before, size, mode));
  });
  const strides = stridesOf(x.dims);
  const index = new Array<number>(sides.length).fill(0);
  for (let i = 0; i < made.data.length; i++) {
    const places = positions.map((axis, n) => axis[index[n]!]!);
    const isInside = places.every((place) => place >= 0);
    made.data[i] = isInside ? x.data[places.reduce((at, place, n) => at + place * strides[n]!, 0)]! : value;
    for (let axis = made.dims.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < made.dims[axis]!) break;
      index[axis] = 0;
    }
  }
  return made;
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

/** Where the slice that the `n`th row of indices names begins in a tensor of `dims`. @throws Unfoldable if it lies outside */
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
