/**
 * `decodeImage` on several threads.
 *
 * They share the processor with the engine's threads, and nobody divides it: both pools may have a thread for each core,
 * and the system gives a core to whichever has work. A caller that keeps only a few images under way makes decoding wait
 * for the engine where the engine is slower, and the engine wait for decoding where decoding is.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DataError } from '../../../data-error.js';
import type { DecodedImage, DecodeOptions } from '../decode-options.js';
import { type DecodeReply, type DecodeSetting, receiveError } from './messages.js';

/**
 * Settings of a decode pool.
 *
 * @example
 * ```ts
 * import { DecodePool, type DecodePoolOptions } from 'image-drift/data';
 *
 * const options: DecodePoolOptions = { threads: 2, orientation: 'apply' };
 * const pool = new DecodePool(options);
 * await pool.close();
 * ```
 */
export interface DecodePoolOptions extends DecodeOptions {
  /** Default: as many as the process has cores. */
  threads?: number | undefined;
  /** An image that takes longer is given up, in seconds. Default 120. */
  secondsAnImage?: number | undefined;
  /** What every thread runs, for tests. */
  script?: URL | undefined;
}

interface Job {
  bytes: Uint8Array;
  where: string;
  resolve(image: DecodedImage): void;
  reject(error: unknown): void;
}

const WORKER_SCRIPT = new URL('./decode-worker.js', import.meta.url);
/** Pixels lie outside of the JavaScript heap. V8's default of 48 MB for young objects would only fill with garbage. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 8 };
const SECONDS_AN_IMAGE = 120;

/**
 * Decodes images on threads of its own, several at once. Threads start with the first images, and do not keep the process
 * alive while they are idle. Memory is that of the images that were asked for and not taken yet: give it only a few more
 * than it has threads.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { DecodePool } from 'image-drift/data';
 *
 * const pool = new DecodePool();
 * const paths = ['cat.jpg', 'dog.png'];
 * const images = await Promise.all(paths.map(async (path) => pool.decode(await readFile(path), path)));
 * console.log(images.map(({ width, height }) => `${width}×${height}`));
 * await pool.close();
 * ```
 */
export class DecodePool {
  readonly #options: DecodePoolOptions;
  readonly #threads: number;
  readonly #waiting: Job[] = [];
  readonly #idle: Worker[] = [];
  /** Threads that decode, and what. */
  readonly #busy = new Map<Worker, { job: Job; timer: NodeJS.Timeout }>();
  #closed = false;

  constructor(options: DecodePoolOptions = {}) {
    this.#options = options;
    this.#threads = Math.max(1, options.threads ?? availableParallelism());
  }

  /**
   * Copies the bytes. Answers may come in another order than images were given.
   *
   * @param bytes the whole file
   * @param where how errors name it
   * @throws DataError as `decodeImage`; `IMAGE_DECODER_DIED` if the thread died of this image, or took too long
   */
  decode(bytes: Uint8Array, where: string): Promise<DecodedImage> {
    if (this.#closed) return Promise.reject(closed(where));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, where, resolve, reject });
      this.#assign();
    });
  }

  /** Ends all threads at once. Images that are not decoded yet are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    for (const { job, timer } of this.#busy.values()) {
      clearTimeout(timer);
      job.reject(closed(job.where));
    }
    this.#busy.clear();
    for (const job of this.#waiting.splice(0)) job.reject(closed(job.where));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? this.#start();
      if (worker === null) return;
      this.#give(worker, this.#waiting.shift()!);
    }
  }

  #start(): Worker | null {
    if (this.#busy.size + this.#idle.length >= this.#threads) return null;
    const { threads, script = WORKER_SCRIPT, secondsAnImage, ...options } = this.#options;
    const workerData: DecodeSetting = { options };
    const worker = new Worker(script, { workerData, resourceLimits: WORKER_LIMITS });
    worker.on('message', (reply: DecodeReply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#lose(worker, error.message, error));
    worker.on('exit', (code) => this.#lose(worker, `it ended with ${code}`));
    return worker;
  }

  #give(worker: Worker, job: Job): void {
    const seconds = this.#options.secondsAnImage ?? SECONDS_AN_IMAGE;
    const timer = setTimeout(() => this.#lose(worker, `it took more than ${seconds} s`), 1000 * seconds);
    this.#busy.set(worker, { job, timer });
    worker.ref();
    worker.postMessage({ bytes: job.bytes, where: job.where });
  }

  #finish(worker: Worker, reply: DecodeReply): void {
    const job = this.#take(worker);
    if (job === null) return;
    worker.unref();
    this.#idle.push(worker);
    this.#assign();
    if (reply.type === 'decoded') job.resolve(reply.image);
    else job.reject(reply.type === 'refused' ? receiveError(reply.error) : new Error(`${job.where}: ${reply.stack}`));
  }

  /** The thread has died, or is ended now. Its image is given up, as the next thread would die of it too. */
  #lose(worker: Worker, reason: string, cause?: unknown): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    const job = this.#take(worker);
    if (job === null) return;
    void worker.terminate();
    job.reject(
      new DataError('IMAGE_DECODER_DIED', `${job.where}: the thread that decoded it was lost: ${reason}`, { cause }),
    );
    this.#assign();
  }

  #take(worker: Worker): Job | null {
    const given = this.#busy.get(worker);
    if (given === undefined) return null;
    clearTimeout(given.timer);
    this.#busy.delete(worker);
    return given.job;
  }
}

function closed(where: string): DataError {
  return new DataError('IMAGE_POOL_CLOSED', `${where}: the decode pool is closed`);
}
