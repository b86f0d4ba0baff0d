/** Images of an npz or npy file: prepared for the model in batches, and measured as they looked before. */
import { basename } from '#platform';
import { publicUrl } from '../../base/index.js';
import {
  type ArraySource,
  DEFAULT_IMAGE_URL_TEMPLATE,
  type DepthRange,
  fileSetName,
  type ImageSet,
  imageSourceTo,
  type LabelledBatch,
  labelNames,
  openAnywhere,
  openImagesIn,
  openPinned,
  type PinnedFile,
  pathOf,
  preparedSize,
  statisticNames,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { orderedMap } from '../../files/index.js';
import type { EmbedImagesOptions } from '../options/index.js';
import { type DepthFacts, DepthTally } from './depth-notices.js';
import { type EmbedInput, type PreparedBatch, refuseOptionsOfFiles } from './embed-input.js';
import { lookColumns } from './image-facts.js';
import { batchesAhead, imagesAtATime, Preparing, tellStage } from './queue.js';
import { closing, remoteFiles } from './remote-files.js';

export interface ArrayRange {
  first: number;
  images: number;
}

/** @param from path, URL or a plan's facts, which must hold @throws as `openImages`; `BAD_OPTION`, `SOURCE_CHANGED` */
export async function openArray(
  { config }: Pick<Embedder, 'config'>,
  from: string | PinnedFile,
  options: EmbedImagesOptions,
) {
  refuseOptionsOfFiles(typeof from === 'string' ? from : from.file, options);
  const channels = channelsOf(config);
  const { range } = config.preprocessing;
  const remote = remoteFiles(options);
  const opened = typeof from === 'string' ? openAnywhere(from, remote) : openPinned(from, remote);
  const file = await closing(remote, opened);
  const images = await closing(remote, openImagesIn(file, { ...options, channels, range }));
  return { images, stamp: file.stamp, close: () => images.close().finally(() => remote.close()) };
}

function channelsOf({ preprocessing }: Embedder['config']): number {
  return preprocessing.mean.length;
}

/** How a table names the array that its images are in. @param path as it was given */
export function namedArray(
  { config }: Pick<Embedder, 'config'>,
  path: string,
  { array, count }: ImageSet,
  { layout, pixels }: EmbedImagesOptions,
): Omit<ArraySource, 'corruption'> {
  return {
    file: path,
    array,
    layout: layout ?? 'nhwc',
    ...(channelsOf(config) === 4 ? { channels: 4 as const } : {}),
    ...(pixels && { pixels }),
    ...(config.preprocessing.range && { range: config.preprocessing.range }),
    count,
  };
}

export function arraySource(
  array: Omit<ArraySource, 'corruption'>,
  eventsPath: string,
  { corruption }: EmbedImagesOptions,
): ArraySource {
  return { ...array, file: imageSourceTo(array.file, eventsPath), corruption: corruption ?? null };
}

export async function openArrayInput(
  embedder: Embedder,
  from: string | PinnedFile,
  options: EmbedImagesOptions,
  range?: ArrayRange,
): Promise<EmbedInput> {
  const path = typeof from === 'string' ? from : from.file;
  const { images, stamp, close } = await openArray(embedder, from, options);
  const asked = range ?? { first: 0, images: images.count };
  const pixels = asked.images * images.height * images.width;
  const preparing = new Preparing(embedder, { pixels }, options);
  const depth = new DepthTally();
  return {
    count: asked.images,
    dataset: options.redactPaths ? basename(pathOf(path)) : fileSetName(path),
    imageUrl: DEFAULT_IMAGE_URL_TEMPLATE,
    hasLabels: images.labels !== null,
    hasTimestamps: options.timestamp !== undefined,
    columns: lookColumns(options),
    source(eventsPath) {
      if (options.transform || options.redactPaths || publicUrl(path) !== path) return null;
      return arraySource(namedArray(embedder, path, images, options), eventsPath, options);
    },
    identity: async () => ({
      // What nobody knows is never the same.
      ...{ file: stamp ?? crypto.randomUUID(), array: images.array, layout: options.layout ?? 'nhwc' },
      ...(options.pixels && { pixels: options.pixels }),
      labels: images.labelsWhere === null ? 'none' : basename(images.labelsWhere),
    }),
    async *stamps() {},
    batches: (done) => preparedBatches({ embedder, images, range: asked, done, preparing, depth, options }),
    reuse: (pixels) => preparing.reuse(pixels),
    restore: async (facts) => depth.merge(facts.depth),
    rejected: () => 0,
    commit: async () => {},
    async close() {
      await preparing.close();
      await close();
    },
  };
}

interface ArrayReading {
  embedder: Embedder;
  images: ImageSet;
  range: ArrayRange;
  /** Images that an earlier run has embedded. */
  done: number;
  preparing: Preparing;
  depth: DepthTally;
  options: EmbedImagesOptions;
}

async function* preparedBatches(reading: ArrayReading): AsyncIterable<PreparedBatch> {
  const { embedder, images, range, done, preparing, depth, options } = reading;
  const { classes, preprocessing } = embedder.config;
  const { first } = range;
  const columns = lookColumns(options);
  const size = imagesAtATime(embedder, range.images, images, preparedSize(images, preprocessing, images.where));
  const all = images.batches(size, first, first + range.images, (bytes) => preparing.room(bytes));
  const read = fromRow(timed(all), first + done);
  const ahead = batchesAhead(embedder, 3 * size * images.height * images.width);
  yield* orderedMap(read, ahead, async (batch) => {
    const start = performance.now();
    const { firstRow, labels, rows } = batch;
    const { pixels, ready } = await preparing.rows(batch, images.where);
    const cut = cutOffIn(batch);
    depth.merge(cut);
    const targets = labelNames(labels, classes, images.labelsWhere ?? images.where, firstRow);
    const facts = ready.then(({ statistics, looks }) => {
      tellStage('prepare', start, rows);
      return {
        keys: Array.from({ length: rows }, (_, i) => firstRow + i),
        targets,
        timestamps: new Array<number | null>(rows).fill(options.timestamp ?? null),
        statistics: statisticsByName(statistics, rows, preprocessing.range),
        carried: new Map(columns.map(({ name }, i) => [name, looks[i]!])),
        seen: firstRow + rows - first,
        ...{ turned: 0, depth: cut, rejected: [] },
      };
    });
    facts.catch(() => {});
    const { height, width, data } = pixels;
    return { rows, height, width, data, facts, stamps: [] };
  });
  for (const notice of depth.notices(preprocessing.range)) options.onNotice?.(notice);
}

function cutOffIn({ firstRow, cutOffs }: LabelledBatch): DepthFacts {
  const tally = new DepthTally();
  for (const [i, cutOff] of cutOffs?.entries() ?? []) tally.add(`row ${firstRow + i}`, { kept: null, cutOff });
  return tally.facts;
}

/** @param columns `[statisticNames, rows]`, or empty */
function statisticsByName(
  columns: Float32Array,
  rows: number,
  range: DepthRange | undefined,
): ReadonlyMap<string, Float32Array> {
  const names = columns.length === 0 ? [] : statisticNames(range);
  return new Map(names.map((name, i) => [name, columns.subarray(i * rows, (i + 1) * rows)]));
}

/** What comes before is read, as an array may be compressed, and dropped. */
async function* fromRow(batches: AsyncIterable<LabelledBatch>, first: number): AsyncIterable<LabelledBatch> {
  for await (const batch of batches) {
    const { firstRow, rows, data, fourth, cutOffs, labels } = batch;
    const skipped = first - firstRow;
    if (skipped <= 0) yield batch;
    else if (skipped < rows) {
      yield {
        ...batch,
        firstRow: first,
        rows: rows - skipped,
        data: data.subarray((data.length / rows) * skipped),
        fourth: fourth?.subarray((fourth.length / rows) * skipped),
        cutOffs: cutOffs?.subarray(skipped),
        labels: labels.slice(skipped),
      };
    }
  }
}

async function* timed(batches: AsyncIterable<LabelledBatch>): AsyncIterable<LabelledBatch> {
  let start = performance.now();
  for await (const batch of batches) {
    tellStage('read', start, batch.rows);
    yield batch;
    start = performance.now();
  }
}
