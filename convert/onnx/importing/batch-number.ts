/** Where a file may use the size of the batch: as the size of the axis that has the images, and nowhere else. */

import { intsAttribute } from '../file/attributes.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { dependsOnBatch, positionsOfBatch } from '../folding/other-batches.js';
import { NotSupported } from './not-supported.js';
import { type ComputedValue, rankOf, type Value } from './value.js';

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

const entryOfResize: EntryOfBatch = (x, _, node) => (intsAttribute(node, 'axes') ?? [0]).indexOf(x.batch);

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
