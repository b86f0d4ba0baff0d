/**
 * A file that has a name only while it is written. Nothing is left of it when the process ends by itself, by an error
 * or by a signal; `kill -9` while it is written leaves it in the system's folder for temporary files.
 */

import { mkdtempSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError } from './file-error.js';
import { RandomAccessFile, writeAt } from './random-access.js';
import { trackUnfinished, untrackUnfinished } from './unfinished.js';

export class UnnamedFile {
  readonly #folder: string;
  readonly #handle: FileHandle;
  readonly #name: string;
  #size = 0;

  private constructor(folder: string, handle: FileHandle, name: string) {
    this.#folder = folder;
    this.#handle = handle;
    this.#name = name;
  }

  /** In the system's temporary folder. @param name how messages name it @throws FileError */
  static async create(name: string): Promise<UnnamedFile> {
    const folder = makeFolder();
    try {
      return new UnnamedFile(folder, await open(join(folder, 'file'), 'wx'), name);
    } catch (error) {
      await removeScratchFolder(folder);
      throw fileError(folder, error);
    }
  }

  async add(chunk: Uint8Array): Promise<void> {
    await writeAt(this.#handle, chunk, this.#size, this.#name);
    this.#size += chunk.byteLength;
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  /** The file for reading, with the stamp of what it is a copy of. Open, it needs no name. @throws FileError */
  async finish(stamp: string | null): Promise<RandomAccessFile> {
    try {
      return await RandomAccessFile.open(join(this.#folder, 'file'), this.#name, stamp);
    } finally {
      await this.discard();
    }
  }

  /** Has no effect after `finish`. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await removeScratchFolder(this.#folder);
  }
}

function makeFolder(): string {
  try {
    return makeScratchFolder('image-drift-');
  } catch (error) {
    throw fileError(tmpdir(), error);
  }
}

/**
 * A folder for scratch files, which is removed when the process exits, unless by `kill -9`. Without a wait between
 * making and tracking it: a signal there would leave it behind.
 */
export function makeScratchFolder(prefix: string, within = tmpdir()): string {
  const folder = mkdtempSync(join(within, prefix));
  trackUnfinished(folder);
  return folder;
}

export async function removeScratchFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  untrackUnfinished(folder);
}
