/**
 * A scratch file without a name: what is written is read back once, in order, and is gone with the process, however
 * that ends. It lies in the folder of the output, where there must be room for as much anyway.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../../files/index.js';

const BUFFER_BYTES = 256 * 1024;

export class SpoolFile {
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Bytes written so far. */
  size = 0;

  readonly #output: string;
  readonly #handle: FileHandle;

  private constructor(output: string, handle: FileHandle) {
    this.#output = output;
    this.#handle = handle;
  }

  /** @param output the file that it is a part of, which messages name @throws FileError */
  static async create(output: string): Promise<SpoolFile> {
    const path = join(dirname(output), `.image-drift.${randomBytes(6).toString('hex')}.partial`);
    try {
      const handle = await open(path, 'wx+');
      await unlink(path);
      return new SpoolFile(output, handle);
    } catch (error) {
      throw fileError(output, error);
    }
  }

  /** Appends; the chunk must not be changed afterwards. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.byteLength;
    this.size += chunk.byteLength;
    if (this.#pendingBytes >= BUFFER_BYTES) await this.#flush();
  }

  /** Everything from the beginning, in chunks. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#flush();
    for (let offset = 0; offset < this.size; ) {
      const chunk = new Uint8Array(Math.min(BUFFER_BYTES, this.size - offset));
      const { bytesRead } = await this.#handle.read(chunk, 0, chunk.byteLength, offset);
      if (bytesRead === 0) throw new Error('a scratch file became shorter');
      yield chunk.subarray(0, bytesRead);
      offset += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        done += (await this.#handle.write(bytes, done)).bytesWritten;
      }
    } catch (error) {
      throw fileError(this.#output, error);
    }
  }
}
