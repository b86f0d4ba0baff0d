/**
 * A file that has a name only while it is written. Nothing is left of it when the process ends by itself, by an error
 * or by a signal; `kill -9` while it is written leaves it in the system's folder for temporary files.
 */
import { mkdtempSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenFile, Scratch } from '../platform.js';
import { openFile, writeAt } from './files.js';
import { trackUnfinished, untrackUnfinished } from './unfinished.js';

class NodeScratch implements Scratch {
  readonly #folder: string;
  readonly #handle: FileHandle;

  constructor(folder: string, handle: FileHandle) {
    this.#folder = folder;
    this.#handle = handle;
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return writeAt(this.#handle, bytes, offset);
  }

  clear(): Promise<void> {
    return this.#handle.truncate(0);
  }

  /** Open, it needs no name. */
  async finish(): Promise<OpenFile> {
    try {
      return await openFile(join(this.#folder, 'file'));
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    await removeScratchFolder(this.#folder);
  }
}

/** In the system's temporary folder. */
export async function createScratch(): Promise<Scratch> {
  const folder = makeScratchFolder('image-drift-');
  try {
    return new NodeScratch(folder, await open(join(folder, 'file'), 'wx'));
  } catch (error) {
    await removeScratchFolder(folder);
    throw error;
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
