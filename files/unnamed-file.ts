/** A file without a name, of which nothing is left when it is closed, or the process ends. */
import { createScratch, type Scratch } from '#platform';
import { fileError, toFileError } from './file-error.js';
import { RandomAccessFile } from './random-access.js';

export class UnnamedFile {
  readonly #scratch: Scratch;
  readonly #name: string;
  #size = 0;
  #isFinished = false;

  private constructor(scratch: Scratch, name: string) {
    this.#scratch = scratch;
    this.#name = name;
  }

  /** In the system's temporary folder. @param name how messages name it @throws FileError */
  static async create(name: string): Promise<UnnamedFile> {
    return new UnnamedFile(await createScratch().catch(withoutName), name);
  }

  async add(chunk: Uint8Array): Promise<void> {
    await this.#scratch.write(chunk, this.#size).catch(toFileError(this.#name));
    this.#size += chunk.byteLength;
  }

  async restart(): Promise<void> {
    await this.#scratch.clear();
    this.#size = 0;
  }

  /** The file for reading, with the stamp of what it is a copy of. */
  async finish(stamp: string | null): Promise<RandomAccessFile> {
    this.#isFinished = true;
    return new RandomAccessFile(await this.#scratch.finish(), this.#name, stamp);
  }

  /** Has no effect after `finish`. */
  async discard(): Promise<void> {
    if (!this.#isFinished) await this.#scratch.discard();
  }
}

function withoutName(error: Error & { path?: string }): never {
  throw fileError(error.path ?? 'a scratch file', error);
}
