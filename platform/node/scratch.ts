/** Files and folders of which nothing is left when the process ends. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { type FileHandle, open, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenFile, Scratch } from '../platform.js';
import { NodeFile, writeAt } from './files.js';
import { trackUnfinished, untrackUnfinished } from './unfinished.js';

/** Rights for this user alone. */
const PRIVATE = 0o600;

class NodeScratch implements Scratch {
  readonly #handle: FileHandle;
  #size = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    await writeAt(this.#handle, bytes, offset);
    this.#size = Math.max(this.#size, offset + bytes.byteLength);
  }

  async read(bytes: Uint8Array, offset: number): Promise<number> {
    return (await this.#handle.read(bytes, 0, bytes.byteLength, offset)).bytesRead;
  }

  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  async finish(): Promise<OpenFile> {
    return new NodeFile(this.#handle, this.#size, Date.now());
  }

  discard(): Promise<void> {
    return this.#handle.close();
  }
}

/**
 * A file that loses its name as soon as it is open. Windows removes the name when it is closed. @param within default: the system's temporary folder
 */
export async function createScratch(within = tmpdir()): Promise<Scratch> {
  const path = join(within, `.image-drift.${randomBytes(6).toString('hex')}.partial`);
  trackUnfinished(path);
  try {
    const handle = await open(path, 'wx+', PRIVATE);
    await unlink(path);
    return new NodeScratch(handle);
  } finally {
    untrackUnfinished(path);
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
