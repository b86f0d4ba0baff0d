/**
 * The images of a drill: a random sample of a file at the model's size. It is kept in memory and corrupted again and
 * again.
 */
import {
  type DecodeOptions,
  decodeImage,
  entryPlace,
  type ImageEntry,
  type ImageListing,
  type ImageSet,
  type ImageSetOptions,
  isImageArray,
  type LabelledBatch,
  labelName,
  labelNames,
  openAnywhere,
  openImagesIn,
  openListing,
  type PixelBatch,
  prepareBatch,
  preparedSize,
  type RemoteFiles,
  withChannels,
} from '../../data/index.js';
import type { DriftBatch } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { CodedError, shown } from '../../errors/index.js';
import { Random } from '../../random/index.js';
import { isRejection, remoteFiles } from '../embed/index.js';
import { DrillError } from './drill-error.js';

/** Largest size of the sample: 7,000 images of 224 × 224, which take an hour on two cores. */
const MAX_BYTES = 2 ** 30;
/** Random stream that chooses the images. Windows use the streams above it. */
export const SAMPLE_STREAM = 0;

export interface DrillImages {
  /** Pixels in the order of the file. */
  pixels: PixelBatch;
  /** `[rows]`: class names, null without a label; null where there are no labels at all. */
  targets: readonly (string | null)[] | null;
  where: string;
}

export interface SampleOptions extends ImageSetOptions, DecodeOptions {
  limit: number;
  seed: number;
  imageColumn?: string | undefined;
  /** Folder in which files of URLs are kept. Default: nothing is kept. */
  cache?: string | undefined;
  onNotice?: ((text: string) => void) | undefined;
}

/**
 * All images of a source, or `limit` of them, each equally likely.
 *
 * @throws DataError, FileError; DrillError `DRILL_TOO_LARGE`
 */
export async function sampleImages(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
): Promise<DrillImages> {
  checkModel(embedder);
  const remote = remoteFiles(options);
  try {
    return (await isImageArray(inputs))
      ? await sampleArray(embedder, inputs[0]!, options, remote)
      : await sampleFiles(embedder, inputs, options, remote);
  } finally {
    await remote.close();
  }
}

async function sampleArray(
  embedder: Embedder,
  path: string,
  options: SampleOptions,
  remote: RemoteFiles,
): Promise<DrillImages> {
  const images = await openImagesIn(await openAnywhere(path, remote), options);
  try {
    const { preprocessing, classes } = embedder.config;
    const { where, labelsWhere } = images;
    const [height, width] = preparedSize(images, preprocessing, where);
    const rows = Math.min(options.limit, images.count);
    checkMemory(images, rows, height * width * 3);
    const chosen = Random.stream(options.seed, SAMPLE_STREAM).sample(images.count, rows).sort();
    const pixels = { rows, height, width, data: new Uint8Array(rows * height * width * 3) };
    const targets: (string | null)[] = [];
    for await (const batch of images.batches(embedder.batchSize(height, width))) {
      const picked = rowsIn(batch, chosen.subarray(targets.length));
      const { data } = prepareBatch(takeImages(batch, picked), preprocessing, where);
      pixels.data.set(data, targets.length * height * width * 3);
      const names = labelNames(batch.labels, classes, labelsWhere ?? where, batch.firstRow);
      targets.push(...picked.map((row) => names[row] ?? null));
      if (targets.length === rows) break;
    }
    return { pixels, targets: images.labels === null ? null : targets, where };
  } finally {
    await images.close();
  }
}

/** Images that cannot be used are left out, and told. */
async function sampleFiles(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
  remote: RemoteFiles,
): Promise<DrillImages> {
  const { classes } = embedder.config;
  const { labels, imageColumn } = options;
  const listing = await openListing(inputs, { labels, classes, imageColumn, remote });
  try {
    const rows = Math.min(options.limit, listing.count);
    const chosen = new Set(Random.stream(options.seed, SAMPLE_STREAM).sample(listing.count, rows));
    const taken: PixelBatch[] = [];
    const targets: (string | null)[] = [];
    const broken: CodedError[] = [];
    let row = 0;
    for await (const entry of listing.entries()) {
      if (!chosen.has(row++)) continue;
      const target = labelName(entry.label, classes, entryPlace(listing, entry));
      const image = await preparedFile(embedder, listing, entry, options);
      if (image instanceof CodedError) broken.push(image);
      else {
        checkMemory(listing, rows, image.data.length);
        taken.push(image);
        targets.push(target);
      }
    }
    if (broken.length > 0) options.onNotice?.(leftOut(listing, broken, taken.length));
    return { pixels: joined(taken), targets: listing.labels === null ? null : targets, where: listing.where };
  } finally {
    await listing.close();
  }
}

async function preparedFile(
  { config: { preprocessing } }: Embedder,
  listing: ImageListing,
  entry: ImageEntry,
  options: DecodeOptions,
): Promise<PixelBatch | CodedError> {
  const where = entryPlace(listing, entry);
  try {
    const orientation = options.orientation ?? preprocessing.orientation;
    const image = await decodeImage(await entry.read(), where, { ...options, orientation });
    return prepareBatch({ rows: 1, ...image }, preprocessing, where);
  } catch (error) {
    if (isRejection(error)) return error;
    throw error;
  }
}

