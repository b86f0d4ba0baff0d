/** Reads a file by offset, and the small reads that follow each other from one window: 20,000 columns have as many pages. */
import type { RandomAccess } from '../../files/index.js';

const WINDOW_BYTES = 256 * 1024;
/** A longer read goes to the file itself. */
const SMALL_BYTES = 16 * 1024;
/** So many small reads side by side show that more will follow. */
const READS_IN_A_ROW = 4;

export type PageSource = Pick<RandomAccess, 'path' | 'size' | 'read'>;

export class ReadAhead implements PageSource {
  readonly path: string;
  readonly size: number;
  readonly #file: RandomAccess;
  #window: { at: number; bytes: Uint8Array } = { at: 0, bytes: new Uint8Array(0) };
  #previous = 0;
  #inARow = 0;

  constructor(file: RandomAccess) {
    this.#file = file;
    this.path = file.path;
    this.size = file.size;
  }

  /** May give a view of the window, which is never written to again. @throws as `RandomAccess.read` */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const near = length <= SMALL_BYTES && Math.abs(offset - this.#previous) <= SMALL_BYTES;
    this.#inARow = near ? this.#inARow + 1 : 0;
    this.#previous = offset;
    const known = this.#fromWindow(offset, length);
    if (known !== null) return known;
    const ahead = Math.min(WINDOW_BYTES, this.size - offset);
    if (this.#inARow < READS_IN_A_ROW || length > ahead) return this.#file.read(offset, length);
    const bytes = await this.#file.read(offset, ahead);
    this.#window = { at: offset, bytes };
    return bytes.subarray(0, length);
  }

  #fromWindow(offset: number, length: number): Uint8Array | null {
    const { at, bytes } = this.#window;
    const begin = offset - at;
    return begin >= 0 && begin + length <= bytes.byteLength ? bytes.subarray(begin, begin + length) : null;
  }
}
