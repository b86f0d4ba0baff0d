/**
 * Values of an ONNX graph while it is imported: known ones, and those that the network computes.
 *
 * A graph of ours has no batch in its shapes, and computes every image alone. ONNX has the batch among the other sizes, and
 * may move it (`[3, N, heads, tokens, width]`) or multiply it (Swin's windows: `[N·64, 49, 96]`). So each computed value
 * remembers where its batch is.
 */
import type { Constant } from '../folding/constant.js';
import { NotSupported } from './not-supported.js';

export interface KnownValue {
  kind: 'constant';
  /** The name of the initialiser; null for a constant that was computed. */
  name: string | null;
  constant: Constant;
}

export interface ComputedValue {
  kind: 'computed';
  /** Name of the node that gives it. */
  node: string;
  /** For each image, as the graph has it. */
  shape: readonly number[];
  /** Which of ONNX's axes has the batch. */
  batch: number;
  /**
   * Whether that axis has other values beside the batch. They are then an axis of `shape`, at the same place. `slow`: all
   * values of an image lie together, as in Swin's windows; `fast`: those of all images do, as in PyTorch's attention.
   * `alone`: there is no batch at all, since this is a constant in the making.
   */
  merged: false | 'slow' | 'fast' | 'alone';
}

export type Value = KnownValue | ComputedValue;

/** The sizes as ONNX has them, for a batch of this size. */
export function dimsOf(value: Value, batchSize: number): readonly number[] {
  if (value.kind === 'constant') return value.constant.dims;
  const { shape, batch, merged } = value;
  if (merged === 'alone') return shape;
  return merged ? shape.with(batch, shape[batch]! * batchSize) : shape.toSpliced(batch, 0, batchSize);
}

export function rankOf(value: Value): number {
  if (value.kind === 'constant') return value.constant.dims.length;
  return value.shape.length + (value.merged ? 0 : 1);
}

/** ONNX's axis, counted from the first. */
export function positiveAxis(axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (found >= 0 && found < rank) return found;
  throw new NotSupported(`axis ${axis} of a value with ${rank} dimensions`);
}

/** The place in `shape` of one of ONNX's axes. @throws NotSupported for the axis of the batch */
export function placeOf(axis: number, value: ComputedValue): number {
  const at = positiveAxis(axis, rankOf(value));
  if (at === value.batch && value.merged !== 'alone') throw new NotSupported('it works along the axis of the batch');
  return at < value.batch || value.merged ? at : at - 1;
}

/** The same axis as the graph counts it, where axis 0 is the batch. */
export function graphAxis(axis: number, value: ComputedValue): number {
  return placeOf(axis, value) + 1;
}

/** A value with `[N, C, H, W]`, as maps are. */
export function isMap({ batch, merged, shape }: ComputedValue): boolean {
  return batch === 0 && !merged && shape.length === 3;
}
