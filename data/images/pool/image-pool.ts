/**
 * Image files made ready for a network on several threads: decoded, measured, resized and cropped.
 *
 * They share the processor with the engine's threads, and nobody divides it: both pools may have a thread for each core,
 * and the system gives a core to whichever has work. A caller that keeps only a few images under way makes this pool wait
 * for the engine where the engine is slower, and the engine wait for this pool where the pool is.
 */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { endThread, threadFlags } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { type PoolOrder, type PoolReply, type PoolSetting, receiveError } from './messages.js';
import type { ImageFile, ReadyImage, ReadySettings } from './ready-image.js';

/**
 * Settings of an image pool. Without a rule, statistics and the like, images are decoded and nothing else.
 *
 * @example
 * ```ts
 * import { ImagePool, type ImagePoolOptions } from 'image-drift/data';
 *
 * const options: ImagePoolOptions = { threads: 2, orientation: 'apply' };
 * const pool = new ImagePool(options);
 * await pool.close();
 * ```
 */
export interface ImagePoolOptions extends ReadySettings {
  /** Default: as many as the process has cores. */
  threads?: number | undefined;
  /** An image that takes longer is given up, in seconds. Default 120. */
  secondsAnImage?: number | undefined;
  /** What every thread runs, for tests. */
  script?: URL | undefined;
}

interface Job {
  file: ImageFile;
  resolve(image: ReadyImage): void;
  reject(error: unknown): void;
}

const WORKER_SCRIPT = new URL('./image-worker.js', import.meta.url);
/** Pixels lie outside of the JavaScript heap. V8's default of 48 MB for young objects would only fill with garbage. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 8 };
const SECONDS_AN_IMAGE = 120;
/** Files that a thread has at once: while the calling thread is busy, threads go on. */
const DEPTH = 8;
/** Buffers that are kept: more than are under way are of no use. */
const MAX_SPARE = 64;

/**
 * Decodes and prepares images on threads of its own, several at once. Threads start with the first images, and do not
 * keep the process alive while they are idle. Memory is that of the images that were asked for and not taken yet: give it
 * only a few more than it has threads.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { ImagePool } from 'image-drift/data';
 *
 * const pool = new ImagePool();
 * const paths = ['cat.jpg', 'dog.png'];
 * const files = await Promise.all(paths.map(async (path) => ({ bytes: await readFile(path), where: path })));
 * const images = await Promise.all(files.map((file) => pool.ready(file)));
 * console.log(images.map(({ pixels }) => `${pixels.width}×${pixels.height}`));
 * await pool.close();
 * ```
 */
export class ImagePool {
  readonly #options: ImagePoolOptions;
  readonly #threads: number;
  readonly #waiting: Job[] = [];
  /** The files that each thread has, in the order in which it was given them, and the timer of the first. */
  readonly #seats = new Map<Worker, { jobs: Job[]; timer: NodeJS.Timeout | undefined }>();
  /** Pixels that nobody needs any more: threads write others there. */
  readonly #spare: ArrayBuffer[] = [];
  #closed = false;

  constructor(options: ImagePoolOptions = {}) {
    this.#options = options;
    this.#threads = Math.max(1, options.threads ?? availableParallelism());
  }

