/** A file that is read by offset, so an archive can be larger than memory. */
import { type FileHandle, open } from 'node:fs/promises';
import { FileError, fileError } from './file-error.js';
import { checkRegular, READ_AT_ONCE } from './regular-file.js';

export class RandomAccessFile {
  readonly #handle: FileHandle;

  private constructor(
    readonly path: string,
    /** Size in bytes when the file was opened. */
    readonly size: number,
    handle: FileHandle,
  ) {
    this.#handle = handle;
  }

  /** @throws FileError if the path is missing, unreadable or not a regular file */
  static async open(path: string): Promise<RandomAccessFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, READ_AT_ONCE);
      const stat = await handle.stat();
      checkRegular(path, stat);
      return new RandomAccessFile(path, stat.size, handle);
    } catch (error) {
      await handle?.close();
      throw fileError(path, error);
    }
  }

  /**
   * Reads exactly `length` bytes from `offset` into a new buffer.
   * @throws FileError `FILE_TRUNCATED` if the file ends too early
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#checkRange(offset, length);
    const bytes = new Uint8Array(length);
    await this.readInto(bytes, offset);
    return bytes;
  }

  /** Fills `bytes` from `offset`. @throws as `read` */
  async readInto(bytes: Uint8Array, offset: number): Promise<void> {
    const length = bytes.byteLength;
    this.#checkRange(offset, length);
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

  /** Checked before memory is allocated, because a damaged file may promise any length. */
  #checkRange(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new FileError(
        'FILE_TRUNCATED',
        `${this.path}: ${length.toLocaleString('en')} bytes wanted at offset ${offset.toLocaleString('en')}, ` +
          `the file has ${this.size.toLocaleString('en')}`,
      );
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
