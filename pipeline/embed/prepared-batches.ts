/** Prepares the images of a file for the model, and measures how they looked before. */
import {
  corruptBatch,
  type ImageSet,
  imageStatistics,
  type LabelledBatch,
  prepareBatch,
  preparedSize,
  withChannels,
} from '../../data/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';
import type { EmbedImagesOptions } from './embed-options.js';
import { readAhead } from './read-ahead.js';
import { tellStage } from './stages.js';

/** An image batch at the model's size, with row numbers, labels and statistics of its images. */
export interface PreparedBatch extends ImageBatch, Pick<LabelledBatch, 'firstRow' | 'labels'> {
  /** Statistics by name, `[rows]` each; empty if they were not asked for. */
  statistics: ReadonlyMap<string, Float32Array>;
}

/** Batches read in advance: while one is prepared, the next is ready and another is being read. */
const READ_AHEAD = 2;
/** Fewest images for a thread; starting one takes as long as embedding about as many. */
const LEAST_A_THREAD = 16;
const NO_STATISTICS: ReadonlyMap<string, Float32Array> = new Map();

/** Yields all images in file order. @throws DataError */
export async function* preparedBatches(
  embedder: Embedder,
  images: ImageSet,
  options: EmbedImagesOptions,
): AsyncGenerator<PreparedBatch, void, undefined> {
  const { preprocessing } = embedder.config;
  for await (const batch of readAhead(timed(images.batches(batchSize(embedder, images))), READ_AHEAD)) {
    const start = performance.now();
    const changed = change(batch, options);
    const statistics = (options.statistics ?? true) ? imageStatistics(changed) : NO_STATISTICS;
    const { firstRow, labels } = batch;
    const sized = prepareBatch(changed, preprocessing, images.where);
    const { rows, height, width, data } = withChannels(sized, preprocessing.mean.length, images.where);
    const prepared = { rows, height, width, data, firstRow, labels, statistics };
    tellStage('prepare', start, batch.rows);
    yield prepared;
  }
}

/** The embedder's batch size, or less if the images are so few that some threads would get none. */
function batchSize(embedder: Embedder, images: ImageSet): number {
  const [height, width] = preparedSize(images, embedder.config.preprocessing, images.where);
  const share = Math.ceil(images.count / Math.max(1, embedder.threads));
  return Math.min(embedder.batchSize(height, width), Math.max(LEAST_A_THREAD, share));
}

async function* timed(batches: AsyncIterable<LabelledBatch>): AsyncGenerator<LabelledBatch, void, undefined> {
  let start = performance.now();
  for await (const batch of batches) {
    tellStage('read', start, batch.rows);
    yield batch;
    start = performance.now();
  }
}

function change(batch: LabelledBatch, { corruption, transform }: EmbedImagesOptions): LabelledBatch {
  const { firstRow } = batch;
  const corrupted = corruption
    ? { ...batch, ...corruptBatch(batch, corruption.name, { seed: corruption.seed, firstRow }) }
    : batch;
  return transform ? transform(corrupted) : corrupted;
}
