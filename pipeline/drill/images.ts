/**
 * The images of a drill: a random sample of a file at the model's size. It is kept in memory and corrupted again and
 * again.
 */
import { type Image, type ImageSet, type PixelBatch, prepareBatch, withChannels } from '../../data/index.js';
import type { DriftBatch } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { embedAll, type SampleOptions, sampledImages } from '../sampled/index.js';
import { DrillError } from './drill-error.js';

/** Largest size of the sample: 7,000 images of 224 × 224, which take an hour on two cores. */
const MAX_BYTES = 2 ** 30;

export interface DrillImages {
  /** Pixels in the order of the file. */
  pixels: PixelBatch;
  /** `[rows]`: class names, null without a label; null where there are no labels at all. */
  targets: readonly (string | null)[] | null;
  where: string;
}

/**
 * All images of a source, or `limit` of them, each equally likely, at the model's size.
 *
 * @throws DataError, FileError; DrillError `DRILL_TOO_LARGE`
 */
export async function sampleImages(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
): Promise<DrillImages> {
  checkModel(embedder);
  const { preprocessing } = embedder.config;
  const { images, targets, where } = await sampledImages(embedder, inputs, options, {
    image: (image, place) => prepareBatch({ rows: 1, ...image }, preprocessing, place),
    check: (rows, { height, width }, place) => checkMemory({ where: place }, rows, height * width * 3),
  });
  return { pixels: joined(images), targets, where };
}

/** Images of one size as one batch. @throws DrillError `DRILL_SIZES` */
function joined(images: readonly Image[]): PixelBatch {
  const [first] = images as [Image, ...Image[]];
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

/** Changes a few images; `firstRow` is the number of the first of them. */
export type Change = (batch: PixelBatch, firstRow: number) => PixelBatch;

/** Embeddings and scores of all images after the change. */
export async function embedRows(
  embedder: Embedder,
  images: DrillImages,
  change: Change,
  onProgress: (rows: number) => void,
): Promise<DriftBatch> {
  const batches = parts(embedder, images, change);
  return { ...(await embedAll(embedder, batches, images.pixels.rows, onProgress)), targets: images.targets };
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
