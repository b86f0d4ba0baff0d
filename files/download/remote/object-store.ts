/**
 * Objects of buckets, read and written. A file becomes an object whole or not at all, and the first one of a key stays.
 * What was cut is tried again, with growing pauses; an upload in parts that comes to nothing is aborted.
 */
import type { RandomAccess } from '../../index.js';
import { DownloadError } from '../download-error.js';
import { persist } from '../receive.js';
import { Interruption } from '../request-file.js';
import type { ObjectName } from '../s3/buckets.js';
import type { BucketWriting, Upload, Written } from '../s3/writing.js';
import { type RemoteOptions, RemoteStore } from './remote-store.js';

/** The least that S3 takes as a part, but for the last one. Slow lines bring it within the time that an answer may take. */
const PART_BYTES = 5 * 2 ** 20;
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 4;
const IN_FLIGHT = 64;

export class ObjectStore {
  readonly #files: RemoteStore;
  readonly #options: RemoteOptions;
  /** Whether the server knows `If-None-Match`, as far as it has said. */
  #hasConditions = true;

  constructor(options: RemoteOptions) {
    this.#options = options;
    this.#files = new RemoteStore({ inFlight: IN_FLIGHT, ...options });
  }

  /** Null where there is no such object. @throws as `RemoteStore.read` */
  async read(url: string): Promise<Uint8Array | null> {
    return this.#files.read(url).catch((error: unknown) => {
      if (error instanceof DownloadError && error.code === 'DOWNLOAD_NOT_FOUND') return null;
      throw error;
    });
  }

  open(url: string): Promise<RandomAccess> {
    return this.#files.open(url);
  }

  list(url: string): Promise<ObjectName[]> {
    return this.#files.list(url);
  }

  async size(url: string): Promise<number | null> {
    const buckets = await this.#files.buckets();
    return this.#again(url, () => buckets.size(url));
  }

  /** False where there is one already: of somebody else, or of a try of this call whose answer was lost. */
  async create(url: string, file: RandomAccess): Promise<boolean> {
    return this.#again(url, async () => {
      // Servers without conditions let the last one win; those with them are spared what is there already.
      if ((await this.size(url)) !== null) return false;
      const written =
        file.size <= PART_BYTES ? await this.#put(url, file) : await this.#inParts(url, file, this.#hasConditions);
      if (written === 'again') throw new Interruption('somebody else writes this object now (409)');
      if (written !== 'unknown') return written === 'made';
      this.#hasConditions = false;
      throw new Interruption('the server has no If-None-Match (501)', 0);
    });
  }

  async write(url: string, body: Uint8Array): Promise<void> {
    const { put } = await this.#writing();
    await this.#again(url, async () => {
      if ((await put(url, body, false)) !== 'made') throw new Interruption('somebody else writes this object now');
    });
  }

  async remove(url: string): Promise<void> {
    const { remove } = await this.#writing();
    await this.#again(url, () => remove(url));
  }

  /** Uploads in parts that have begun and did not end. */
  async uploads(url: string): Promise<Upload[]> {
    const { uploads } = await this.#writing();
    return this.#again(url, () => uploads(url));
  }

  /** One that has ended by itself is no error. */
  async abort(upload: Upload): Promise<void> {
    const { abort } = await this.#writing();
    await this.#again(upload.url, () => abort(upload)).catch((error: unknown) => {
      if (!(error instanceof DownloadError) || error.code !== 'DOWNLOAD_NOT_FOUND') throw error;
    });
  }

  close(): Promise<void> {
    return this.#files.close();
  }

  async #writing(): Promise<BucketWriting> {
    return (await this.#files.buckets()).writing;
  }

  #again<T>(url: string, attempt: () => Promise<T>): Promise<T> {
    return persist(url, attempt, () => 0, this.#options);
  }

  async #put(url: string, file: RandomAccess): Promise<Written> {
    const { put } = await this.#writing();
    return put(url, await file.read(0, file.size), this.#hasConditions);
  }

  async #inParts(url: string, file: RandomAccess, isNew: boolean): Promise<Written> {
    const { begin, finish } = await this.#writing();
    const upload = await this.#again(url, () => begin(url));
    let written: Written | null = null;
    try {
      const parts = await this.#sendParts(upload, file);
      written = await this.#again(url, () => finish(upload, parts, isNew));
      return written;
    } catch (error) {
      // Whoever has done the same before may have ended it, or an answer was lost: then the object is there.
      if (!(error instanceof DownloadError) || error.code !== 'DOWNLOAD_NOT_FOUND') throw error;
      throw new Interruption('the upload in parts was ended by somebody else', null, { cause: error });
    } finally {
      if (written !== 'made') await this.abort(upload).catch(() => undefined);
    }
  }

  async #sendParts(upload: Upload, file: RandomAccess): Promise<(string | undefined)[]> {
    const { part } = await this.#writing();
    const bytes = Math.max(PART_BYTES, Math.ceil(file.size / MOST_PARTS));
    const sent: (string | undefined)[] = new Array(Math.ceil(file.size / bytes));
    let next = 0;
    const sender = async () => {
      for (let i = next++; i < sent.length; i = next++) {
        const body = await file.read(i * bytes, Math.min(bytes, file.size - i * bytes));
        sent[i] = await this.#again(upload.url, () => part(upload, i + 1, body));
      }
    };
    const stopping = () =>
      sender().catch((error: unknown) => {
        next = sent.length;
        throw error;
      });
    // All have stopped before the upload is aborted: a part that comes later would stay.
    const ended = await Promise.allSettled(Array.from({ length: PARTS_AT_ONCE }, stopping));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    return sent;
  }
}
