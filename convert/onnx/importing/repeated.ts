/**
 * Constants that a file repeats for each image of a batch (a class token, position embeddings). The graph has them once, since
 * each of its values belongs to one image.
 */
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { filled } from '../folding/making.js';
import { expand, reshape, tile } from '../folding/moving.js';
import { dependsOnBatch, positionsOfBatch } from '../folding/other-batches.js';
import { ANY_BATCH } from './batch-number.js';
import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './value.js';

/**
 * The value, or null for an operator of constants that does not do this.
 *
 * @param value of a ConstantOfShape
 */
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
  const once = target.with(batch, 1);
  const constant = onceOf(node, first, value, once);
  // A mask goes on being known: what is computed from it is a constant, too. It is repeated where it meets a value.
  if (first.kind !== 'float' && node.op !== 'ConstantOfShape') return { kind: 'constant', name: null, constant };
  const shape = once.toSpliced(batch, 1);
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
  if (op === 'Tile') return first.dims.map((size, axis) => size * (second.data[axis] ?? 1));
  if (op !== 'Expand') return null;
  const rank = Math.max(first.dims.length, second.data.length);
  const at = (sizes: ArrayLike<number>, axis: number) => sizes[axis - (rank - sizes.length)] ?? 1;
  return Array.from({ length: rank }, (_, axis) => Math.max(at(first.dims, axis), at(second.data, axis)));
}

/** How many values the constant has along the axis of the batch. */
function sizeThere({ op }: OnnxNode, { dims }: Constant, target: readonly number[], batch: number): number {
  return op === 'ConstantOfShape' ? 1 : (dims[batch - (target.length - dims.length)] ?? 1);
}

function onceOf({ op }: OnnxNode, first: Constant, value: Constant, once: readonly number[]): Constant {
  if (op === 'Expand') return expand(first, once);
  if (op === 'ConstantOfShape') return filled(once, value);
  return tile(
    first,
    once.map((size, axis) => size / first.dims[axis]!),
  );
}
