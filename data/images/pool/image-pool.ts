/**
 * Image files made ready for a network on several threads: decoded, measured, resized and cropped.
 *
 * They share the processor with the engine's threads, and nobody divides it: both pools may have a thread for each core,
 * and the system gives a core to whichever has work. A caller that keeps only a few images under way makes this pool wait
 * for the engine where the engine is slower, and the engine wait for this pool where the pool is.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DataError } from '../../data-error.js';
import { type PoolReply, type PoolSetting, receiveError } from './messages.js';
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
  readonly #idle: Worker[] = [];
  /** Threads at work, and on what. */
  readonly #busy = new Map<Worker, { job: Job; timer: NodeJS.Timeout }>();
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

  /** Ends all threads at once. Images that are not ready yet are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    for (const { job, timer } of this.#busy.values()) {
      clearTimeout(timer);
      job.reject(closed(job.file));
    }
    this.#busy.clear();
    for (const job of this.#waiting.splice(0)) job.reject(closed(job.file));
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
    const { threads, script = WORKER_SCRIPT, secondsAnImage, ...settings } = this.#options;
    const workerData: PoolSetting = { settings };
    const worker = new Worker(script, { workerData, resourceLimits: WORKER_LIMITS });
    worker.on('message', (reply: PoolReply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#lose(worker, error.message, error));
    worker.on('exit', (code) => this.#lose(worker, `it ended with ${code}`));
    return worker;
  }

  #give(worker: Worker, job: Job): void {
    const seconds = this.#options.secondsAnImage ?? SECONDS_AN_IMAGE;
    const timer = setTimeout(() => this.#lose(worker, `it took more than ${seconds} s`), 1000 * seconds);
    this.#busy.set(worker, { job, timer });
    worker.ref();
    // A copy of its own: what is sent is the whole buffer, of which these bytes may be a small part.
    const bytes = new Uint8Array(job.file.bytes);
    worker.postMessage({ ...job.file, bytes }, [bytes.buffer]);
  }

  #finish(worker: Worker, reply: PoolReply): void {
    const job = this.#take(worker);
    if (job === null) return;
    worker.unref();
    this.#idle.push(worker);
    this.#assign();
    if (reply.type === 'ready') job.resolve(reply.image);
    else
      job.reject(reply.type === 'refused' ? receiveError(reply.error) : new Error(`${job.file.where}: ${reply.stack}`));
  }

  /** The thread has died, or is ended now. Its image is given up, as the next thread would die of it too. */
  #lose(worker: Worker, reason: string, cause?: unknown): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    const job = this.#take(worker);
    if (job === null) return;
    void worker.terminate();
    job.reject(
      new DataError('IMAGE_DECODER_DIED', `${job.file.where}: the thread that decoded it was lost: ${reason}`, {
        cause,
      }),
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

function closed({ where }: ImageFile): DataError {
  return new DataError('IMAGE_POOL_CLOSED', `${where}: the image pool is closed`);
}
