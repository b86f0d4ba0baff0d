/** CIFAR-10's images as a network sees them, for `bench/monitor.ts`: clean, blurred and dark; and clothes, which it does not know. */
import { join } from 'node:path';
import { NpzFile, openImages } from '../data/index.js';
import { type DriftBatch, type Matrix, withRelativeStatistics } from '../drift/index.js';
import { joined } from './results.js';
import { CIFAR, embedded, embedderOf, StatisticsOf, shared } from './rows.js';

/** `reference` and `production_1` are clean; the others are `production_1`'s images, blurred and dark. */
const TRANCHES = ['reference', 'production_1', 'production_2', 'production_3'] as const;

export interface Images extends DriftBatch {
  scores: Matrix;
  /** `[rows]`: numbers of the true classes. */
  labels: readonly number[];
}

export interface CifarImages {
  /** Other images than the rest. */
  reference: Images;
  clean: Images;
  blurred: Images;
  dark: Images;
  /** Fashion-MNIST. */
  clothes: Images;
}

export async function cifarImages(): Promise<CifarImages> {
  const [reference, clean, blurred, dark] = await Promise.all(TRANCHES.map(imagesOf));
  return { reference: reference!, clean: clean!, blurred: blurred!, dark: dark!, clothes: await clothesOf() };
}

async function clothesOf(): Promise<Images> {
  const path = join(shared(), 'fashion', 'test.npz');
  const embedder = await embedderOf(CIFAR);
  const set = await openImages(path);
  const { embeddings, scores } = await embedded(embedder, set.batches(500));
  await Promise.all([set.close(), embedder.close()]);
  return { embeddings, scores, statistics: await statisticsOf(path), labels: await labelsOf(path) };
}

async function imagesOf(tranche: string): Promise<Images> {
  const golden = join(shared(), 'golden', `${tranche}.npz`);
  const [embeddings, scores] = [await stacked(golden, 'embeddings'), await stacked(golden, 'scores')];
  const path = join(shared(), 'cifar', tranche, 'image_data.npz');
  return { embeddings, scores, statistics: await statisticsOf(path), labels: await labelsOf(path) };
}

async function statisticsOf(path: string): Promise<NonNullable<DriftBatch['statistics']>> {
  const statistics = new StatisticsOf();
  const set = await openImages(path);
  for await (const batch of set.batches(500)) statistics.add(batch);
  await set.close();
  return withRelativeStatistics(Object.fromEntries(statistics.columns));
}

async function labelsOf(path: string): Promise<number[]> {
  return Array.from((await stacked(path, 'arr_1')).data);
}

async function stacked(path: string, name: string): Promise<Matrix> {
  const npz = await NpzFile.open(path);
  try {
    const array = await npz.array(name);
    const parts: Float32Array[] = [];
    for await (const { values } of array.rows(1_000))
      parts.push(Float32Array.from(values as ArrayLike<number>, Number));
    const data = joined(parts);
    return { rows: array.header.shape[0]!, columns: array.header.shape[1] ?? 1, data };
  } finally {
    await npz.close();
  }
}
