/** Sources of rows without drift: baselines and windows come from one and the same. */
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { NpzFile, openImages } from '../data/index.js';
import { type DriftBatch, type Matrix, takeRows, withRelativeStatistics } from '../drift/index.js';
import { packageRoot, sharedData } from '../spec/support/places.js';
import { joined } from './results.js';
import { StatisticsOf } from './rows.js';

export const CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`);

export interface Population {
  name: string;
  /** Number of rows that there are; null if more can always be made. */
  rows: number | null;
  /** Draws the rows of a baseline, and a function that draws those of one window after another. */
  draw(baselineRows: number, random: Random): { baseline: DriftBatch; window(rows: number): DriftBatch };
}

type RowMaker = (random: Random, into: Float32Array) => void;

/**
 * @param make called for each draw of a set, so that it can keep what rows share
 * @param groupRows rows of each known group; default: no groups are known
 */
function generated(name: string, columns: number, make: () => RowMaker, groupRows?: number): Population {
  let drawn = 0;
  const fresh = (rows: number, random: Random): DriftBatch => {
    const data = new Float32Array(rows * columns);
    const next = make();
    for (let row = 0; row < rows; row++) next(random, data.subarray(row * columns, (row + 1) * columns));
    const embeddings = { rows, columns, data };
    const scores = softmaxOfFirst(embeddings, CLASSES.length);
    const groups = groupRows && Array.from({ length: rows }, (_, row) => `clip ${Math.floor(row / groupRows)}`);
    const targets = drawnTargets(scores, Random.stream(7, drawn++));
    return { embeddings, scores, targets, groups: groups || null, statistics: statisticsOf(embeddings) };
  };
  return {
    name,
    rows: null,
    draw: (rows, random) => ({ baseline: fresh(rows, random), window: (count) => fresh(count, random) }),
  };
}

/** Modes of unit noise around fixed centres of spread 3. */
function mixture(name: string, columns: number, weights: readonly number[], seed: number): Population {
  const fixed = Random.stream(seed, 1_000_000);
  const centres = weights.map(() => Float32Array.from({ length: columns }, () => 3 * fixed.normal()));
  return generated(name, columns, () => (random, into) => {
    const centre = centres[pick(weights, random)]!;
    for (let c = 0; c < columns; c++) into[c] = centre[c]! + random.normal();
  });
}

function pick(weights: ArrayLike<number>, random: Random): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]!;
  let left = random.uniform() * sum;
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return weights.length - 1;
}

/** Normal rows, all divided by one chi-square variable: tails as heavy as 1 / x². */
function studentT(columns: number): Population {
  return generated('Student-t, 2 degrees', columns, () => (random, into) => {
    const scale = Math.sqrt((random.normal() ** 2 + random.normal() ** 2) / 2);
    for (let c = 0; c < columns; c++) into[c] = random.normal() / scale;
  });
}

const FRAMES = 10;

/** Frames of clips, each a row of the mixture with a little noise or none. @param told rows say their clip */
function clips(name: string, noise: number, told: boolean, seed: number): Population {
  const columns = 16;
  const fixed = Random.stream(seed, 1_000_001);
  const centres = CLASSES.map(() => Float32Array.from({ length: columns }, () => 3 * fixed.normal()));
  const make = (): RowMaker => {
    const scene = new Float32Array(columns);
    let frame = 0;
    return (random, into) => {
      if (frame++ % FRAMES === 0) {
        const centre = centres[random.below(centres.length)]!;
        for (let c = 0; c < columns; c++) scene[c] = centre[c]! + random.normal();
      }
      for (let c = 0; c < columns; c++) into[c] = scene[c]! + noise * random.normal();
    };
  };
  return generated(name, columns, make, told ? FRAMES : undefined);
}

/** Rows that follow each other: x' = correlation · x + noise. */
function autoregressive(correlation: number): Population {
  const columns = 8;
  const innovation = Math.sqrt(1 - correlation ** 2);
  return generated(`AR(1) ${correlation}`, columns, () => {
    let state: Float32Array | null = null;
    return (random, into) => {
      const before = state;
      for (let c = 0; c < columns; c++) {
        into[c] = before === null ? random.normal() : correlation * before[c]! + innovation * random.normal();
      }
      state = into.slice();
    };
  });
}

function softmaxOfFirst({ rows, columns, data }: Matrix, classes: number): Matrix {
  const scores = new Float32Array(rows * classes);
  const logits = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      logits[c] = c < columns ? data[row * columns + c]! : 0;
      largest = Math.max(largest, logits[c]!);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      logits[c] = Math.exp(logits[c]! - largest);
      sum += logits[c]!;
    }
    for (let c = 0; c < classes; c++) scores[row * classes + c] = logits[c]! / sum;
  }
  return { rows, columns: classes, data: scores };
}

/** Stand for statistics of images: two that move together, one of few values and a rare one. */
function statisticsOf({ rows, columns, data }: Matrix): NonNullable<DriftBatch['statistics']> {
  const of = (value: (first: number, second: number) => number) =>
    Float64Array.from({ length: rows }, (_, row) => value(data[row * columns]!, data[row * columns + 1]!));
  return {
    first: of((first) => first),
    together: of((first, second) => 3 * first + second),
    product: of((first, second) => first * second),
    steps: of((_, second) => Math.round(second)),
    rare: of((first, second) => (first * second > 8 ? first : 0)),
  };
}

/** True classes, as the scores say. They have random numbers of their own, so that rows are the same without them. */
function drawnTargets({ rows, columns, data }: Matrix, random: Random): string[] {
  return Array.from({ length: rows }, (_, row) => {
    return CLASSES[pick(data.subarray(row * columns, (row + 1) * columns), random)]!;
  });
}

/** Real embeddings and scores of clean images, pooled. A window never has an image of its baseline. */
function resampled(name: string, pool: DriftBatch & { scores: Matrix }): Population {
  const rowsAt = (chosen: Uint32Array): DriftBatch => ({ ...takeRows(pool, [...chosen]), rowNumbers: null });
  return {
    name,
    rows: pool.embeddings.rows,
    draw(rows, random) {
      const order = random.shuffle(Uint32Array.from({ length: pool.embeddings.rows }, (_, i) => i));
      const rest = order.slice(rows);
      return {
        baseline: rowsAt(order.slice(0, rows)),
        window(count) {
          if (count > rest.length) throw new Error(`${name}: ${count} of ${rest.length} rows`);
          return rowsAt(random.shuffle(rest).slice(0, count));
        },
      };
    },
  };
}

/** Means of the 7×7 squares of 4×4 pixels that a photo of the demo has inside its border, from 0 to 1. */
async function clothes(): Promise<Population> {
  const squares = 7;
  const data: number[] = [];
  for (const name of ['reference', 'production']) {
    const path = join(packageRoot, 'samples', 'fashion-mnist', `${name}.npz`);
    for await (const [values] of rowsIn(path, 'arr_0')) {
      for (let at = 0; at < values.length; at += 1_024) {
        const sums = new Array<number>(squares ** 2).fill(0);
        for (let y = 0; y < 28; y++) {
          for (let x = 0; x < 28; x++)
            sums[squares * (y >> 2) + (x >> 2)]! += Number(values[at + 32 * (y + 2) + x + 2]);
        }
        data.push(...sums.map((sum) => sum / 16 / 255));
      }
    }
  }
  const columns = squares ** 2;
  const embeddings = { rows: data.length / columns, columns, data: Float32Array.from(data) };
  return resampled('photos of clothes, pixels', { embeddings, scores: softmaxOfFirst(embeddings, CLASSES.length) });
}

async function cifar(folder: string): Promise<Population> {
  const paths = ['reference', 'production_1'].map((tranche) => join(folder, 'golden', `${tranche}.npz`));
  const [embeddings, scores] = [await stacked(paths, 'embeddings'), await stacked(paths, 'scores')];
  const statistics = await statisticsOfImages(
    ['reference', 'production_1'].map((tranche) => join(folder, 'cifar', tranche, 'image_data.npz')),
  );
  return resampled('CIFAR-10 embeddings', { embeddings, scores, statistics });
}

async function statisticsOfImages(paths: readonly string[]): Promise<NonNullable<DriftBatch['statistics']>> {
  const statistics = new StatisticsOf();
  for (const path of paths) {
    const set = await openImages(path);
    for await (const batch of set.batches(500)) statistics.add(batch);
    await set.close();
  }
  return withRelativeStatistics(Object.fromEntries(statistics.columns));
}

export async function stacked(paths: readonly string[], name: string): Promise<Matrix> {
  const parts: Float32Array[] = [];
  let columns = 1;
  for (const path of paths) {
    for await (const [values, shape] of rowsIn(path, name)) {
      columns = shape[1]!;
      parts.push(Float32Array.from(values as Float32Array));
    }
  }
  const data = joined(parts);
  return { rows: data.length / columns, columns, data };
}

/** An array of a file, a thousand rows at a time, with its whole shape. */
async function* rowsIn(path: string, name: string) {
  const npz = await NpzFile.open(path);
  try {
    const array = await npz.array(name);
    for await (const { values } of array.rows(1_000)) yield [values, array.header.shape] as const;
  } finally {
    await npz.close();
  }
}

const EVEN = new Array<number>(10).fill(1);
/** From 60 % down to a third of a percent. */
const UNEVEN = [60, 20, 8, 4, 3, 2, 1, 1, 0.6, 0.4];

/** By name; those of real images where the shared data is. */
export function populations(seed: number): Record<string, () => Promise<Population>> {
  const known = [
    mixture('Gaussian mixture', 16, EVEN, seed),
    mixture('tiny clusters', 16, UNEVEN, seed),
    studentT(8),
    mixture('1,024 dimensions', 1_024, EVEN, seed),
    clips('clips of 10 identical frames', 0, false, seed),
    clips('clips of 10 identical frames, told', 0, true, seed),
    clips('clips of 10 near-identical frames', 0.05, false, seed),
    clips('clips of 10 near-identical frames, told', 0.05, true, seed),
    autoregressive(0.2),
    autoregressive(0.5),
    autoregressive(0.8),
  ];
  return {
    ...Object.fromEntries(known.map((population) => [population.name, async () => population])),
    'photos of clothes, pixels': clothes,
    ...(sharedData !== null && { 'CIFAR-10 embeddings': () => cifar(sharedData as string) }),
  };
}

/** One baseline size of one population, and the windows that are compared with it. */
export interface Cell {
  population: string;
  baselineRows: number;
  windowRows: number[];
}

/** The cells whose population is here. Those without are named on stderr. */
export function cellsHere<T extends { population: string }>(cells: readonly T[], seed: number): T[] {
  const known = populations(seed);
  const missing = new Set(cells.map(({ population }) => population).filter((name) => !(name in known)));
  for (const name of missing) process.stderr.write(`${name}: not measured, the shared test data is not here\n`);
  return cells.filter(({ population }) => population in known);
}
