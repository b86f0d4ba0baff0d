/**
 * Files of servers, kept between runs where a user asks for it: found by URL and version, which the server is asked for
 * each time, and given only if their bytes are those that were written. A new version replaces the old one.
 */
import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { publicUrl } from '../../../base/index.js';
import {
  AtomicFile,
  makePrivateFolder,
  PRIVATE_FILE,
  readSmallText,
  sha256OfFile,
  toFileError,
  writeFileAtomically,
} from '../../system/index.js';
import type { Sink } from '../receive.js';

interface Kept {
  path: string;
  version: string;
  bytes: number;
  sha256: string;
}

const MAX_NOTE_BYTES = 64 * 1024;

export class FileCache {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws FileError if there can be no such folder */
  static async open(folder: string): Promise<FileCache> {
    await makePrivateFolder(folder).catch(toFileError(folder));
    return new FileCache(folder);
  }

  /** What is there of a URL; null for nothing. Whether it is still right, `isRight` says. */
  async find(url: string): Promise<Kept | null> {
    try {
      const text = await readSmallText(this.#note(url), MAX_NOTE_BYTES);
      const { version, bytes, sha256 } = JSON.parse(text) as Partial<Kept>;
      if (typeof version !== 'string' || typeof bytes !== 'number' || typeof sha256 !== 'string') return null;
      return { path: this.#data(url, version), version, bytes, sha256 };
    } catch {
      return null;
    }
  }

  /** Whether the bytes on the disk are those that were written. */
  async isRight({ path, bytes, sha256 }: Kept): Promise<boolean> {
    const found = await stat(path).catch(() => null);
    return found?.size === bytes && (await sha256OfFile(path).catch(() => null)) === sha256;
  }

  /** A file that is being written: it appears in the cache whole or not at all. @throws FileError */
  async begin(url: string, version: string): Promise<KeptFile> {
    const path = this.#data(url, version);
    await makePrivateFolder(dirname(path)).catch(toFileError(path));
    return new KeptFile(path, await AtomicFile.create(path, PRIVATE_FILE), async ({ bytes, sha256 }) => {
      const before = await this.find(url);
      const note = `${JSON.stringify({ version, bytes, sha256 })}\n`;
      await writeFileAtomically(this.#note(url), (file) => file.write(Buffer.from(note)), PRIVATE_FILE);
      if (before !== null && before.path !== path) await rm(before.path, { force: true });
    });
  }

  #note(url: string): string {
    return join(this.#folderOf(url), `${hash(publicUrl(url))}.json`);
  }

  #data(url: string, version: string): string {
    return join(this.#folderOf(url), hash(`${publicUrl(url)}\n${version}`));
  }

  /** A folder of a million files is slow on many disks. */
  #folderOf(url: string): string {
    return join(this.#folder, hash(publicUrl(url)).slice(0, 2));
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

class KeptFile implements Sink {
  #sha256 = createHash('sha256');
  #file: AtomicFile;
  readonly #path: string;
  readonly #note: (written: { bytes: number; sha256: string }) => Promise<void>;

  constructor(path: string, file: AtomicFile, note: (written: { bytes: number; sha256: string }) => Promise<void>) {
    this.#path = path;
    this.#file = file;
    this.#note = note;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#sha256.update(chunk);
    await this.#file.write(chunk);
  }

  async restart(): Promise<void> {
    await this.#file.discard();
    this.#file = await AtomicFile.create(this.#path, PRIVATE_FILE);
    this.#sha256 = createHash('sha256');
  }

  /** @returns the path of the file. @throws FileError */
  async commit(): Promise<string> {
    const bytes = this.#file.position;
    await this.#file.commit();
    await this.#note({ bytes, sha256: this.#sha256.digest('hex') });
    return this.#path;
  }

  /** Has no effect after `commit`. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }
}
