/** Rows to measure with: what networks make of images. CIFAR-10's images, Fashion-MNIST's and their networks are shared data. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { convertCheckpoint } from '../convert/index.js';
import {
  corruptBatchAtLevel,
  type GradedCorruptionName,
  imageStatistics,
  type Level,
  type PixelBatch,
} from '../data/index.js';
import { type DriftBatch, type Matrix, type Profile, WindowCounter, type WindowSummary } from '../drift/index.js';
import { Embedder } from '../engine/index.js';
import { packageRoot, sharedData, temporaryFolder } from '../spec/support/places.js';
import { joined } from './results.js';

export function shared(): string {
  if (sharedData === null) throw new Error('the shared data is not here');
  return sharedData;
}

/** @throws Error if the environment names none */
export function pythonOf(): string {
  const python = process.env['IMAGE_DRIFT_PYTHON'];
  if (python === undefined) throw new Error('IMAGE_DRIFT_PYTHON names no Python');
  return python;
}

/** Side of the images of both sets, pixels. */
export const SIDE = 32;

/** @param weights folder that has the converted checkpoint, or gets it */
export async function embedderOf(checkpoint: string, weights = join(temporaryFolder(), 'weights')): Promise<Embedder> {
  const half: [number, number, number] = [0.5, 0.5, 0.5];
  const size: [number, number] = [SIDE, SIDE];
  const options = { size, resize: SIDE, crop: size, mean: half, std: half };
  if (!existsSync(weights)) await convertCheckpoint(join(shared(), checkpoint), weights, options);
  return Embedder.load(weights, { scores: true });
}

export const CIFAR = 'resnet18_cifar10_epoch5.pth';

/** The network that comes with image-drift. */
export function fashionEmbedder(): Promise<Embedder> {
  return Embedder.load(join(packageRoot, 'weights', 'fashion-mnist-resnet18'), { scores: true });
}

/** The images of the benchmarks of `explain`. @param name `cifar` or `fashion` */
export function explainImages(name: string): string {
  const paths: Readonly<Record<string, readonly string[]>> = {
    cifar: ['cifar', 'production_1', 'image_data.npz'],
    fashion: ['fashion', 'test.npz'],
  };
  const path = paths[name];
  if (path === undefined) throw new RangeError(`${name}: cifar and fashion are possible`);
  return join(shared(), ...path);
}

export function explainEmbedder(name: string): Promise<Embedder> {
  return name === 'fashion' ? fashionEmbedder() : embedderOf(CIFAR);
}

/** How images are changed; `firstRow` is the place of the first one in its set. */
export type Change = (batch: PixelBatch, firstRow: number) => PixelBatch;

/** A corruption of the library. Its seed is not that of the trials. */
export function corrupted(name: GradedCorruptionName, level: Level, seed = 1): Change {
  return (batch, firstRow) => corruptBatchAtLevel(batch, name, level, { seed, firstRow });
}

export async function embedded(
  embedder: Embedder,
  batches: AsyncIterable<PixelBatch & { firstRow: number }>,
): Promise<{ embeddings: Matrix; scores: Matrix }> {
  const [parts, scores]: [Float32Array[], Float32Array[]] = [[], []];
  let rows = 0;
  for await (const result of embedder.run(batches)) {
    parts.push([...result.taps.values()][0]!.data);
    scores.push(result.scores!);
    rows += result.rows;
  }
  const matrix = (all: readonly Float32Array[]) => {
    const data = joined(all);
    return { rows, columns: data.length / rows, data };
  };
  return { embeddings: matrix(parts), scores: matrix(scores) };
}

/** Statistics of images, batch after batch, by their names. */
export class StatisticsOf {
  readonly columns = new Map<string, number[]>();

  add(batch: PixelBatch): void {
    for (const [name, values] of imageStatistics(batch)) {
      const column = this.columns.get(name) ?? [];
      column.push(...values);
      this.columns.set(name, column);
    }
  }
}

/** What an earlier run has left in a file, or else what is made now. */
export async function kept<T>(file: string, make: () => Promise<T>): Promise<T> {
  if (!existsSync(file)) writeFileSync(file, serialize(await make()));
  return deserialize(readFileSync(file)) as T;
}

/** Rows as `drift` counts those of a window. */
export function summaryOf(profile: Profile, rows: DriftBatch): WindowSummary {
  const counter = new WindowCounter(profile);
  counter.add(rows);
  return counter.summary();
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
