/** Where a file may use the size of the batch: as the size of the axis that has the images, and nowhere else. */

import type { OnnxNode } from '../file/onnx-model.js';
import { attributeOf } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { targetDims } from '../folding/fold.js';
import { filled } from '../folding/making.js';
import { expand, reshape, tile } from '../folding/moving.js';
import { dependsOnBatch, positionsOfBatch } from '../folding/other-batches.js';
import type { GraphBuilder } from './graph-builder.js';
import { type ComputedValue, NotSupported, rankOf, type Value } from './value.js';

/** Stands for a batch of any size: a prime that no layer has as its size. */
export const ANY_BATCH = 1009;

export const AS_NUMBER =
  'it computes with the number of images in a batch, so an image would get other values in another batch';

/** Which entry of a list of sizes or bounds is that of the axis with the batch. */
type EntryOfBatch = (x: ComputedValue, sizes: Constant, node: OnnxNode, inputs: readonly (Value | null)[]) => number;

const entryOfExpand: EntryOfBatch = (x, { data }) => x.batch + data.length - rankOf(x);

const entryOfSlice: EntryOfBatch = (x, { data }, _, inputs) => {
  const axes = inputs[3]?.kind === 'constant' ? [...inputs[3].constant.data] : [...data.keys()];
  return axes.map((axis) => (axis < 0 ? axis + rankOf(x) : axis)).indexOf(x.batch);
};

const entryOfResize: EntryOfBatch = (x, _, node) => (attributeOf(node, 'axes', 'ints') ?? [0]).indexOf(x.batch);

/** By operator and input. Where a Reshape has the batch is found from all its sizes. */
const SIZES: Readonly<Record<string, readonly (EntryOfBatch | null | undefined)[]>> = {
  Expand: [undefined, entryOfExpand],
  Reshape: [undefined, null],
  Resize: [undefined, undefined, undefined, entryOfResize],
  Slice: [undefined, entryOfSlice, entryOfSlice],
};

/** @throws NotSupported for an operator that reads the size of the batch as a number */
export function checkBatch(node: OnnxNode, inputs: readonly (Value | null)[]): void {
  const [x] = inputs;
  inputs.forEach((input, i) => {
    if (input?.kind !== 'constant' || !dependsOnBatch(input.constant)) return;
    const entry = x?.kind === 'computed' ? SIZES[node.op]?.[i] : undefined;
    if (entry === null || isView(node, x, input.constant)) return;
    const allowed = entry === undefined ? -1 : entry(x as ComputedValue, input.constant, node, inputs);
    const varying = positionsOfBatch(input.constant);
    if (varying?.every((position) => position === allowed) !== true) throw new NotSupported(AS_NUMBER);
  });
}

/** A view of all values as a list, which is how an exporter writes as_strided: `Gather` then only gives a shape. */
function isView({ op }: OnnxNode, x: Value | null | undefined, indices: Constant): boolean {
  if (op !== 'Gather' || x == null || rankOf(x) !== 1) return false;
  return [indices, ...(indices.others ?? [])].every(({ data }) => data.every((index, i) => index === i));
}

/** A message with `N` where it has the size that stands for any. */
export function withoutPlaceholder(message: string): string {
  return message.replace(/(?<![\w.:/-])\d+(?![\w.])/g, (digits) => {
    const times = Number(digits) / ANY_BATCH;
    return times === 0 || !Number.isInteger(times) ? digits : times === 1 ? 'N' : `${times}·N`;
  });
}

// Constants that a file repeats for each image of a batch (a class token). The graph has them once.

/** The value, or null for an operator of constants that does not do this. @param value of a ConstantOfShape */
export function repeatedForBatch(
  graph: GraphBuilder,
  node: OnnxNode,
  inputs: readonly (Value | null)[],
  value: Constant,
): Value | null {
  const { batchSize } = graph;
  if (batchSize === 1 || value.kind !== 'float') return null;
  const [first, second] = inputs.map((input) => (input?.kind === 'constant' ? input.constant : null));
  if (first == null || (node.op !== 'ConstantOfShape' && dependsOnBatch(first))) return null;
  const target = targetOf(node, first, second ?? null);
  const batch = target?.indexOf(batchSize) ?? -1;
  if (target == null || batch < 0 || sizeThere(node, first, target, batch) !== 1) return null;
  if (batchSize === ANY_BATCH && !isAloneOfBatch(node.op === 'ConstantOfShape' ? first : second!, target, batch))
    return null;
  const constant = onceOf(node, first, value, target.with(batch, 1));
  // A mask goes on being known: what is computed from it is a constant, too. It is repeated where it meets a value.
  if (first.kind !== 'float' && node.op !== 'ConstantOfShape') return { kind: 'constant', name: null, constant };
  const shape = constant.dims.toSpliced(batch, 1);
  return graph.parameter(reshape(constant, shape), node.outputs[0] ?? '', shape, { batch, merged: false });
}

/** Whether the entry of the batch, and no other one, depends on how many images it has. */
function isAloneOfBatch(sizes: Constant, target: readonly number[], batch: number): boolean {
  return positionsOfBatch(sizes)?.join() === `${batch - (target.length - sizes.data.length)}`;
}

/** The sizes that the operator makes; null for others. */
function targetOf({ op }: OnnxNode, first: Constant, second: Constant | null): number[] | null {
  if (op === 'ConstantOfShape') return [...first.data];
  if (second === null) return null;
  // What was computed from a known mask gets its batch back.
  if (op === 'Reshape') return first.dims[0] === 1 ? [...second.data] : null;
  if (op === 'Tile') return first.dims.map((size, axis) => size * (second.data[axis] ?? 1));
  if (op !== 'Expand') return null;
  const rank = Math.max(first.dims.length, second.data.length);
  const at = (sizes: ArrayLike<number>, axis: number) => sizes[axis - (rank - sizes.length)] ?? 1;
  return Array.from({ length: rank }, (_, axis) => Math.max(at(first.dims, axis), at(second.data, axis)));
}

/** How many values the constant has along the axis of the batch. */
function sizeThere({ op }: OnnxNode, { dims }: Constant, target: readonly number[], batch: number): number {
  if (op === 'Reshape') return batch === 0 ? 1 : 0;
  return op === 'ConstantOfShape' ? 1 : (dims[batch - (target.length - dims.length)] ?? 1);
}

function onceOf({ op }: OnnxNode, first: Constant, value: Constant, once: readonly number[]): Constant {
  if (op === 'Expand') return expand(first, once);
  if (op === 'Reshape') return reshape(first, targetDims(first.dims, once, false));
  if (op === 'ConstantOfShape') return filled(once, value);
  return tile(
    first,
    once.map((size, axis) => size / first.dims[axis]!),
  );
}
