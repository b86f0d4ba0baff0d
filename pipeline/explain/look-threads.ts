/** Tables of images with causes, on several threads: a search looks at hundreds of causes and images each. */

import { availableParallelism } from 'node:os';
import { startThread, type ThreadMaker } from '#platform';
import { cos, sin } from '../../base/math/index.js';
import {
  applyCauses,
  brightnessParts,
  type CauseSetting,
  IMAGE_STATISTICS,
  type Image,
  imageStatistics,
  type PixelBatch,
} from '../../data/index.js';
import type { DriftBatch, Matrix64 } from '../../drift/index.js';
import { Gate, ThreadPool } from '../../files/index.js';

const startScript: ThreadMaker = (Worker) =>
  new Worker(new URL('./look-thread.js', import.meta.url), { type: 'module' });
/** More would have a handful of images each. */
const MOST_THREADS = 8;
/** Pixels of the images that have a cause at the same time, in each thread. */
const AT_ONCE = 2 ** 18;
/** Looks that do not depend on each other, under way at a time: where one ends, no thread waits for the others. */
const LOOKS_AT_ONCE = 3;

/** Threads start with the first table, and do not keep the process alive while they are idle. */
export class LookThreads {
  readonly #threads: number;
  readonly #pool: ThreadPool<TableOrder, Float64Array>;

  /** @param check called before each part of a table; what it throws ends the table */
  constructor(check: () => void = () => {}, threads = Math.min(MOST_THREADS, availableParallelism())) {
    this.#threads = threads;
    this.#pool = new ThreadPool({
      threads,
      depth: 1,
      start: () => startThread(startScript, null),
      message(order) {
        check();
        return { message: order };
      },
      died: (_, cause) =>
        cause instanceof Error ? cause : new Error(`a thread that looks at causes ended with ${cause}`),
      closed: () => new Error('no more tables are made'),
    });
  }

  /** `[images, TABLE_COLUMNS]`, as of `imageTable`, for any number of threads. @param causes in their order */
  async table(images: PackedImages, causes: readonly CauseSetting[]): Promise<Matrix64> {
    const rows = images.sizes.length / 2;
    const [height, width] = images.sizes as unknown as [number, number];
    const most = Math.max(1, Math.floor(AT_ONCE / (height * width)));
    const size = Math.min(most, Math.ceil(rows / this.#threads));
    const parts = Array.from({ length: Math.ceil(rows / size) }, (_, i) =>
      this.#pool.answer({ images, first: i * size, end: Math.min(rows, (i + 1) * size), causes }),
    );
    const data = new Float64Array(rows * TABLE_COLUMNS);
    for (const [i, part] of (await Promise.all(parts)).entries()) data.set(part, i * size * TABLE_COLUMNS);
    return { rows, columns: TABLE_COLUMNS, data };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Results in the order of the items, of which some are under way at a time. */
export function looksAt<T, R>(items: readonly T[], look: (item: T) => Promise<R>): Promise<R[]> {
  const gate = new Gate(LOOKS_AT_ONCE);
  return Promise.all(items.map((item) => gate.pass(() => look(item))));
}

/** An angle has no mean: it is taken as a place on the circle. */
const ANGLE = IMAGE_STATISTICS.indexOf('hue');
const PARTS = 64;
const BATCH_BYTES = 2 ** 22;

/** Columns that are statistics; those behind them are parts. */
export const STATISTIC_COLUMNS = IMAGE_STATISTICS.length + 1;
export const TABLE_COLUMNS = STATISTIC_COLUMNS + PARTS;

/** `[images, TABLE_COLUMNS]`; NaN where a statistic is not defined. */
export function imageTable(images: readonly Image[]): Matrix64 {
  const data = new Float64Array(images.length * TABLE_COLUMNS);
  for (let first = 0; first < images.length; ) {
    const batch = sameSize(images, first);
    const statistics = [...imageStatistics(batch).values()];
    for (let i = 0; i < batch.rows; i++) {
      const to = data.subarray((first + i) * TABLE_COLUMNS, (first + i + 1) * TABLE_COLUMNS);
      fillStatistics(to, (column) => statistics[column]![i]!);
      const parts = brightnessParts(images[first + i]!);
      // Value by value: setting an array of another type takes several times as long.
      for (let part = 0; part < PARTS; part++) to[STATISTIC_COLUMNS + part] = parts[part]!;
    }
    first += batch.rows;
  }
  return { rows: images.length, columns: TABLE_COLUMNS, data };
}

/** The images from `first` on that follow each other with one size, as many as 4 MB hold. */
function sameSize(images: readonly Image[], first: number): PixelBatch {
  const { height, width, data } = images[first]!;
  const most = Math.max(1, Math.floor(BATCH_BYTES / data.length));
  let end = first + 1;
  while (end < images.length && end - first < most && images[end]!.height === height && images[end]!.width === width)
    end++;
  const joined = new Uint8Array((end - first) * data.length);
  for (let i = first; i < end; i++) joined.set(images[i]!.data, (i - first) * data.length);
  return { rows: end - first, height, width, data: joined };
}

export function eventTableRow({ statistics, images }: DriftBatch, row: number): Float64Array {
  const values = new Float64Array(TABLE_COLUMNS);
  fillStatistics(values, (column) => statistics?.[IMAGE_STATISTICS[column]!]?.[row] ?? Number.NaN);
  const grid = images?.grids?.[row];
  for (let part = 0; part < PARTS; part++) {
    const digits = typeof grid === 'string' ? grid.slice(2 * part, 2 * part + 2) : '';
    values[STATISTIC_COLUMNS + part] = Number.parseInt(digits, 16);
  }
  return values;
}

/** @param value of a statistic, by its number in `IMAGE_STATISTICS` */
function fillStatistics(to: Float64Array, value: (column: number) => number): void {
  for (let column = 0, at = 0; column < IMAGE_STATISTICS.length; column++) {
    if (column !== ANGLE) to[at++] = value(column);
    else {
      const angle = (value(column) * Math.PI) / 180;
      to[at++] = cos(angle);
      to[at++] = sin(angle);
    }
  }
}

export const CAUSE_SEED = 0;

/** Images in memory that all threads read. */
export interface PackedImages {
  /** `[images, 2]`: height and width of each. */
  sizes: Int32Array;
  /** The pixels of one image after the other, each `[height, width, 3]`. */
  pixels: SharedArrayBuffer;
}

export function packed(images: readonly Image[]): PackedImages {
  const pixels = new SharedArrayBuffer(images.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data } of images) {
    new Uint8Array(pixels).set(data, at);
    at += data.length;
  }
  return { sizes: Int32Array.from(images.flatMap(({ height, width }) => [height, width])), pixels };
}

function unpacked({ sizes, pixels }: PackedImages): Image[] {
  let at = 0;
  return Array.from({ length: sizes.length / 2 }, (_, i) => {
    const [height, width] = [sizes[2 * i]!, sizes[2 * i + 1]!];
    const data = new Uint8Array(pixels, at, 3 * height * width);
    at += data.length;
    return { height, width, data };
  });
}

export interface TableOrder {
  images: PackedImages;
  /** From the image `first` to the one before `end`. */
  first: number;
  end: number;
  /** In their order; none for the images as they are. */
  causes: readonly CauseSetting[];
}

/** `[images, TABLE_COLUMNS]`, as of `imageTable`. What is random in a cause depends on an image's number among all. */
export function changedTable({ images, first, end, causes }: TableOrder): Float64Array {
  const some = unpacked(images).slice(first, end);
  return imageTable(some.map((image, i) => applyCauses(image, causes, CAUSE_SEED, first + i))).data;
}
