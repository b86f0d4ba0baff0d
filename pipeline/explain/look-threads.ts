/** Tables of images with causes, on several threads: a search looks at hundreds of causes, each at hundreds of images. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CauseSetting } from '../../data/index.js';
import type { Matrix64 } from '../../drift/index.js';
import { endThread, Gate, threadFlags } from '../../files/index.js';
import { type PackedImages, TABLE_COLUMNS, type TableOrder } from './changed-table.js';

/** What a thread is sent; null ends it. */
export type LookMessage = TableOrder | null;

export type LookReply = { table: Float64Array } | { error: unknown };

const SCRIPT = new URL('./look-thread.js', import.meta.url);
/** More would have a handful of images each. */
const MOST_THREADS = 8;
/** Pixels of the images that have a cause at the same time, in each thread. */
const AT_ONCE = 2 ** 18;
/** Looks that do not depend on each other, under way at a time: where one ends, no thread waits for the others. */
const LOOKS_AT_ONCE = 3;

interface Job {
  order: TableOrder;
  resolve(table: Float64Array): void;
  reject(error: unknown): void;
}

/** Threads start with the first table, and do not keep the process alive while they are idle. */
export class LookThreads {
  readonly #check: () => void;
  readonly #threads: number;
  readonly #waiting: Job[] = [];
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();

  /** @param check called before each part of a table; what it throws ends the table */
  constructor(check: () => void = () => {}, threads = Math.min(MOST_THREADS, availableParallelism())) {
    this.#check = check;
    this.#threads = threads;
  }

  /** `[images, TABLE_COLUMNS]`, as of `imageTable`: the same with any number of threads. @param causes in their order */
  async table(images: PackedImages, causes: readonly CauseSetting[]): Promise<Matrix64> {
    const rows = images.sizes.length / 2;
    const [height, width] = images.sizes as unknown as [number, number];
    const most = Math.max(1, Math.floor(AT_ONCE / (height * width)));
    const size = Math.min(most, Math.ceil(rows / this.#threads));
    const parts = Array.from({ length: Math.ceil(rows / size) }, (_, i) =>
      this.#part({ images, first: i * size, end: Math.min(rows, (i + 1) * size), causes }),
    );
    const data = new Float64Array(rows * TABLE_COLUMNS);
    for (const [i, part] of (await Promise.all(parts)).entries()) data.set(part, i * size * TABLE_COLUMNS);
    return { rows, columns: TABLE_COLUMNS, data };
  }

  /** Ends all threads. Tables that are not finished are not heard of again. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    this.#busy.clear();
    await Promise.all(workers.map(endThread));
  }

  #part(order: TableOrder): Promise<Float64Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ order, resolve, reject });
      this.#assign();
    });
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.#threads ? this.#start() : null);
      if (worker === null) return;
      this.#give(worker, this.#waiting.shift()!);
    }
  }

  #give(worker: Worker, job: Job): void {
    try {
      this.#check();
    } catch (error) {
      this.#idle.push(worker);
      job.reject(error);
      return;
    }
    this.#busy.set(worker, job);
    worker.ref();
    worker.postMessage(job.order satisfies LookMessage);
  }

  #start(): Worker {
    const worker = new Worker(SCRIPT, threadFlags());
    worker.unref();
    worker.on('message', (reply: LookReply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`a thread that looks at causes ended with ${code}`)));
    return worker;
  }

  #finish(worker: Worker, reply: LookReply): void {
    const job = this.#busy.get(worker);
    if (job === undefined) return;
    this.#busy.delete(worker);
    this.#idle.push(worker);
    worker.unref();
    this.#assign();
    if ('table' in reply) job.resolve(reply.table);
    else job.reject(reply.error);
  }

  #lose(worker: Worker, error: Error): void {
    const job = this.#busy.get(worker);
    this.#busy.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    job?.reject(error);
    this.#assign();
  }
}

/** Results in the order of the items, of which some are under way at a time. */
export function looksAt<T, R>(items: readonly T[], look: (item: T) => Promise<R>): Promise<R[]> {
  const gate = new Gate(LOOKS_AT_ONCE);
  return Promise.all(items.map((item) => gate.pass(() => look(item))));
}
