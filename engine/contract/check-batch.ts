/** Checks a batch of images before any engine gets it. */
import type { ModelConfig } from '../../weights/index.js';
import type { ImageBatch } from './backend.js';
import { EngineError } from './engine-error.js';

/**
 * @param first number of the batch's first image in its stream, for messages
 * @throws EngineError `BAD_BATCH` for what is no batch, for sizes that are not whole numbers, or data whose length does not match them;
 *   `IMAGE_SIZE` for images of a size that the model does not take
 */
export function checkBatch(batch: ImageBatch | null | undefined, { preprocessing }: ModelConfig, first: number): void {
  if (typeof batch !== 'object' || batch === null) {
    const found = batch === null ? 'null' : typeof batch;
    throw new EngineError(
      'BAD_BATCH',
      `batch at image ${first}: ${found}, an object with rows, height, width and data is needed`,
    );
  }
  const { rows, height, width, data } = batch;
  const counts: [string, number, number][] = [
    ['rows', rows, 0],
    ['height', height, 1],
    ['width', width, 1],
  ];
  for (const [name, value, least] of counts) {
    if (!Number.isInteger(value) || value < least) {
      throw new EngineError('BAD_BATCH', `batch at image ${first}: ${name} is ${value}, a whole number is needed`);
    }
  }
  if (!(data instanceof Uint8Array)) {
    throw new EngineError('BAD_BATCH', `batch at image ${first}: data is no Uint8Array`);
  }
  const channels = preprocessing.mean.length;
  const bytes = rows * height * width * channels;
  if (data.length !== bytes) {
    throw new EngineError(
      'BAD_BATCH',
      `batch at image ${first}: ${rows} images of ${height}×${width}×${channels} are ${bytes.toLocaleString('en')} ` +
        `bytes, data has ${data.length.toLocaleString('en')}`,
    );
  }
  const { size } = preprocessing;
  if (size !== null && (size[0] !== height || size[1] !== width)) {
    throw new EngineError(
      'IMAGE_SIZE',
      `batch at image ${first}: images of ${height}×${width}, the model takes ${size[0]}×${size[1]}`,
      { hint: 'Resize them, as the preprocessing of the weights says.' },
    );
  }
}
