/** The image sets of `bench/power.ts`: CIFAR-10 images as they are and in twelve corruptions, embedded, in files. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { convertCheckpoint } from '../convert/index.js';
import {
  corruptBatchAtLevel,
  GRADED_CORRUPTION_NAMES,
  type Image,
  imageStatistics,
  imagesOf,
  type Level,
  openImages,
  type PixelBatch,
} from '../data/index.js';
import { type DriftBatch, withRelativeStatistics } from '../drift/index.js';
import { Embedder } from '../engine/index.js';
import { sharedData } from '../spec/support/places.js';
import { joined } from './results.js';

export const IMAGES = 5_000;
/** Level of the corruptions that have levels. */
export const LEVEL: Level = 2;
/** Seed of the corruptions; trials have another. */
const SEED = 1;

type Change = (batch: PixelBatch, firstRow: number) => PixelBatch;

/** The graded corruptions, and three that the drill does not know. */
const CORRUPTIONS: Readonly<Record<string, Change>> = {
  none: (batch) => batch,
  ...Object.fromEntries(
    GRADED_CORRUPTION_NAMES.map((name) => [
      name,
      (batch: PixelBatch, firstRow: number) => corruptBatchAtLevel(batch, name, LEVEL, { seed: SEED, firstRow }),
    ]),
  ),
  salt_and_pepper: (batch, firstRow) => mapPixels(batch, (_, row) => salted(Random.stream(SEED, firstRow + row))),
  mirror: (batch) =>
    mapPixels(
      batch,
      ({ width }) =>
        (x, y, pixel) =>
          pixel(width - 1 - x, y),
    ),
  zoom: (batch) =>
    mapPixels(
      batch,
      ({ width, height }) =>
        (x, y, pixel) =>
          pixel(zoomed(x, width), zoomed(y, height)),
    ),
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

/** A tenth less at each side. */
function zoomed(at: number, length: number): number {
  return Math.floor(0.1 * length + (0.8 * length * (at + 0.5)) / length);
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
  for (const name of CONDITIONS) conditions.push(await conditionOf(name, folder));
  return conditions;
}

async function conditionOf(name: string, folder: string): Promise<DriftBatch> {
  const file = join(folder, `${name}.json`);
  if (!existsSync(file)) await makeCondition(name, file, folder);
  const { statistics, columns, classes } = JSON.parse(readFileSync(file, 'utf8')) as {
    statistics: string[];
    columns: number;
    classes: number;
  };
  const { buffer } = Uint8Array.from(readFileSync(`${file}.bin`));
  const values = new Float32Array(buffer);
  const at = (part: number, width: number) => values.slice(IMAGES * part, IMAGES * (part + width));
  return {
    embeddings: { rows: IMAGES, columns, data: at(0, columns) },
    scores: { rows: IMAGES, columns: classes, data: at(columns, classes) },
    statistics: withRelativeStatistics(
      Object.fromEntries(statistics.map((statistic, s) => [statistic, at(columns + classes + s, 1)])),
    ),
  };
}

/** Embeddings, scores and statistics of all images, in a file. */
async function makeCondition(name: string, file: string, folder: string): Promise<void> {
  if (sharedData === null) throw new Error('the shared data is not here');
  const embedder = await embedderOf(sharedData, folder);
  const set = await openImages(join(sharedData, 'cifar', 'production_1', 'image_data.npz'));
  const statistics = new Map<string, number[]>();
  async function* batches() {
    for await (const batch of set.batches(64)) {
      const pixels = CORRUPTIONS[name]!(batch, batch.firstRow);
      for (const [statistic, values] of imageStatistics(pixels)) {
        statistics.set(statistic, [...(statistics.get(statistic) ?? []), ...values]);
      }
      yield { ...pixels, firstRow: batch.firstRow };
    }
  }
  const [parts, scores]: [Float32Array[], Float32Array[]] = [[], []];
  for await (const { taps, scores: ofBatch } of embedder.run(batches())) {
    parts.push([...taps.values()][0]!.data);
    scores.push(ofBatch!);
  }
  await set.close();
  await embedder.close();
  const [embeddings, softmax] = [joined(parts), joined(scores)];
  const all = joined([embeddings, softmax, ...[...statistics.values()].map((values) => Float32Array.from(values))]);
  writeFileSync(`${file}.bin`, all);
  const shape = { columns: embeddings.length / IMAGES, classes: softmax.length / IMAGES };
  writeFileSync(file, JSON.stringify({ ...shape, statistics: [...statistics.keys()] }));
}

async function embedderOf(shared: string, folder: string): Promise<Embedder> {
  const weights = join(folder, 'weights');
  if (!existsSync(weights)) {
    const [mean, size] = [
      [0.5, 0.5, 0.5],
      [32, 32],
    ] as [[number, number, number], [number, number]];
    await convertCheckpoint(join(shared, 'resnet18_cifar10_epoch5.pth'), weights, { size, mean, std: mean });
  }
  return Embedder.load(weights, { scores: true });
}
