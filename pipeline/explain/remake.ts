/** Embeds the baseline's images with causes applied. */
import {
  applyCauses,
  type CauseSetting,
  type Image,
  type PixelBatch,
  prepareBatch,
  withChannels,
} from '../../data/index.js';
import type { Matrix } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import type { BaselineImages } from './baseline-images.js';
import { ExplainError } from './explain-error.js';

/** The baseline's images as the network sees them. */
export interface Remade {
  embeddings: Matrix;
  scores: Matrix;
}

/** Seed of what is random in causes. */
export const CAUSE_SEED = 0;

/** @param onProgress called with the images that are done */
export async function remake(
  embedder: Embedder,
  baseline: BaselineImages,
  causes: readonly CauseSetting[],
  onProgress: (done: number) => void,
): Promise<Remade> {
  const rows = baseline.images.length;
  const classes = embedder.config.classes.length;
  const scores = new Float32Array(rows * classes);
  let embeddings = new Float32Array(0);
  let columns = 0;
  let done = 0;
  for await (const output of embedder.run(batches(embedder, baseline, causes))) {
    const [tap] = output.taps.values();
    if (tap === undefined || output.scores === null) throw new TypeError('a tap and the softmax are needed');
    columns = tap.data.length / output.rows;
    if (done === 0) embeddings = new Float32Array(rows * columns);
    embeddings.set(tap.data, done * columns);
    scores.set(output.scores, done * classes);
    done += output.rows;
    onProgress(done);
  }
  return { embeddings: { rows, columns, data: embeddings }, scores: { rows, columns: classes, data: scores } };
}

function* batches(
  embedder: Embedder,
  { images, where }: BaselineImages,
  causes: readonly CauseSetting[],
): Generator<PixelBatch, void, undefined> {
  const { preprocessing } = embedder.config;
  const ready = (image: Image, row: number) =>
    prepareBatch({ rows: 1, ...applyCauses(image, causes, CAUSE_SEED, row) }, preprocessing, where);
  const { height, width } = ready(images[0]!, 0);
  const size = embedder.batchSize(height, width);
  for (let first = 0; first < images.length; first += size) {
    const rows = Math.min(size, images.length - first);
    const data = new Uint8Array(rows * height * width * 3);
    for (let i = 0; i < rows; i++) {
      const image = ready(images[first + i]!, first + i);
      if (image.height !== height || image.width !== width) {
        const sizes = `${height} × ${width} and ${image.height} × ${image.width}`;
        throw new ExplainError('EXPLAIN_SIZES', `${where}: images of ${sizes} pixels, one size is needed`, {
          hint: 'Convert the model with --resize and --crop.',
        });
      }
      data.set(image.data, i * height * width * 3);
    }
    yield withChannels({ rows, height, width, data }, preprocessing.mean.length, where);
  }
}
