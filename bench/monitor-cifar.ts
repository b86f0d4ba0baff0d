/** CIFAR-10's images as a network sees them, for `bench/monitor.ts`: clean, blurred and dark. */
import { join } from 'node:path';
import { NpzFile, openImages } from '../data/index.js';
import { type DriftBatch, type Matrix, withRelativeStatistics } from '../drift/index.js';
import { joined } from './results.js';
import { StatisticsOf, shared } from './rows.js';

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
}

export async function cifarImages(): Promise<CifarImages> {
  const [reference, clean, blurred, dark] = await Promise.all(TRANCHES.map(imagesOf));
  return { reference: reference!, clean: clean!, blurred: blurred!, dark: dark! };
}

async function imagesOf(tranche: string): Promise<Images> {
  const golden = join(shared(), 'golden', `${tranche}.npz`);
  const [embeddings, scores] = [await stacked(golden, 'embeddings'), await stacked(golden, 'scores')];
  const path = join(shared(), 'cifar', tranche, 'image_data.npz');
  const statistics = new StatisticsOf();
  const set = await openImages(path);
  for await (const batch of set.batches(500)) statistics.add(batch);
  await set.close();
  const labels = Array.from((await stacked(path, 'arr_1')).data);
  return { embeddings, scores, labels, statistics: withRelativeStatistics(Object.fromEntries(statistics.columns)) };
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
