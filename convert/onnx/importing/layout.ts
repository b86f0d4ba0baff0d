/** Operators that move values: what they do to the batch, and what is left for the graph to do. */
import { commonRank, type GraphBuilder } from './graph-builder.js';
import { type ComputedValue, dimsOf, NotSupported, rankOf, type Value } from './value.js';

/** A value in another shape, of ONNX's sizes. The batch must stay between the same values. */
export function reshaped(graph: GraphBuilder, value: ComputedValue, target: readonly number[], name: string) {
  const { batchSize } = graph;
  const dims = dimsOf(value, batchSize);
  if (product(dims) !== product(target)) {
    throw new NotSupported(`[${dims.join(', ')}] cannot have the shape [${target.join(', ')}]`);
  }
  if (value.merged === 'alone') return inShape(graph, value, target, value, name);
  const outer = value.merged === 'fast' ? value.shape[value.batch]! : 1;
  const { batch, before } = batchAxis(target, product(dims.slice(0, value.batch)) * outer, batchSize);
  const factor = target[batch]! / batchSize;
  const merged = factor === 1 ? false : before > 1 ? 'fast' : 'slow';
  const shape = merged ? target.with(batch, factor) : target.toSpliced(batch, 1);
  return inShape(graph, value, shape, { batch, merged }, name);
}

/**
 * The axis that has the batch, and how many values of the axis itself lie before it: the first that can have it,
 * whatever sizes of 1 there are. In a batch of one image, rows of a matrix are then positions of one image.
 * @param values how many lie before the batch
 */
function batchAxis(target: readonly number[], values: number, batchSize: number): { batch: number; before: number } {
  const fitting: { batch: number; before: number; inside: number }[] = [];
  let prefix = 1;
  for (let axis = 0; axis < target.length && prefix <= values; axis++) {
    const before = values / prefix;
    const inside = target[axis]! / (before * batchSize);
    if (Number.isInteger(before) && Number.isInteger(inside)) fitting.push({ batch: axis, before, inside });
    prefix *= target[axis]!;
  }
  const plain = fitting.find(({ before, inside }) => before === 1 && inside === 1);
  const slow = fitting.find(({ before }) => before === 1);
  const fast = fitting.find(({ before, inside }) => before > 1 && inside === 1);
  const found = plain ?? (target.length > 2 ? (slow ?? fast) : (fast ?? slow));
  if (found === undefined) throw new NotSupported('it mixes the images of a batch');
  return found;
}

/** Joins changes of the shape, to one or none. Flattening into one dimension holds for every image size. */
export function inShape(
  graph: GraphBuilder,
  value: ComputedValue,
  shape: readonly number[],
  layout: Pick<ComputedValue, 'batch' | 'merged'>,
  name: string,
): ComputedValue {
  if (shape.join() === value.shape.join()) return { ...value, ...layout };
  const before = graph.nodeOf(value);
  if (before?.op === 'reshape' || before?.op === 'flatten') {
    return inShape(graph, graph.valueOf(before.inputs[0]!, layout), shape, layout, name);
  }
  if (shape.length === 1) return graph.add(name, { op: 'flatten' }, [value], {}, layout);
  return graph.add(name, { op: 'reshape', attrs: { shape } }, [value], {}, layout);
}

/** @param perm ONNX's: axis `i` of the output is axis `perm[i]` of the input */
export function transposed(graph: GraphBuilder, value: ComputedValue, perm: readonly number[], name: string) {
  const batch = perm.indexOf(value.batch);
  const { merged } = value;
  const moved = merged ? perm : perm.filter((axis) => axis !== value.batch);
  // As the graph counts axes: from 1, without the batch.
  const axes = moved.map((axis) => (axis < value.batch || merged ? axis + 1 : axis));
  return permuted(graph, value, axes, { batch, merged }, name);
}

/** Two permutations that follow each other are one, or none. @param axes of the graph, from 1 on */
function permuted(
  graph: GraphBuilder,
  value: ComputedValue,
  axes: readonly number[],
  layout: Pick<ComputedValue, 'batch' | 'merged'>,
  name: string,
): ComputedValue {
  if (axes.every((axis, i) => axis === i + 1)) return { ...value, ...layout };
  // Axes of one value may stand anywhere: then all values stay where they are.
  const long = axes.filter((axis) => value.shape[axis - 1] !== 1);
  if (long.every((axis, i) => i === 0 || axis > long[i - 1]!)) {
    const shape = axes.map((axis) => value.shape[axis - 1]!);
    return inShape(graph, value, shape, layout, name);
  }
  const before = graph.nodeOf(value);
  if (before?.op === 'permute') {
    const source = graph.valueOf(before.inputs[0]!, layout);
    const all = axes.map((axis) => before.attrs.axes[axis - 1]!);
    return permuted(graph, source, all, layout, name);
  }
  return graph.add(name, { op: 'permute', attrs: { axes } }, [value], {}, layout);
}

/** Where the batch is after these of ONNX's axes are dropped. */
export function withoutAxes(value: ComputedValue, axes: readonly number[]): Pick<ComputedValue, 'batch' | 'merged'> {
  return { batch: value.batch - axes.filter((axis) => axis < value.batch).length, merged: value.merged };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** The operands with the same number of dimensions; ONNX aligns them at their last axes. At least one is computed. */
export function aligned(graph: GraphBuilder, values: readonly Value[], name: string): ComputedValue[] {
  const rank = commonRank(values);
  const computed = values.filter((value) => value.kind === 'computed').map((value) => padded(graph, value, rank, name));
  const [first] = computed as [ComputedValue];
  if (computed.some(({ batch, merged }) => batch !== first.batch || merged !== first.merged)) {
    throw new NotSupported('its inputs have the batch in different axes');
  }
  return values.map((value, i) =>
    value.kind === 'computed'
      ? computed.shift()!
      : constantBeside(graph, value, first, rank, `${name}:constant ${i + 1}`),
  );
}

/** With axes of one value in front, until it has this many. */
function padded(graph: GraphBuilder, value: ComputedValue, rank: number, name: string): ComputedValue {
  const missing = rank - rankOf(value);
  if (missing === 0) return value;
  const shape = [...new Array<number>(missing).fill(1), ...value.shape];
  const batch = value.batch + missing;
  return inShape(graph, value, shape, { batch, merged: value.merged }, `${name}:padded`);
}

/** @param like the value that it is combined with, which has `rank` axes in ONNX */
function constantBeside(
  graph: GraphBuilder,
  { constant, name }: Extract<Value, { kind: 'constant' }>,
  like: ComputedValue,
  rank: number,
  otherwise: string,
): ComputedValue {
  const dims = [...new Array<number>(rank - constant.dims.length).fill(1), ...constant.dims];
  const { batch, merged } = like;
  if (!merged && dims[batch] !== 1) throw new NotSupported('it has a constant for each image of a batch');
  const shape = merged ? dims : dims.toSpliced(batch, 1);
  return graph.parameter(constant, name ?? otherwise, shape, { batch, merged });
}
