/** Files and folders of the system. */
import { constants, existsSync, fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import type { Entry, Listed, OpenFile } from '../platform.js';

export { writeFile } from 'node:fs/promises';

/** For the few callers that cannot wait. */
export function isThereNow(path: string): boolean {
  return existsSync(path);
}

/** Null if nothing has this name, or this user cannot see it. */
export async function entryAt(path: string): Promise<Entry | null> {
  const stats = await stat(path).catch(() => null);
  return stats && { kind: kindOf(stats), size: stats.size, mtimeMs: stats.mtimeMs };
}

export async function listFolder(path: string): Promise<Listed[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
}

/** The path without links; null if nothing is there. */
export async function realPath(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}

function kindOf(entry: Pick<Stats, 'isFile' | 'isDirectory'>): Entry['kind'] {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}

/** Opens for reading without blocking. Regular files are not affected. Windows has no such flag and no such pipes. */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** The error for what is not a regular file. */
export function refused(stats: Pick<Stats, 'isDirectory'>, path: string): Error {
  const [code, is] = stats.isDirectory() ? ['EISDIR', 'a folder'] : ['NOT_REGULAR', 'not a regular file'];
  return Object.assign(new Error(`${path} is ${is}`), { code, path });
}

class NodeFile implements OpenFile {
  readonly kind = 'file';
  readonly #handle: FileHandle;

  constructor(
    handle: FileHandle,
    readonly size: number,
    readonly mtimeMs: number,
  ) {
    this.#handle = handle;
  }

  async read(bytes: Uint8Array, offset: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.byteLength, offset);
    return bytesRead;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, READ_AT_ONCE);
  try {
    // Size and kind of an open file are at hand. To ask another thread takes longer, and takes a core from an engine.
    const stats = fstatSync(handle.fd);
    if (!stats.isFile()) throw refused(stats, path);
    return new NodeFile(handle, stats.size, stats.mtimeMs);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Writes all bytes at an offset. */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, offset + done);
    done += bytesWritten;
  }
}
