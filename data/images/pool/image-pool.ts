/** Makes images ready for a network on several threads; the calling thread moves bytes and computes nothing. */

import { cores, startThread, type ThreadMaker } from '#platform';
import { ThreadPool } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import {
  type ImageFile,
  type ImageRows,
  type ReadyImage,
  type ReadyRows,
  type ReadySettings,
  SharedRoom,
} from './ready-image.js';

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

export interface PoolSetting {
  settings: ReadySettings;
  room: ArrayBufferLike;
  thread: number;
}

/** @param spare where the pixels of a file may be written, if they fit */
export type PoolOrder = { file: ImageFile; spare: ArrayBuffer | undefined } | { rows: ImageRows };
export type PoolResult = { image: ReadyImage } | { rows: ReadyRows };

const startScript: ThreadMaker = (Worker) =>
  new Worker(new URL('./image-worker.js', import.meta.url), { type: 'module' });
/** Pixels lie outside of the JavaScript heap. V8's default of 48 MB for young objects would only fill with garbage. */
const YOUNG_MEGABYTES = 8;
const SECONDS_AN_IMAGE = 120;
/** Orders that a thread has at once: while the calling thread is busy, threads go on. */
const DEPTH = 8;
/** Bytes of decoded images at once. A larger image is decoded alone. */
const DECODED_BYTES = 2 ** 28;
/** Buffers that are kept: more than are under way are of no use. */
const MAX_SPARE = 64;

/**
 * Decodes and prepares images on threads of its own, several at once. Threads start with the first images, and do not
 * keep the process alive while they are idle. Memory is that of the images that were asked for and not taken yet:
 * give it only a few more than it has threads.
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
  readonly #pool: ThreadPool<PoolOrder, PoolResult>;
  readonly #spare: ArrayBuffer[] = [];

  constructor(options: ImagePoolOptions = {}) {
    const { threads: asked, script, secondsAnImage = SECONDS_AN_IMAGE, ...settings } = options;
    const threads = Math.max(1, asked ?? cores());
    const room = SharedRoom.of(DECODED_BYTES, threads);
    this.#pool = new ThreadPool({
      threads,
      depth: DEPTH,
      seconds: secondsAnImage,
      start(thread) {
        const start: ThreadMaker = script ? (Worker) => new Worker(script, { type: 'module' }) : startScript;
        return startThread(start, { settings, room: room.buffer, thread } satisfies PoolSetting, YOUNG_MEGABYTES);
      },
      message: (order) => this.#message(order),
      died: (order, cause) => lost(order, cause),
      closed: (order) => new DataError('IMAGE_POOL_CLOSED', `${placeOf(order)}: the image pool is closed`),
      ended: (thread) => room.leave(thread),
    });
  }

  /**
   * Copies the file's bytes. Answers may come in another order than images were given.
   * @throws DataError as `decodeImage`, `prepareImage`; `IMAGE_DECODER_DIED` if its thread died or took too long;
   * FileError
   */
  async ready(file: ImageFile): Promise<ReadyImage> {
    const result = await this.#pool.answer({ file, spare: undefined });
    return (result as Extract<PoolResult, { image: unknown }>).image;
  }

  /** The same for images of an array. Copies them. @throws as `readyRows`; `IMAGE_DECODER_DIED` */
  async readyRows(rows: ImageRows): Promise<ReadyRows> {
    const result = await this.#pool.answer({ rows });
    return (result as Extract<PoolResult, { rows: unknown }>).rows;
  }

  /** Gives back pixels that are not needed any more, so that others may be written there. */
  reuse({ data }: { data: Uint8Array }): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(data.buffer as ArrayBuffer);
  }

  /** Ends all threads at once. Images that are not ready yet are rejected. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Bytes are copied: what is sent is a whole buffer, of which they may be a small part. */
  #message(order: PoolOrder): { message: PoolOrder; transfer: ArrayBuffer[] } {
    if ('rows' in order) {
      const { data } = order.rows;
      const copy = this.#buffer(data.length);
      copy.set(data);
      return { message: { rows: { ...order.rows, data: copy } }, transfer: [copy.buffer] };
    }
    const { file } = order;
    const spare = this.#spare.pop();
    const transfer = spare === undefined ? [] : [spare];
    if (!(file.bytes instanceof Uint8Array)) return { message: { file, spare }, transfer };
    const bytes = new Uint8Array(file.bytes);
    return { message: { file: { ...file, bytes }, spare }, transfer: [bytes.buffer, ...transfer] };
  }

  #buffer(length: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare.pop();
    return spare?.byteLength === length ? new Uint8Array(spare) : new Uint8Array(length);
  }
}

function placeOf(order: PoolOrder): string {
  return 'rows' in order ? order.rows.where : order.file.where;
}

/** An image of which a thread died is given up, as the next thread would die of it too. */
function lost(order: PoolOrder, cause: unknown): DataError {
  const reason = cause instanceof Error ? cause.message : typeof cause === 'number' ? `it ended with ${cause}` : cause;
  const message = `${placeOf(order)}: the thread that decoded it was lost: ${reason}`;
  return new DataError('IMAGE_DECODER_DIED', message, { cause });
}
