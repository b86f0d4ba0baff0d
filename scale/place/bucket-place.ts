/**
 * A run under a bucket's prefix. What a task makes stays on its own machine until it is whole; then it is sent with
 * `If-None-Match: *`, so that the first one of a name stays. An object stands for each attempt.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { ObjectStore } from '../../files/download/index.js';
import {
  makeScratchFolder,
  type RandomAccess,
  RandomAccessFile,
  removeScratchFolder,
} from '../../files/system/index.js';
import { ScaleError } from '../scale-error.js';
import {
  ATTEMPTS,
  type Attempt,
  attemptOf,
  type BegunAttempt,
  isLeft,
  type RunPlace,
  UNIQUE_CHARACTERS,
} from './run-place.js';

/** The longest file that is read whole: a part of the listing, or a list of rejected images. */
const MOST_BYTES = 2 ** 30;

export class BucketPlace implements RunPlace {
  readonly run: string;
  readonly #store: ObjectStore;

  /** @param url such as `s3://bucket/run`, with or without a slash at its end */
  constructor(url: string, store = new ObjectStore({ most: MOST_BYTES })) {
    this.run = url.replace(/\/+$/, '');
    this.#store = store;
  }

  pathOf(name: string): string {
    return `${this.run}/${name}`;
  }

  async read(name: string, most: number): Promise<Uint8Array | null> {
    const bytes = await this.#store.read(this.pathOf(name));
    if (bytes === null || bytes.byteLength <= most) return bytes;
    const [found, limit] = [bytes.byteLength.toLocaleString('en'), most.toLocaleString('en')];
    const message = `${this.pathOf(name)}: ${found} bytes, such a file has at most ${limit}`;
    throw new ScaleError('RUN_FILE_TOO_LARGE', message);
  }

  open(name: string): Promise<RandomAccess> {
    return this.#store.open(this.pathOf(name));
  }

  size(name: string): Promise<number | null> {
    return this.#store.size(this.pathOf(name));
  }

  async list(folder: string): Promise<ReadonlyMap<string, number>> {
    const found = await this.#objectsIn(folder);
    return new Map(found.map(({ key, bytes }) => [key, bytes]));
  }

  async create(name: string, made: string): Promise<boolean> {
    const file = await RandomAccessFile.open(made);
    try {
      return await this.#store.create(this.pathOf(name), file);
    } finally {
      await file.close();
    }
  }

  /** The same text that is there already may be this call's own: the answer to its first try was lost. */
  async createText(name: string, text: string): Promise<boolean> {
    const bytes = Buffer.from(text);
    if (await this.#store.create(this.pathOf(name), inMemory(name, bytes))) return true;
    const there = await this.#store.read(this.pathOf(name));
    return there !== null && bytes.equals(there);
  }

  writeText(name: string, text: string): Promise<void> {
    return this.#store.write(this.pathOf(name), Buffer.from(text));
  }

  remove(name: string): Promise<void> {
    return this.#store.remove(this.pathOf(name));
  }

  async begin(attempt: string): Promise<Attempt> {
    const name = `${ATTEMPTS}/${attempt}-${randomBytes(UNIQUE_CHARACTERS / 2).toString('hex')}`;
    const folder = makeScratchFolder('image-drift-run-');
    try {
      await this.writeText(name, `${JSON.stringify({ host: hostname() })}\n`);
    } catch (error) {
      await removeScratchFolder(folder);
      throw error;
    }
    const end = async () => {
      await removeScratchFolder(folder);
      await this.remove(name);
    };
    return { folder, end };
  }

  async attempts(): Promise<readonly BegunAttempt[]> {
    const found = await this.#objectsIn(ATTEMPTS);
    return found.flatMap(({ key, modified }) => {
      const name = attemptOf(key);
      return name === null || modified === null ? [] : [{ name, began: modified }];
    });
  }

  async removeAttempts(attempt?: string): Promise<void> {
    for (const { key } of await this.#objectsIn(ATTEMPTS)) {
      if (isLeft(attemptOf(key), attempt)) await this.remove(`${ATTEMPTS}/${key}`);
    }
    for (const upload of await this.#store.uploads(`${this.run}/`)) {
      const [file = ''] = upload.url.slice(upload.url.lastIndexOf('/') + 1).split('.');
      if (isLeft(file, attempt)) await this.#store.abort(upload);
    }
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Those directly in a folder, but for hidden ones. */
  async #objectsIn(folder: string) {
    const found = await this.#store.list(`${this.run}/${folder}/`);
    return found.filter(({ key }) => key !== '' && !key.includes('/') && !key.startsWith('.'));
  }
}

function inMemory(path: string, bytes: Uint8Array): RandomAccess {
  return {
    ...{ path, size: bytes.byteLength, stamp: null },
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    readInto: async (into, offset) => into.set(bytes.subarray(offset, offset + into.byteLength)),
    close: async () => {},
  };
}
