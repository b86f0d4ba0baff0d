/** An output file that appears whole or not at all. */
import { checkOutput, createOutput, type Output } from '#platform';
import { FileError, fileError, toFileError } from './file-error.js';

/** Small writes are buffered up to this many bytes, so thousands of text rows take one system call. */
const BUFFER_BYTES = 256 * 1024;

export class AtomicFile {
  #buffer: Uint8Array | null = null;
  #pendingBytes = 0;
  #flushed = 0;
  #open = true;

  readonly #output: Output;

  private constructor(
    readonly path: string,
    output: Output,
  ) {
    this.#output = output;
  }

  /**
   * Until `commit`, `path` does not change. The new file keeps the mode of the old one, unless one is given; a link
   * stays, and its target is replaced. @throws FileError if the folder is missing or read-only, or `path` is not a file
   */
  static async create(path: string, mode: number | null = null): Promise<AtomicFile> {
    return new AtomicFile(path, await createOutput(path, mode).catch(toFileError(path)));
  }

  get position(): number {
    return this.#flushed + this.#pendingBytes;
  }

  /** Appends the chunk. Once the promise is fulfilled, the caller may change it. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#pendingBytes + chunk.byteLength > BUFFER_BYTES) await this.#flush();
    if (chunk.byteLength > BUFFER_BYTES) return this.#append(chunk);
    this.#buffer ??= new Uint8Array(BUFFER_BYTES);
    this.#buffer.set(chunk, this.#pendingBytes);
    this.#pendingBytes += chunk.byteLength;
  }

  /** Overwrites bytes written before, e.g. a row count that is known only at the end. */
  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#flush();
    if (offset < 0 || offset + bytes.byteLength > this.#flushed) {
      throw new RangeError(`patch of ${bytes.byteLength} bytes at ${offset}, but ${this.#flushed} bytes are written`);
    }
    await this.#output.write(bytes, offset).catch(toFileError(this.path));
  }

  /**
   * Puts all that was written on the disk, still under another name: a disk that is full says so here. Whoever makes
   * several files finishes all of them before the first gets its name. The file is closed afterwards.
   */
  async finish(): Promise<void> {
    if (!this.#open) return;
    try {
      await this.#flush();
      await this.#output.finish();
      this.#open = false;
    } catch (error) {
      await this.discard();
      throw fileError(this.path, error);
    }
  }

  /** Gives the file its final name. The file is closed afterwards, even after an error. */
  async commit(): Promise<void> {
    await this.finish();
    try {
      await this.#output.commit();
    } catch (error) {
      await this.discard();
      throw fileError(this.path, error);
    }
  }

  /** Removes what is not committed. */
  discard(): Promise<void> {
    return this.#output.discard();
  }

  async #flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes = this.#buffer!.subarray(0, this.#pendingBytes);
    this.#pendingBytes = 0;
    await this.#append(bytes);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#output.write(bytes, this.#flushed).catch(toFileError(this.path));
    this.#flushed += bytes.byteLength;
  }
}

export async function writeFileAtomically<T>(
  path: string,
  fill: (file: AtomicFile) => Promise<T>,
  mode: number | null = null,
): Promise<T> {
  const file = await AtomicFile.create(path, mode);
  try {
    const result = await fill(file);
    await file.commit();
    return result;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** @throws FileError `FILE_NOT_FOUND`, `FILE_NOT_PERMITTED`, `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
export async function checkOutputPlace(path: string): Promise<void> {
  const missing = await checkOutput(path).catch(toFileError(path));
  if (missing === null) return;
  throw new FileError('FILE_NOT_FOUND', `${path}: there is no folder ${missing} to write it in`, {
    hint: 'Make the folder first.',
  });
}
