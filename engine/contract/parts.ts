/** Batches in parts that are computed at once, or filled up, and what comes out: joined, cut to its rows, checked. */
import { CodedError } from '../../base/index.js';
import { exp } from '../../base/math/index.js';
import type { ImageShape } from '../../graph/index.js';
import type { ModelConfig } from '../../weights/index.js';
import type { ImageBatch, ProgramOutputs, TapOutput } from './backend.js';
import { EngineError } from './engine-error.js';

export interface Chunk<T extends ImageBatch> {
  input: T;
  images: ImageBatch;
  /** Number of its first image in the stream. */
  first: number;
  isLast: boolean;
}

/**
 * A batch without images is one chunk, without any.
 * @param batchSize images of a size that are computed at once. It is asked for each batch: another engine may have
 *   taken over
 * @throws EngineError `BAD_BATCH`, `IMAGE_SIZE`, `IMAGE_TOO_SMALL`, `BATCH_TOO_LARGE`
 */
export async function* chunksOf<T extends ImageBatch>(
  batches: Iterable<T> | AsyncIterable<T>,
  config: ModelConfig,
  first: number,
  batchSize: (height: number, width: number) => number,
): AsyncGenerator<Chunk<T>> {
  let next = first;
  for await (const input of batches) {
    checkBatch(input, config, next);
    const { rows, height, width } = input;
    const size = batchSize(height, width);
    for (let from = 0; from < rows || from === 0; from += size) {
      const to = Math.min(from + size, rows);
      yield { input, images: rowsOf(input, from, to), first: next + from, isLast: to === rows };
    }
    next += rows;
  }
}

/** @throws EngineError `BAD_BATCH`, also for other sizes than its data; `IMAGE_SIZE` for another than the model's */
function checkBatch(batch: ImageBatch | null | undefined, { preprocessing }: ModelConfig, first: number): void {
  const bad = (what: string) => new EngineError('BAD_BATCH', `batch at image ${first}: ${what}`);
  if (typeof batch !== 'object' || batch === null) {
    const found = batch === null ? 'null' : typeof batch;
    throw bad(`${found}, an object with rows, height, width and data is needed`);
  }
  const { rows, height, width, data } = batch;
  for (const [name, value] of Object.entries({ rows, height, width })) {
    const least = name === 'rows' ? 0 : 1;
    if (!Number.isInteger(value) || value < least) throw bad(`${name} is ${value}, a whole number is needed`);
  }
  if (!(data instanceof Uint8Array)) throw bad('data is no Uint8Array');
  const channels = preprocessing.mean.length;
  const bytes = rows * height * width * channels;
  if (data.length !== bytes) {
    const [needed, found] = [bytes, data.length].map((count) => count.toLocaleString('en'));
    throw bad(`${rows} images of ${height}×${width}×${channels} are ${needed} bytes, data has ${found}`);
  }
  const { size } = preprocessing;
  if (size !== null && (size[0] !== height || size[1] !== width)) {
    const message = `batch at image ${first}: images of ${height}×${width}, the model takes ${size[0]}×${size[1]}`;
    throw new EngineError('IMAGE_SIZE', message, { hint: 'Resize them, as the preprocessing of the weights says.' });
  }
}

/** An error of a chunk, with its images. */
export function namingImages(error: unknown, first: number, rows: number): unknown {
  if (!(error instanceof CodedError)) return error;
  const images = rows === 1 ? `image ${first}` : `images ${first} to ${first + rows - 1}`;
  return new EngineError(error.code, `${images}: ${error.message}`, { hint: error.hint ?? undefined, cause: error });
}

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

/** Outputs of images `[from, to)` of `all`, as a view. */
export function outputsOf({ taps, scores }: ProgramOutputs, all: number, from: number, to: number): ProgramOutputs {
  const cut = (data: Float32Array) => data.subarray((data.length / all) * from, (data.length / all) * to);
  const kept = [...taps].map(([name, { shape, data }]): [string, TapOutput] => {
    return [name, { shape: [to - from, ...shape.slice(1)], data: cut(data) }];
  });
  return { taps: new Map(kept), scores: scores && cut(scores) };
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

export interface NamedOutputs {
  /** Images in the batch. */
  rows: number;
  /** As asked for, in the same order; `[rows, channels, height, width]` or `[rows, features]`. */
  taps: ReadonlyMap<string, TapOutput>;
  /** Softmax, `[rows, classes]`; null when not asked for. */
  scores: Float32Array | null;
}

/** @throws EngineError `OUTPUT_NOT_FINITE`, with image numbers from `first`: finite weights can overflow float32 */
export function checkFinite({ taps, scores, rows }: NamedOutputs, first: number): void {
  const all = [...taps].map(([name, { data }]) => [name, data] as const);
  for (const [name, data] of scores === null ? all : [...all, ['scores', scores] as const]) {
    const index = firstNotFinite(data);
    if (index < 0) continue;
    const image = first + Math.floor(index / (data.length / rows));
    throw new EngineError('OUTPUT_NOT_FINITE', `image ${image} gave ${data[index]} at ${name}`, {
      hint: 'The weights overflow float32; were they trained with this mean and std?',
    });
  }
}

/** -1 if all are finite. It is a loop because it runs for every value of every image. */
function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // Infinity - Infinity and NaN - NaN are NaN.
    if (value - value !== 0) return i;
  }
  return -1;
}

export function emptyOutputs(
  shapes: ReadonlyMap<string, ImageShape>,
  tapNodes: ReadonlyMap<string, string>,
  scores: boolean,
): NamedOutputs {
  const taps = [...tapNodes].map(([name, node]) => {
    return [name, { shape: [0, ...shapes.get(node)!], data: new Float32Array(0) }] as const;
  });
  return { rows: 0, taps: new Map(taps), scores: scores ? new Float32Array(0) : null };
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
      const exponential = exp(row[i]! - largest);
      exponentials[i] = exponential;
      sum += exponential;
    }
    for (let i = 0; i < classes; i++) scores[start + i] = exponentials[i]! / sum;
  }
  return scores;
}

/** `1 / (1 + exp(-x))` of each value. */
export function sigmoids(logits: Float32Array): Float32Array {
  return logits.map((value) => 1 / (1 + exp(-value)));
}

/** Where two engines differ most. */
export interface Difference {
  /** Name of the layer, or `scores`. */
  of: string;
  /** As `relativeError`; null if a value is NaN or infinite. */
  error: number | null;
}

/** Engines that sum in other orders differ by some 1e-6. */
const AGREED = 1e-5;

export function agrees({ error }: Difference): boolean {
  return error !== null && error <= AGREED;
}

export function largestDifference(actual: ProgramOutputs, expected: ProgramOutputs): Difference {
  const errors = [...expected.taps].map(([of, { data }]) => ({
    of,
    error: relativeError(actual.taps.get(of)!.data, data),
  }));
  if (expected.scores !== null) errors.push({ of: 'scores', error: relativeError(actual.scores!, expected.scores) });
  const rank = (error: number) => (Number.isFinite(error) ? error : Number.POSITIVE_INFINITY);
  const { of, error } = errors.reduce((worst, one) => (rank(one.error) > rank(worst.error) ? one : worst));
  return { of, error: Number.isFinite(error) ? error : null };
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
