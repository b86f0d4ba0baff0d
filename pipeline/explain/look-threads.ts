/** Tables of images with causes, on several threads: a search looks at hundreds of causes, each at hundreds of images. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CauseSetting } from '../../data/index.js';
import type { Matrix64 } from '../../drift/index.js';
import { Gate, ThreadPool, threadFlags } from '../../files/index.js';
import { type PackedImages, TABLE_COLUMNS, type TableOrder } from './changed-table.js';

const SCRIPT = new URL('./look-thread.js', import.meta.url);
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
      start: () => new Worker(SCRIPT, threadFlags()),
      message(order) {
        check();
        return { message: order };
      },
      died: (_, cause) =>
        cause instanceof Error ? cause : new Error(`a thread that looks at causes ended with ${cause}`),
      closed: () => new Error('no more tables are made'),
    });
  }

  /** `[images, TABLE_COLUMNS]`, as of `imageTable`: the same with any number of threads. @param causes in their order */
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

  /** Ends all threads. Tables that are not finished are given up. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Results in the order of the items, of which some are under way at a time. */
export function looksAt<T, R>(items: readonly T[], look: (item: T) => Promise<R>): Promise<R[]> {
  const gate = new Gate(LOOKS_AT_ONCE);
  return Promise.all(items.map((item) => gate.pass(() => look(item))));
}
