/** The images of a drill: a random sample at the model's size, kept in memory and corrupted again and again. */
import { type Image, imageStatistics, type PixelBatch, prepareBatch, withChannels } from '../../data/index.js';
import { type DriftBatch, withRelativeStatistics } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { fairBatchSize } from '../embed/index.js';
import { embedAll, refuseModel, type SampleOptions, sampledImages } from '../sampled/sampled-images.js';
import { DrillError } from './drill-error.js';

/** Largest size of the sample: 7,000 images of 224 × 224, which take an hour on two cores. */
const MAX_BYTES = 2 ** 30;

export interface DrillImages {
  pixels: PixelBatch;
  /** `[rows]`: class names, null without a label; null where there are no labels at all. */
  targets: readonly (string | null)[] | null;
  /** Whether the model takes images as they are: then statistics are `embed`'s, which are measured before resizing. */
  asTheyAre: boolean;
  where: string;
}

/** All images, or `limit` of them, each equally likely, at the model's size. @throws DrillError `DRILL_TOO_LARGE` */
export async function sampleImages(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
): Promise<DrillImages> {
  const refusal = (message: string, hint?: string) => new DrillError('DRILL_MODEL', message, { hint });
  refuseModel(embedder, refusal, ['corruptions', 'a drill compares class scores, too']);
  const { preprocessing } = embedder.config;
  let asTheyAre = true;
  const { images, targets, where } = await sampledImages(embedder, inputs, options, {
    image: (image, place) => {
      const prepared = prepareBatch({ rows: 1, ...image }, preprocessing, place);
      asTheyAre &&= Buffer.compare(prepared.data, image.data) === 0;
      return prepared;
    },
    check: (rows, { height, width }, place) => checkMemory(place, rows, height * width * 3),
  });
  return { pixels: joined(images), targets, asTheyAre, where };
}

function joined(images: readonly Image[]): PixelBatch {
  const [first] = images as [Image, ...Image[]];
  const { height, width } = first;
  const data = new Uint8Array(images.length * first.data.length);
  for (const [i, image] of images.entries()) {
    if (image.height !== height || image.width !== width) {
      const sizes = `${height} × ${width} and ${image.height} × ${image.width}`;
      const hint = 'Convert the model with --resize and --crop.';
      throw new DrillError('DRILL_SIZES', `images of ${sizes} pixels: a drill needs images of one size`, { hint });
    }
    data.set(image.data, i * first.data.length);
  }
  return { rows: images.length, height, width, data };
}

function checkMemory(where: string, rows: number, bytes: number): void {
  if (rows * bytes <= MAX_BYTES) return;
  const [found, most] = [rows.toLocaleString('en'), Math.floor(MAX_BYTES / bytes).toLocaleString('en')];
  throw new DrillError('DRILL_TOO_LARGE', `${where}: ${found} images of ${bytes} bytes to drill, at most ${most} fit`, {
    hint: 'Take fewer with --limit: windows are never larger than 1,000 rows by default.',
  });
}

/** Changes a few images; `firstRow` is the number of the first of them. */
export type Change = (batch: PixelBatch, firstRow: number) => PixelBatch;

export async function embedRows(
  embedder: Embedder,
  images: DrillImages,
  change: Change,
  onProgress: (rows: number) => void,
): Promise<DriftBatch> {
  const { rows } = images.pixels;
  const columns: Record<string, Float32Array> = {};
  const measure = (batch: PixelBatch, firstRow: number) => {
    for (const [name, values] of imageStatistics(batch)) {
      columns[name] ??= new Float32Array(rows);
      columns[name].set(values, firstRow);
    }
  };
  const batches = changedParts(embedder, images, change, images.asTheyAre ? measure : () => {});
  const embedded = await embedAll(embedder, batches, rows, onProgress);
  return {
    ...embedded,
    targets: images.targets,
    statistics: images.asTheyAre ? withRelativeStatistics(columns) : null,
  };
}

function* changedParts(
  embedder: Embedder,
  { pixels: { rows, height, width, data }, where }: DrillImages,
  change: Change,
  measure: (batch: PixelBatch, firstRow: number) => void,
): Iterable<PixelBatch, void, undefined> {
  const size = fairBatchSize(embedder, rows, height, width);
  const bytes = height * width * 3;
  for (let first = 0; first < rows; first += size) {
    const last = Math.min(first + size, rows);
    const part = { rows: last - first, height, width, data: data.subarray(first * bytes, last * bytes) };
    const changed = change(part, first);
    measure(changed, first);
    yield withChannels(changed, embedder.config.preprocessing.mean.length, where);
  }
}
