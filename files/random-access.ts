/** What readers of archives and tables need of a file: bytes by offset, wherever the file is. */

import type { Hash } from 'node:crypto';
import { constants, fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { FileError, fileError, toFileError } from './file-error.js';

export interface RandomAccess {
  /** How messages name the file: its path, or its URL. */
  readonly path: string;
  readonly size: number;
  /** Another text when the file has changed: its size, and its time or its validator; null where nobody knows. */
  readonly stamp: string | null;
  /** A new buffer of exactly `length` bytes. @throws FileError `FILE_TRUNCATED` if the file ends too early */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `bytes` from `offset`. @throws as `read` */
  readInto(bytes: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

export async function readNew(file: Omit<RandomAccess, 'read'>, offset: number, length: number): Promise<Uint8Array> {
  checkRange(file, offset, length);
  const bytes = new Uint8Array(length);
  await file.readInto(bytes, offset);
  return bytes;
}

/** Checks before memory is allocated, as a damaged file may promise any length. @throws FileError `FILE_TRUNCATED` */
export function checkRange({ path, size }: Pick<RandomAccess, 'path' | 'size'>, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new FileError(
    'FILE_TRUNCATED',
    `${path}: ${length.toLocaleString('en')} bytes wanted at offset ${offset.toLocaleString('en')}, ` +
      `the file has ${size.toLocaleString('en')}`,
  );
}

/** Opens for reading without blocking. Regular files are not affected. Windows has no such flag and no such pipes. */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** @throws FileError `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
export function checkRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new FileError('FILE_IS_FOLDER', `${path}: is a folder, a file is needed`);
  throw new FileError('FILE_NOT_REGULAR', `${path}: is a pipe or a device, a regular file is needed`);
}

/** Whether anything has this name: a file, a folder, or a link to one. One that this user cannot see counts as absent. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

export class RandomAccessFile implements RandomAccess {
  readonly #handle: FileHandle;

  private constructor(
    readonly path: string,
    /** Size in bytes when the file was opened. */
    readonly size: number,
    readonly stamp: string | null,
    handle: FileHandle,
  ) {
    this.#handle = handle;
  }

  /**
   * @param name how messages name the file @param stamp that of the file that this is a copy of
   * @throws FileError if the path is missing, unreadable or not a regular file
   */
  static async open(path: string, name = path, stamp?: string | null): Promise<RandomAccessFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, READ_AT_ONCE);
      // Size and kind of an open file are at hand. To ask another thread takes longer, and takes a core from an engine.
      const stat = fstatSync(handle.fd);
      checkRegular(path, stat);
      return new RandomAccessFile(name, stat.size, stamp === undefined ? stampOf(stat) : stamp, handle);
    } catch (error) {
      await handle?.close();
      throw fileError(path, error);
    }
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return readNew(this, offset, length);
  }

  async readInto(bytes: Uint8Array, offset: number): Promise<void> {
    const length = bytes.byteLength;
    checkRange(this, offset, length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle
        .read(bytes, done, length - done, offset + done)
        .catch(toFileError(this.path));
      if (bytesRead === 0) throw new FileError('FILE_TRUNCATED', `${this.path}: shrank while it was being read`);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Writes all bytes at an offset. @param name how messages name the file @throws FileError */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, offset: number, name: string): Promise<void> {
  try {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, offset + done);
      done += bytesWritten;
    }
  } catch (error) {
    throw fileError(name, error);
  }
}

export function stampOf({ size, mtimeMs }: Pick<Stats, 'size' | 'mtimeMs'>): string {
  return `${size} bytes, ${mtimeMs}`;
}

/** A stamp for people, with the time as ISO 8601. Versions that a server names are as they are. */
export function stampText(stamp: string | null): string {
  const [, bytes, milliseconds, fraction = ''] = /^(\d+) bytes, (-?\d+)(?:\.(\d+))?$/.exec(stamp ?? '') ?? [];
  const time = new Date(Number(milliseconds));
  if (bytes === undefined || Number.isNaN(time.getTime())) return String(stamp);
  // Two times may differ by less than a millisecond.
  return `${Number(bytes).toLocaleString('en')} bytes of ${time.toISOString().replace('Z', `${fraction}Z`)}`;
}

const CHUNK_BYTES = 4 * 2 ** 20;

/** Adds all bytes of a file to a hash. @returns the hash @throws as `file.read` */
export async function addToHash(hash: Hash, file: RandomAccess): Promise<Hash> {
  for (let at = 0; at < file.size; at += CHUNK_BYTES) {
    hash.update(await file.read(at, Math.min(CHUNK_BYTES, file.size - at)));
  }
  return hash;
}
