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

/** Windows removes no file that somebody has open. */
const KEEPS_OPEN_FILES = process.platform === 'win32';

class NodeScratch implements Scratch {
  readonly #folder: string;
  readonly #handle: FileHandle;
  readonly #keepsOpenFiles: boolean;
  #isFinished = false;

  constructor(folder: string, handle: FileHandle, keepsOpenFiles: boolean) {
    this.#folder = folder;
    this.#handle = handle;
    this.#keepsOpenFiles = keepsOpenFiles;
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return writeAt(this.#handle, bytes, offset);
  }

  clear(): Promise<void> {
    return this.#handle.truncate(0);
  }

  /** Open, it needs no name. */
  async finish(): Promise<OpenFile> {
    const file = await openFile(join(this.#folder, 'file')).catch(async (error: unknown) => {
      await this.discard();
      throw error;
    });
    this.#isFinished = true;
    await this.#handle.close();
    if (!this.#keepsOpenFiles) await removeScratchFolder(this.#folder);
    return this.#keepsOpenFiles ? removedWhenClosed(file, this.#folder) : file;
  }

  async discard(): Promise<void> {
    if (this.#isFinished) return;
    await this.#handle.close();
    await removeScratchFolder(this.#folder);
  }
}

function removedWhenClosed(file: OpenFile, folder: string): OpenFile {
  const { kind, size, mtimeMs } = file;
  const close = () => file.close().then(() => removeScratchFolder(folder));
  return { kind, size, mtimeMs, read: (bytes, offset) => file.read(bytes, offset), close };
}

/** In the system's temporary folder. */
export async function createScratch(keepsOpenFiles = KEEPS_OPEN_FILES): Promise<Scratch> {
  const folder = makeScratchFolder('image-drift-');
  try {
    return new NodeScratch(folder, await open(join(folder, 'file'), 'wx'), keepsOpenFiles);
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
