/** The images of `bench/broken.ts`: clean ones of two sets, and black, white and noisy ones, embedded by the same networks. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { imageLooks, openImages, type PixelBatch } from '../data/index.js';
import { type DriftBatch, withRelativeStatistics } from '../drift/index.js';
import type { Embedder } from '../engine/index.js';
import { CIFAR, embedded, embedderOf, kept, SIDE, StatisticsOf, shared } from './rows.js';

export interface BrokenSet {
  name: string;
  rows: DriftBatch;
  /** Rows that are clean; the others follow: a black image, a white one, and frames of one image with noise. */
  clean: number;
}

/** Frames of one image with noise. */
export const NOISY = 1_000;
/** Levels of 255, about those of a camera in good light. */
const NOISE = 2;
const BATCH = 100;

const SETS = [
  {
    name: 'CIFAR-10',
    weights: CIFAR,
    files: ['reference', 'production_1'].map((tranche) => join('cifar', tranche, 'image_data.npz')),
  },
  {
    name: 'Fashion-MNIST',
    weights: 'resnet18_fashion_epoch4.pth',
    files: ['train', 'test'].map((name) => join('fashion', `${name}.npz`)),
  },
];

/** @param folder keeps weights and embeddings for the next run */
export async function brokenSets(folder: string): Promise<BrokenSet[]> {
  mkdirSync(folder, { recursive: true });
  const sets: BrokenSet[] = [];
  for (const { name, weights, files } of SETS) {
    const rows = await kept(join(folder, `${name}.bin`), async () => {
      const embedder = await embedderOf(weights, join(folder, name));
      const made = await rowsOf(embedder, withBroken(await pixelsOf(files)));
      await embedder.close();
      return made;
    });
    sets.push({ name, clean: rows.embeddings.rows - 2 - NOISY, rows });
  }
  return sets;
}

const IMAGE_VALUES = SIDE * SIDE * 3;

async function pixelsOf(files: readonly string[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const set = await openImages(join(shared(), file));
    for await (const { data } of set.batches(BATCH)) parts.push(data.slice());
    await set.close();
  }
  return new Uint8Array(Buffer.concat(parts));
}

function withBroken(clean: Uint8Array): Uint8Array {
  const random = Random.stream(1, 0);
  const all = new Uint8Array(clean.length + (2 + NOISY) * IMAGE_VALUES);
  all.set(clean);
  all.fill(255, clean.length + IMAGE_VALUES, clean.length + 2 * IMAGE_VALUES);
  const from = clean.length + 2 * IMAGE_VALUES;
  for (let i = from; i < all.length; i++) {
    const level = clean[(i - from) % IMAGE_VALUES]! + NOISE * random.normal();
    all[i] = Math.min(255, Math.max(0, Math.round(level)));
  }
  return all;
}

async function rowsOf(embedder: Embedder, pixels: Uint8Array): Promise<DriftBatch> {
  const [statistics, dark, bright] = [new StatisticsOf(), [] as number[], [] as number[]];
  async function* batches() {
    for (let from = 0; from < pixels.length; from += BATCH * IMAGE_VALUES) {
      const data = pixels.subarray(from, from + BATCH * IMAGE_VALUES);
      const batch: PixelBatch = { rows: data.length / IMAGE_VALUES, width: SIDE, height: SIDE, data };
      statistics.add(batch);
      for (const look of imageLooks(batch)) {
        dark.push(look.dark);
        bright.push(look.bright);
      }
      yield { ...batch, firstRow: from / IMAGE_VALUES };
    }
  }
  return {
    ...(await embedded(embedder, batches())),
    statistics: withRelativeStatistics(Object.fromEntries(statistics.columns)),
    images: { bytes: null, looks: null, grids: null, dark, bright, blurred: null, width: null, height: null },
  };
}
