/** Images of an npz or npy file: prepared for the model in batches, and measured as they looked before. */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import {
  DEFAULT_IMAGE_URL_TEMPLATE,
  fileSetName,
  type ImageSet,
  imageSourceTo,
  type LabelledBatch,
  labelNames,
  openAnywhere,
  openImagesIn,
  pathOf,
  prepareBatch,
  preparedSize,
  withChannels,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { publicUrl } from '../../errors/index.js';
import { changed, lookColumns, looksOf, statisticsOf } from './change.js';
import type { EmbedInput, PreparedBatch } from './embed-input.js';
import type { EmbedImagesOptions } from './embed-options.js';
import { readAhead } from './read-ahead.js';
import { closing, remoteFiles } from './remote-files.js';
import { tellStage } from './stages.js';

/** Batches read in advance: while one is prepared, the next is ready and another is being read. */
const READ_AHEAD = 2;
/** Fewest images for a thread; starting one takes as long as embedding about as many. */
const LEAST_A_THREAD = 16;

/** @throws as `openImages` */
export async function openArrayInput(
  embedder: Embedder,
  path: string,
  options: EmbedImagesOptions,
): Promise<EmbedInput> {
  const channels = embedder.config.preprocessing.mean.length;
  const remote = remoteFiles(options);
  const file = await closing(remote, openAnywhere(path, remote));
  const images = await closing(remote, openImagesIn(file, { ...options, channels }));
  return {
    count: images.count,
    dataset: options.redactPaths ? basename(pathOf(path)) : fileSetName(path),
    imageUrl: DEFAULT_IMAGE_URL_TEMPLATE,
    hasLabels: images.labels !== null,
    hasTimestamps: options.timestamp !== undefined,
    columns: lookColumns(options),
    source(eventsPath) {
      if (options.transform || options.redactPaths || publicUrl(path) !== path) return null;
      return {
        file: imageSourceTo(path, eventsPath),
        array: images.array,
        layout: options.layout ?? 'nhwc',
        ...(channels === 4 ? { channels: 4 as const } : {}),
        ...(options.pixels && { pixels: options.pixels }),
        count: images.count,
        corruption: options.corruption ?? null,
      };
    },
    identity: async () => ({
      // What nobody knows is never the same.
      ...{ file: file.stamp ?? randomUUID(), array: images.array, layout: options.layout ?? 'nhwc' },
      ...(options.pixels && { pixels: options.pixels }),
      labels: images.labelsWhere === null ? 'none' : basename(images.labelsWhere),
    }),
    async *stamps() {},
    batches: (_, first) => preparedBatches(embedder, images, first, options),
    restore: async () => {},
    rejected: () => 0,
    close: () => images.close().finally(() => remote.close()),
  };
}

/** Yields all images in file order. @throws DataError */
async function* preparedBatches(
  embedder: Embedder,
  images: ImageSet,
  first: number,
  options: EmbedImagesOptions,
): AsyncGenerator<PreparedBatch, void, undefined> {
  const { classes, preprocessing } = embedder.config;
  const read = timed(images.batches(batchSize(embedder, images)));
  for await (const batch of readAhead(fromRow(read, first), READ_AHEAD)) {
    const start = performance.now();
    const seen = changed(batch, options);
    const { firstRow, labels } = batch;
    const sized = prepareBatch(seen, preprocessing, images.where);
    const { rows, height, width, data } = withChannels(sized, preprocessing.mean.length, images.where);
    const prepared = {
      rows,
      height,
      width,
      data,
      keys: Array.from({ length: rows }, (_, i) => firstRow + i),
      targets: labelNames(labels, classes, images.labelsWhere ?? images.where, firstRow),
      timestamps: new Array<number | null>(rows).fill(options.timestamp ?? null),
      statistics: statisticsOf(seen, options),
      carried: looksOf(seen, options),
      seen: firstRow + rows,
      turned: 0,
      rejected: [],
      stamps: [],
    };
    tellStage('prepare', start, batch.rows);
    yield prepared;
  }
}

/** The embedder's batch size, or less if the images are so few that some threads would get none. */
function batchSize(embedder: Embedder, images: ImageSet): number {
  const [height, width] = preparedSize(images, embedder.config.preprocessing, images.where);
  return fairBatchSize(embedder, images.count, height, width);
}

/** The same for `count` images of a size that they are prepared to. */
export function fairBatchSize(embedder: Embedder, count: number, height: number, width: number): number {
  return Math.min(embedder.batchSize(height, width), fairShare(embedder, count));
}

/** Images for each thread. */
export function fairShare({ threads }: Embedder, count: number): number {
  return Math.max(LEAST_A_THREAD, Math.ceil(count / Math.max(1, threads)));
}

/** What comes before is read, as an array may be compressed, and dropped. */
async function* fromRow(
  batches: AsyncIterable<LabelledBatch>,
  first: number,
): AsyncGenerator<LabelledBatch, void, undefined> {
  for await (const batch of batches) {
    const { firstRow, rows, data, fourth, labels } = batch;
    const skipped = first - firstRow;
    if (skipped <= 0) yield batch;
    else if (skipped < rows) {
      yield {
        ...batch,
        firstRow: first,
        rows: rows - skipped,
        data: data.subarray((data.length / rows) * skipped),
        fourth: fourth?.subarray((fourth.length / rows) * skipped),
        labels: labels.slice(skipped),
      };
    }
  }
}

async function* timed(batches: AsyncIterable<LabelledBatch>): AsyncGenerator<LabelledBatch, void, undefined> {
  let start = performance.now();
  for await (const batch of batches) {
    tellStage('read', start, batch.rows);
    yield batch;
    start = performance.now();
  }
}
