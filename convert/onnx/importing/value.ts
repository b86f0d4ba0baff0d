/** What a file asks for and the graph cannot have. All of it is listed at once. */
import { printable } from '../../../base/index.js';
import { ConvertError } from '../../convert-error.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';

/** Thrown while one operator is imported; the reason goes into the list. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported';
}

interface Problem {
  /** Operator, with its domain if it is not ONNX's own. */
  operator: string;
  /** Why not; null: the operator is not known. */
  reason: string | null;
  count: number;
  first: string;
}

/** How many kinds of problems are told. No network has as many; a file that was made to have more is cut off. */
const MAX_TOLD = 100;
/** Characters of a reason, which may have names and lists of the file in it. */
const MAX_REASON = 300;

export class Problems {
  readonly #found = new Map<string, Problem>();
  readonly #word: (reason: string) => string;

  /** @param word how a reason is said */
  constructor(word: (reason: string) => string) {
    this.#word = word;
  }

  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  /** @param reason null: the operator is not known */
  add(node: OnnxNode, reason: string | null): void {
    const operator = operatorName(node);
    const told = reason === null ? null : printable(this.#word(reason.slice(0, MAX_REASON)));
    const key = `${operator}: ${told}`;
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, { operator, reason: told, count: 1, first: nodeName(node) });
    else known.count += 1;
  }

  error(label: string): ConvertError {
    const problems = [...this.#found.values()];
    const told = problems.slice(0, MAX_TOLD).map(({ operator, reason, count, first }) => {
      const why = reason === null ? '' : `: ${reason}`;
      return `${operator} (${count.toLocaleString('en')} ×, first ${first})${why}`;
    });
    const rest = problems.slice(MAX_TOLD);
    const restNodes = rest.reduce((sum, { count }) => sum + count, 0);
    const more =
      rest.length === 0
        ? ''
        : `; and ${rest.length.toLocaleString('en')} more kinds (${restNodes.toLocaleString('en')} nodes)`;
    const message = `${label}: has operators that are not supported: ${told.join('; ')}${more}`;
    const hint =
      'A tap before them does without them: --tap NAME. image-drift inspect FILE --taps lists the names. ' +
      'For a size that is not fixed, give --size.';
    return new ConvertError('ONNX_NOT_SUPPORTED', message, { hint });
  }
}

/** With its domain, if it is not ONNX's own. */
export function operatorName({ op, domain, writtenAs }: OnnxNode): string {
  return printable((writtenAs ?? (domain === '' ? op : `${domain}.${op}`)).slice(0, 100));
}

/** Its name, or that of its output. */
export function nodeName({ name, outputs }: Pick<OnnxNode, 'name' | 'outputs'>): string {
  return printable((name === '' ? (outputs[0] ?? '') : name).slice(0, 200));
}

// Values of an ONNX graph while it is imported: known ones, and those that the network computes. Our shapes have no
// batch. ONNX may move it (`[3, N, heads, tokens, width]`) or multiply it (Swin's `[N·64, 49, 96]`), so each value says
// where it is.

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
   * Whether that axis has other values beside the batch, as an axis of `shape` at the same place. `slow`: an image's
   * values lie together, as in Swin's windows; `fast`: those of all images do, as in PyTorch's attention. `alone`: a
   * constant in the making, without a batch.
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
