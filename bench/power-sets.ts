/** The image sets of `bench/power.ts`: CIFAR-10 images as they are and in twelve corruptions, embedded, in files. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import {
  GRADED_CORRUPTION_NAMES,
  type Image,
  imagesOf,
  type Level,
  openImages,
  type PixelBatch,
} from '../data/index.js';
import { type DriftBatch, type Matrix, withRelativeStatistics } from '../drift/index.js';
import { type Change, CIFAR, corrupted, embedded, embedderOf, kept, StatisticsOf, shared } from './rows.js';

export const IMAGES = 5_000;
/** Level of the corruptions that have levels. */
export const LEVEL: Level = 2;
/** Seed of the corruptions; trials have another. */
const SEED = 1;

/** The graded corruptions, and three that the drill does not know. */
export const CORRUPTIONS: Readonly<Record<string, Change>> = {
  none: (batch) => batch,
  ...Object.fromEntries(GRADED_CORRUPTION_NAMES.map((name) => [name, corrupted(name, LEVEL)])),
  salt_and_pepper: (batch, firstRow) => mapPixels(batch, (_, row) => salted(Random.stream(SEED, firstRow + row))),
  mirror: (batch) => mapPixels(batch, mirrored),
  zoom: (batch) => mapPixels(batch, zoomed),
};

type Pixel = (x: number, y: number) => readonly [number, number, number];
type NewPixel = (x: number, y: number, pixel: Pixel) => readonly [number, number, number];

/** One pixel in a hundred is black or white. */
function salted(random: Random): NewPixel {
  return (x, y, pixel) => {
    if (random.uniform() >= 0.01) return pixel(x, y);
    const level = random.below(2) * 255;
    return [level, level, level];
  };
}

function mirrored({ width }: Image): NewPixel {
  return (x, y, pixel) => pixel(width - 1 - x, y);
}

/** A tenth less at each side. */
function zoomed({ width, height }: Image): NewPixel {
  const place = (at: number, length: number) => Math.floor(0.1 * length + (0.8 * length * (at + 0.5)) / length);
  return (x, y, pixel) => pixel(place(x, width), place(y, height));
}

function mapPixels(batch: PixelBatch, change: (image: Image, row: number) => NewPixel): PixelBatch {
  const data = new Uint8Array(batch.data.length);
  let to = 0;
  for (const [row, image] of [...imagesOf(batch)].entries()) {
    const { width, height } = image;
    const pixel: Pixel = (x, y) => {
      const from = 3 * (y * width + x);
      return [image.data[from]!, image.data[from + 1]!, image.data[from + 2]!];
    };
    const made = change(image, row);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to += 3) data.set(made(x, y, pixel), to);
    }
  }
  return { ...batch, data };
}

/** As they are first. */
export const CONDITIONS: readonly string[] = Object.keys(CORRUPTIONS);

/** The images in each condition, embedded now or by an earlier run that had the same folder. */
export async function conditionsIn(folder: string): Promise<DriftBatch[]> {
  mkdirSync(folder, { recursive: true });
  const conditions: DriftBatch[] = [];
  for (const name of CONDITIONS) conditions.push(await conditionOf(name, folder, CORRUPTIONS[name]!));
  return conditions;
}

interface Condition {
  embeddings: Matrix;
  scores: Matrix;
  statistics: Record<string, Float32Array>;
}

/** @param name of the file that keeps them */
export async function conditionOf(name: string, folder: string, change: Change): Promise<DriftBatch> {
  const { embeddings, scores, statistics } = await kept<Condition>(join(folder, `${name}.bin`), async () => {
    const embedder = await embedderOf(CIFAR, join(folder, 'weights'));
    const set = await openImages(join(shared(), 'cifar', 'production_1', 'image_data.npz'));
    const counted = new StatisticsOf();
    async function* batches() {
      for await (const batch of set.batches(64)) {
        const pixels = change(batch, batch.firstRow);
        counted.add(pixels);
        yield { ...pixels, firstRow: batch.firstRow };
      }
    }
    const rows = await embedded(embedder, batches());
    await set.close();
    await embedder.close();
    const columns = [...counted.columns].map(([statistic, values]) => [statistic, Float32Array.from(values)] as const);
    return { ...rows, statistics: Object.fromEntries(columns) };
  });
  return { embeddings, scores, statistics: withRelativeStatistics(statistics) };
}