  /**
   * Copies the bytes of the file; the caller still needs them. Answers may come in another order than images were given.
   *
   * @throws DataError as `decodeImage` and `prepareImage`; `IMAGE_DECODER_DIED` if the thread died of this image, or took
   *   too long
   */
  ready(file: ImageFile): Promise<ReadyImage> {
    if (this.#closed) return Promise.reject(closed(file));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ file, resolve, reject });
      this.#assign();
    });
  }

  /** Gives back the pixels of an image that is not needed any more, so that a thread may write others there. */
  reuse({ data }: ReadyImage['pixels']): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(data.buffer as ArrayBuffer);
  }

  /** Ends all threads at once. Images that are not ready yet are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const seats = [...this.#seats];
    this.#seats.clear();
    for (const [, { jobs, timer }] of seats) {
      clearTimeout(timer);
      for (const job of jobs) job.reject(closed(job.file));
    }
    for (const job of this.#waiting.splice(0)) job.reject(closed(job.file));
    await Promise.all(seats.map(([worker, { jobs }]) => (jobs.length === 0 ? endThread(worker) : worker.terminate())));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#nextWorker();
      if (worker === null) return;
      this.#give(worker, this.#waiting.shift()!);
    }
  }

  /** An idle thread, a new one, or the one with the fewest files; null if all have enough. */
  #nextWorker(): Worker | null {
    const fewest = [...this.#seats].sort(([, a], [, b]) => a.jobs.length - b.jobs.length)[0];
    if (fewest === undefined || fewest[1].jobs.length > 0) {
      if (this.#seats.size < this.#threads) return this.#start();
    }
    return fewest !== undefined && fewest[1].jobs.length < DEPTH ? fewest[0] : null;
  }

  #start(): Worker {
    const { threads, script = WORKER_SCRIPT, secondsAnImage, ...settings } = this.#options;
    const workerData: PoolSetting = { settings };
    const worker = new Worker(script, { workerData, resourceLimits: WORKER_LIMITS, ...threadFlags() });
    this.#seats.set(worker, { jobs: [], timer: undefined });
    worker.on('message', (reply: PoolReply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#lose(worker, error.message, error));
    worker.on('exit', (code) => this.#lose(worker, `it ended with ${code}`));
    return worker;
  }

  #give(worker: Worker, job: Job): void {
    const { jobs } = this.#seats.get(worker)!;
    jobs.push(job);
    if (jobs.length === 1) this.#watch(worker);
    worker.ref();
    // A copy of its own: what is sent is the whole buffer, of which these bytes may be a small part.
    const bytes = new Uint8Array(job.file.bytes);
    const spare = this.#spare.pop();
    const order: PoolOrder = { file: { ...job.file, bytes }, spare };
    worker.postMessage(order, spare === undefined ? [bytes.buffer] : [bytes.buffer, spare]);
  }

  /** The time of a file begins when the thread begins with it. */
  #watch(worker: Worker): void {
    const seat = this.#seats.get(worker)!;
    clearTimeout(seat.timer);
    const seconds = this.#options.secondsAnImage ?? SECONDS_AN_IMAGE;
    const isAtWork = seat.jobs.length > 0;
    const late = () => this.#lose(worker, `it took more than ${seconds} s`);
    seat.timer = isAtWork ? setTimeout(late, 1000 * seconds) : undefined;
  }

  #finish(worker: Worker, reply: PoolReply): void {
    const job = this.#seats.get(worker)?.jobs.shift();
    if (job === undefined) return;
    this.#watch(worker);
    this.#assign();
    if (this.#seats.get(worker)?.jobs.length === 0) worker.unref();
    if (reply.type === 'ready') job.resolve(reply.image);
    else job.reject(reply.type === 'refused' ? receiveError(reply.error) : failedAt(job.file.where, reply.stack));
  }

  /** The thread has died, or is ended now. Its image is given up, as the next thread would die of it too; its others wait. */
  #lose(worker: Worker, reason: string, cause?: unknown): void {
    const seat = this.#seats.get(worker);
    if (seat === undefined) return;
    this.#seats.delete(worker);
    clearTimeout(seat.timer);
    void worker.terminate();
    const [job, ...others] = seat.jobs;
    this.#waiting.unshift(...others);
    if (job === undefined) return;
    job.reject(
      new DataError('IMAGE_DECODER_DIED', `${job.file.where}: the thread that decoded it was lost: ${reason}`, {
        cause,
      }),
    );
    this.#assign();
  }
}

function closed({ where }: ImageFile): DataError {
  return new DataError('IMAGE_POOL_CLOSED', `${where}: the image pool is closed`);
}

/** What a thread did not expect. Its stack is for --verbose, and no part of the message. */
function failedAt(where: string, stack: string): Error {
  const error = new Error(`${where}: ${stack.split('\n', 1)[0]}`);
  error.stack = stack;
  return error;
}
