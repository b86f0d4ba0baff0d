/** Cuts a batch into parts and joins their outputs. Fills a batch up and removes the added rows from its outputs. */
import type { ImageBatch, ProgramOutputs, TapOutput } from './backend.js';

/** Rows `[from, to)`, as a view. */
export function rowsOf({ rows, height, width, data }: ImageBatch, from: number, to: number): ImageBatch {
  const bytes = data.length / Math.max(1, rows);
  return { rows: to - from, height, width, data: data.subarray(from * bytes, to * bytes) };
}

/** Computes at most `size` images at a time. */
export async function runInParts(
  images: ImageBatch,
  size: number,
  run: (part: ImageBatch) => Promise<ProgramOutputs>,
): Promise<ProgramOutputs> {
  if (images.rows <= size) return run(images);
  const parts: ProgramOutputs[] = [];
  for (let from = 0; from < images.rows; from += size) {
    parts.push(await run(rowsOf(images, from, Math.min(from + size, images.rows))));
  }
  return joinOutputs(parts);
}

/** Concatenates outputs of equal row shapes. */
export function joinOutputs(parts: readonly ProgramOutputs[]): ProgramOutputs {
  const [first] = parts;
  if (first === undefined) throw new Error('There are no outputs to join.');
  if (parts.length === 1) return first;
  const taps = [...first.taps].map(([name, { shape }]): [string, TapOutput] => {
    const outputs = parts.map((part) => part.taps.get(name)!);
    const rows = outputs.reduce((sum, output) => sum + output.shape[0]!, 0);
    return [name, { shape: [rows, ...shape.slice(1)], data: concat(outputs.map(({ data }) => data)) }];
  });
  return { taps: new Map(taps), scores: first.scores && concat(parts.map((part) => part.scores!)) };
}

/** Appends black images, up to `to` rows. */
export function padRows({ rows, height, width, data }: ImageBatch, to: number): ImageBatch {
  if (rows >= to) return { rows, height, width, data };
  const padded = new Uint8Array(to * (data.length / Math.max(1, rows)));
  padded.set(data);
  return { rows: to, height, width, data: padded };
}

/** Outputs of the first `rows` images, as a view. */
export function firstRows({ taps, scores }: ProgramOutputs, rows: number): ProgramOutputs {
  const cut = (data: Float32Array, all: number) => data.subarray(0, (data.length / all) * rows);
  let all = rows;
  const kept = [...taps].map(([name, { shape, data }]): [string, TapOutput] => {
    all = shape[0]!;
    return [name, { shape: [rows, ...shape.slice(1)], data: cut(data, all) }];
  });
  return { taps: new Map(kept), scores: scores && cut(scores, all) };
}

function concat(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  return all;
}

/** Softmax of `[rows, classes]` over the classes: `exp(x_i - max) / Σ exp(x_j - max)`, summed in float64. */
export function softmax(logits: Float32Array, classes: number): Float32Array {
  const scores = new Float32Array(logits.length);
  const exponentials = new Float64Array(classes);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    let largest = Number.NEGATIVE_INFINITY;
    for (const value of row) if (value > largest) largest = value;
    let sum = 0;
    for (let i = 0; i < classes; i++) {
      const exponential = Math.exp(row[i]! - largest);
      exponentials[i] = exponential;
      sum += exponential;
    }
    for (let i = 0; i < classes; i++) scores[start + i] = exponentials[i]! / sum;
  }
  return scores;
}

/** The largest absolute difference to `expected`, over its largest value. `actual` may have more values. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return largest === 0 ? difference : difference / largest;
}
