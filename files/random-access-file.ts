/** A file that is read by offset, so an archive can be larger than memory. */
import { fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FileError, fileError } from './file-error.js';
import { checkRange, type RandomAccess, readNew } from './random-access.js';
import { checkRegular, READ_AT_ONCE } from './regular-file.js';

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
   * @param name how messages name the file, where its path says nothing to a user
   * @param stamp where it is a copy of another file, that file's
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
        .catch((error: unknown) => {
          throw fileError(this.path, error);
        });
      if (bytesRead === 0) throw new FileError('FILE_TRUNCATED', `${this.path}: shrank while it was being read`);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Size and time of a file. */
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
