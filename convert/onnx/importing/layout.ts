/** Operators that move values: what they do to the batch, and what is left for the graph to do. */
import type { GraphBuilder } from './graph-builder.js';
import { NotSupported } from './not-supported.js';
import { type ComputedValue, dimsOf } from './value.js';

/**
 * A value in another shape. The batch must stay between the same values: what is before it, and what is after it.
 *
 * @param target the sizes as ONNX has them
 */
export function reshaped(
  graph: GraphBuilder,
  value: ComputedValue,
  target: readonly number[],
  name: string,
): ComputedValue {
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
 * The axis that has the batch, and how many values of the axis itself lie before it. Sizes of 1 are no obstacle: the first
 * axis that can have the batch is taken. For a batch of one image several axes may fit; rows of a matrix are then positions
 * of one image.
 *
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

/**
 * One change of the shape after another is one, or none. Flattening into one dimension is an operation that holds for every
 * image size.
 */
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
export function transposed(
  graph: GraphBuilder,
  value: ComputedValue,
  perm: readonly number[],
  name: string,
): ComputedValue {
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
