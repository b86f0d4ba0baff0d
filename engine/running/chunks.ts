/** Cuts a stream of batches into parts that an engine computes at once. */
import { CodedError } from '../../base/index.js';
import type { ModelConfig } from '../../weights/index.js';
import type { ImageBatch } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';
import { rowsOf } from '../contract/outputs.js';

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
