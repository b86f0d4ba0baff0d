/** Files and folders of the system. */
import { constants, type Dirent, existsSync, fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open, opendir, readdir, realpath, rm, stat } from 'node:fs/promises';
import type { Entry, Listed, OpenFile } from '../platform.js';

export { writeFile } from 'node:fs/promises';

/** Nothing happens if there is none. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** For the few callers that cannot wait. */
export function isThereNow(path: string): boolean {
  return existsSync(path);
}

/** Facts of what a link leads to. */
export async function statOf(path: string): Promise<Entry> {
  const stats = await stat(path);
  return { kind: kindOf(stats), size: stats.size, mtimeMs: stats.mtimeMs };
}

/** Null if nothing has this name, or this user cannot see it. */
export async function entryAt(path: string): Promise<Entry | null> {
  return statOf(path).catch(() => null);
}

/** The same text for the same folder, whichever path leads there. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}

export async function listFolder(path: string): Promise<Listed[]> {
  return (await readdir(path, { withFileTypes: true })).map(listed);
}

const ENTRIES_AT_ONCE = 1024;

/** Some at a time: a folder may have more than memory holds. */
export async function* entriesIn(path: string): AsyncGenerator<Listed[], void, undefined> {
  let entries: Listed[] = [];
  for await (const entry of await opendir(path, { bufferSize: ENTRIES_AT_ONCE })) {
    if (entries.push(listed(entry)) < ENTRIES_AT_ONCE) continue;
    yield entries;
    entries = [];
  }
  yield entries;
}

function listed(entry: Dirent): Listed {
  return { name: entry.name, kind: entry.isSymbolicLink() ? 'link' : kindOf(entry) };
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

export class NodeFile implements OpenFile {
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
