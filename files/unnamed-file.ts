/** A file that has a name only while it is written. Nothing is left of it when the process ends, unless by `kill -9`. */
import { createScratch, type Scratch } from '#platform';
import { fileError, toFileError } from './file-error.js';
import { RandomAccessFile } from './random-access.js';

export class UnnamedFile {
  readonly #scratch: Scratch;
  readonly #name: string;
  #size = 0;

  private constructor(scratch: Scratch, name: string) {
    this.#scratch = scratch;
    this.#name = name;
  }

  /** In the system's temporary folder. @param name how messages name it @throws FileError */
  static async create(name: string): Promise<UnnamedFile> {
    const scratch = await createScratch().catch((error: Error & { path?: string }): never => {
      throw fileError(error.path ?? name, error);
    });
    return new UnnamedFile(scratch, name);
  }

  async add(chunk: Uint8Array): Promise<void> {
    await this.#scratch.write(chunk, this.#size).catch(toFileError(this.#name));
    this.#size += chunk.byteLength;
  }

  async restart(): Promise<void> {
    await this.#scratch.clear();
    this.#size = 0;
  }

  /** The file for reading, with the stamp of what it is a copy of. @throws FileError */
  async finish(stamp: string | null): Promise<RandomAccessFile> {
    return new RandomAccessFile(await this.#scratch.finish().catch(toFileError(this.#name)), this.#name, stamp);
  }

  /** Has no effect after `finish`. */
  discard(): Promise<void> {
    return this.#scratch.discard();
  }
}