/** @throws the first error where no image is left */
function leftOut({ where }: ImageListing, broken: readonly CodedError[], left: number): string {
  const [first] = broken as [CodedError];
  if (left === 0) throw first;
  return `${shown(where)}: ${broken.length} of ${broken.length + left} images cannot be used; the first: ${first.message}`;
}

/** Images of one size as one batch. @throws DrillError `DRILL_SIZES` */
function joined(images: readonly PixelBatch[]): PixelBatch {
  const [first] = images as [PixelBatch, ...PixelBatch[]];
  const { height, width } = first;
  const data = new Uint8Array(images.length * first.data.length);
  for (const [i, image] of images.entries()) {
    if (image.height !== height || image.width !== width) {
      const sizes = `${height} × ${width} and ${image.height} × ${image.width}`;
      throw new DrillError('DRILL_SIZES', `images of ${sizes} pixels: a drill needs images of one size`, {
        hint: 'Convert the model with --resize and --crop.',
      });
    }
    data.set(image.data, i * first.data.length);
  }
  return { rows: images.length, height, width, data };
}

/** Corruptions are of pictures, and are judged by the classes. */
function checkModel({ config: { classes, preprocessing } }: Embedder): void {
  if (preprocessing.mean.length > 3) {
    throw new DrillError(
      'DRILL_MODEL',
      `the model takes ${preprocessing.mean.length} channels, corruptions are of RGB`,
    );
  }
  if (classes.length === 0) {
    throw new DrillError('DRILL_MODEL', 'the model has no head: a drill compares class scores, too', {
      hint: 'Convert the checkpoint with its head.',
    });
  }
}

function checkMemory({ where }: Pick<ImageSet, 'where'>, rows: number, bytes: number): void {
  if (rows * bytes <= MAX_BYTES) return;
  const [found, most] = [rows.toLocaleString('en'), Math.floor(MAX_BYTES / bytes).toLocaleString('en')];
  throw new DrillError('DRILL_TOO_LARGE', `${where}: ${found} images of ${bytes} bytes to drill, at most ${most} fit`, {
    hint: 'Take fewer with --limit: windows are never larger than 1,000 rows by default.',
  });
}

/**
 * Finds the wanted row numbers in a batch. `wanted` ascends and has none below the batch.
 *
 * @returns their places in the batch
 */
function rowsIn({ firstRow, rows }: LabelledBatch, wanted: Uint32Array): number[] {
  const beyond = wanted.findIndex((row) => row >= firstRow + rows);
  return Array.from(beyond === -1 ? wanted : wanted.subarray(0, beyond), (row) => row - firstRow);
}

function takeImages({ height, width, data }: PixelBatch, rows: readonly number[]): PixelBatch {
  const bytes = height * width * 3;
  const taken = new Uint8Array(rows.length * bytes);
  for (const [i, row] of rows.entries()) taken.set(data.subarray(row * bytes, (row + 1) * bytes), i * bytes);
  return { rows: rows.length, height, width, data: taken };
}

/** Changes a few images; `firstRow` is the number of the first of them. */
export type Change = (batch: PixelBatch, firstRow: number) => PixelBatch;

/** Embeddings and scores of all images after the change. */
export async function embedRows(
  embedder: Embedder,
  images: DrillImages,
  change: Change,
  onProgress: (rows: number) => void,
): Promise<DriftBatch> {
  const {
    targets,
    pixels: { rows },
  } = images;
  const classes = embedder.config.classes.length;
  const scores = new Float32Array(rows * classes);
  let embeddings = new Float32Array(0);
  let columns = 0;
  let done = 0;
  for await (const output of embedder.run(parts(embedder, images, change))) {
    const [tap] = output.taps.values();
    if (tap === undefined || output.scores === null) throw new TypeError('a drill needs a tap and the softmax');
    columns = tap.data.length / output.rows;
    if (done === 0) embeddings = new Float32Array(rows * columns);
    embeddings.set(tap.data, done * columns);
    scores.set(output.scores, done * classes);
    done += output.rows;
    onProgress(output.rows);
  }
  return {
    embeddings: { rows, columns, data: embeddings },
    scores: { rows, columns: classes, data: scores },
    targets,
  };
}

function* parts(
  embedder: Embedder,
  { pixels: { rows, height, width, data }, where }: DrillImages,
  change: Change,
): Generator<PixelBatch, void, undefined> {
  const channels = embedder.config.preprocessing.mean.length;
  const size = embedder.batchSize(height, width);
  const bytes = height * width * 3;
  for (let first = 0; first < rows; first += size) {
    const last = Math.min(first + size, rows);
    const part = { rows: last - first, height, width, data: data.subarray(first * bytes, last * bytes) };
    yield withChannels(change(part, first), channels, where);
  }
}
