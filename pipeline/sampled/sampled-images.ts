/** A random sample of the images of any source, kept for commands that change it again and again. */
import { CodedError, publicUrl, Random, shown } from '../../base/index.js';
import {
  decodeImage,
  entryPlace,
  type Image,
  type ImageListing,
  type ImageSet,
  imagesOf,
  isImageArray,
  labelName,
  labelNames,
  openAnywhere,
  openImagesIn,
  openListing,
  type PixelBatch,
  type RemoteFiles,
} from '../../data/index.js';
import type { Matrix } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { isRejection, refuseOptionsOfArrays, refuseOptionsOfFiles, remoteFiles } from '../embed/index.js';
import type { ImageOptions } from '../options/index.js';

/** Random stream that chooses the images. */
export const SAMPLE_STREAM = 0;
/** Images of an array that are read at once. */
const READ_AT_ONCE = 256;

export interface SampleOptions extends ImageOptions {
  /** How many images at most. */
  limit: number;
  seed: number;
}

export interface Sampled<T> {
  /** In the order of the source. */
  images: T[];
  /** `[images]`: class names, null without a label; null where there are no labels at all. */
  targets: (string | null)[] | null;
  /** How errors name the images. */
  where: string;
}

type Size = Pick<Image, 'height' | 'width'>;

/** What is kept of each image. */
interface Keep<T extends Size> {
  /** Makes it. What it throws for a bad image leaves that image out. */
  image(image: Image, where: string): T | Promise<T>;
  /** Called before images are kept, with how many there will be, and the size of one. May throw. */
  check(rows: number, image: Size, where: string): void;
}

/**
 * All images of a source, or `limit` of them, each equally likely. Files that cannot be used are left out, and told.
 *
 * @throws DataError, FileError, and what `keep.check` throws
 */
export async function sampledImages<T extends Size>(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
  keep: Keep<T>,
): Promise<Sampled<T>> {
  const isArray = await isImageArray(inputs);
  if (isArray) refuseOptionsOfFiles(inputs[0]!, options);
  else refuseOptionsOfArrays(publicUrl(inputs[0] ?? ''), options);
  const remote = remoteFiles(options);
  try {
    return isArray
      ? await sampleArray(embedder, inputs[0]!, options, keep, remote)
      : await sampleFiles(embedder, inputs, options, keep, remote);
  } catch (error) {
    // What was being fetched may end with an error of its own.
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    await remote.close();
  }
}

async function sampleArray<T extends Size>(
  embedder: Embedder,
  path: string,
  options: SampleOptions,
  keep: Keep<T>,
  remote: RemoteFiles,
): Promise<Sampled<T>> {
  const set = await openImagesIn(await openAnywhere(path, remote), options);
  try {
    const rows = Math.min(options.limit, set.count);
    const chosen = new Set(Random.stream(options.seed, SAMPLE_STREAM).sample(set.count, rows));
    const images: T[] = [];
    const targets: (string | null)[] = [];
    for await (const batch of set.batches(READ_AT_ONCE)) {
      const names = labelNames(batch.labels, embedder.config.classes, labelsPlace(set), batch.firstRow);
      let row = 0;
      for (const image of imagesOf(batch)) {
        options.signal?.throwIfAborted();
        if (chosen.has(batch.firstRow + row)) {
          const kept = await keep.image({ ...image, data: image.data.slice() }, set.where);
          if (images.length === 0) keep.check(rows, kept, set.where);
          images.push(kept);
          targets.push(names[row] ?? null);
        }
        row++;
      }
      if (images.length === rows) break;
    }
    return { images, targets: set.labels === null ? null : targets, where: set.where };
  } finally {
    await set.close();
  }
}

function labelsPlace({ where, labelsWhere }: ImageSet): string {
  return labelsWhere ?? where;
}

async function sampleFiles<T extends Size>(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
  keep: Keep<T>,
  remote: RemoteFiles,
): Promise<Sampled<T>> {
  const { classes, preprocessing } = embedder.config;
  const { labels, imageColumn } = options;
  const decoding = { ...options, orientation: options.orientation ?? preprocessing.orientation };
  const listing = await openListing(inputs, { labels, classes, imageColumn, remote });
  try {
    const rows = Math.min(options.limit, listing.count);
    const chosen = new Set(Random.stream(options.seed, SAMPLE_STREAM).sample(listing.count, rows));
    const images: T[] = [];
    const targets: (string | null)[] = [];
    const broken: CodedError[] = [];
    let row = 0;
    for await (const entry of listing.entries()) {
      options.signal?.throwIfAborted();
      if (!chosen.has(row++)) continue;
      const where = entryPlace(listing, entry);
      const target = labelName(entry.label, classes, where);
      const image = await usable(async () => keep.image(await decodeImage(await entry.read(), where, decoding), where));
      if (image instanceof CodedError) broken.push(image);
      else {
        keep.check(rows, image, listing.where);
        images.push(image);
        targets.push(target);
      }
    }
    if (broken.length > 0) options.onNotice?.(leftOut(listing, broken, images.length));
    return { images, targets: listing.labels === null ? null : targets, where: listing.where };
  } finally {
    await listing.close();
  }
}

/** The image, or why there is none. */
async function usable<T extends Size>(make: () => Promise<T>): Promise<T | CodedError> {
  try {
    return await make();
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

/** Embeddings and scores of images that are kept in memory. */
export interface EmbeddedAll {
  embeddings: Matrix;
  scores: Matrix;
}

/**
 * @param embedder of one tap, with classes
 * @param rows of all batches together
 * @param onProgress called with how many more are done, and how many in all
 */
export async function embedAll(
  embedder: Embedder,
  batches: Iterable<PixelBatch> | AsyncIterable<PixelBatch>,
  rows: number,
  onProgress: (rows: number, done: number) => void,
): Promise<EmbeddedAll> {
  const classes = embedder.config.classes.length;
  const scores = new Float32Array(rows * classes);
  let embeddings = new Float32Array(0);
  let columns = 0;
  let done = 0;
  for await (const output of embedder.run(batches)) {
    const [tap] = output.taps.values();
    if (tap === undefined || output.scores === null) throw new TypeError('a tap and the softmax are needed');
    columns = tap.data.length / output.rows;
    if (done === 0) embeddings = new Float32Array(rows * columns);
    embeddings.set(tap.data, done * columns);
    scores.set(output.scores, done * classes);
    done += output.rows;
    onProgress(output.rows, done);
  }
  return { embeddings: { rows, columns, data: embeddings }, scores: { rows, columns: classes, data: scores } };
}
