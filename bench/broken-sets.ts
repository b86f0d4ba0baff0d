/** The images of `bench/broken.ts`: clean ones of two sets, and black, white and noisy ones, embedded by the same networks. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { Random } from '../base/index.js';
import { convertCheckpoint } from '../convert/index.js';
import { imageLooks, imageStatistics, openImages, type PixelBatch } from '../data/index.js';
import { type DriftBatch, withRelativeStatistics } from '../drift/index.js';
import { Embedder } from '../engine/index.js';
import { joined } from './results.js';

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
const SIZE = 32;
const BATCH = 100;

const SETS = [
  {
    name: 'CIFAR-10',
    weights: 'resnet18_cifar10_epoch5.pth',
    files: ['reference', 'production_1'].map((tranche) => join('cifar', tranche, 'image_data.npz')),
  },
  {
    name: 'Fashion-MNIST',
    weights: 'resnet18_fashion_epoch4.pth',
    files: ['train', 'test'].map((name) => join('fashion', `${name}.npz`)),
  },
];

/** @param folder keeps weights and embeddings for the next run */
export async function brokenSets(shared: string, folder: string): Promise<BrokenSet[]> {
  mkdirSync(folder, { recursive: true });
  const sets: BrokenSet[] = [];
  for (const { name, weights, files } of SETS) {
    const kept = join(folder, `${name}.bin`);
    if (!existsSync(kept)) {
      const embedder = await embedderOf(join(shared, weights), join(folder, name));
      const images = await pixelsOf(files.map((file) => join(shared, file)));
      writeFileSync(kept, serialize(await embedded(embedder, withBroken(images))));
      await embedder.close();
    }
    const rows = deserialize(readFileSync(kept)) as DriftBatch;
    sets.push({ name, clean: rows.embeddings.rows - 2 - NOISY, rows });
  }
  return sets;
}

const IMAGE_VALUES = SIZE * SIZE * 3;

async function embedderOf(checkpoint: string, weights: string): Promise<Embedder> {
  const half = [0.5, 0.5, 0.5] as [number, number, number];
  if (!existsSync(weights)) await convertCheckpoint(checkpoint, weights, { size: [SIZE, SIZE], mean: half, std: half });
  return Embedder.load(weights, { scores: true });
}

async function pixelsOf(paths: readonly string[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const path of paths) {
    const set = await openImages(path);
    for await (const { data } of set.batches(BATCH)) parts.push(data.slice());
    await set.close();
  }
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
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

async function embedded(embedder: Embedder, pixels: Uint8Array): Promise<DriftBatch> {
  const [statistics, dark, bright] = [new Map<string, number[]>(), [] as number[], [] as number[]];
  async function* batches() {
    for (let from = 0; from < pixels.length; from += BATCH * IMAGE_VALUES) {
      const data = pixels.subarray(from, from + BATCH * IMAGE_VALUES);
      const batch: PixelBatch = { rows: data.length / IMAGE_VALUES, width: SIZE, height: SIZE, data };
      for (const [name, values] of imageStatistics(batch)) {
        const column = statistics.get(name) ?? [];
        column.push(...values);
        statistics.set(name, column);
      }
      for (const look of imageLooks(batch)) {
        dark.push(look.dark);
        bright.push(look.bright);
      }
      yield { ...batch, firstRow: from / IMAGE_VALUES };
    }
  }
  const [parts, scores]: [Float32Array[], Float32Array[]] = [[], []];
  for await (const { taps, scores: ofBatch } of embedder.run(batches())) {
    parts.push([...taps.values()][0]!.data);
    scores.push(ofBatch!);
  }
  const [embeddings, softmax] = [joined(parts), joined(scores)];
  const rows = pixels.length / IMAGE_VALUES;
  return {
    embeddings: { rows, columns: embeddings.length / rows, data: embeddings },
    scores: { rows, columns: softmax.length / rows, data: softmax },
    statistics: withRelativeStatistics(Object.fromEntries(statistics)),
    images: { bytes: null, looks: null, grids: null, dark, bright, blurred: null, width: null, height: null },
  };
}
