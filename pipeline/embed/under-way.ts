/** How many images of a listing are read and decoded ahead of the engine. */
import type { Embedder } from '../../engine/index.js';

/** For each thread of the engine, and some more: while one is decoded, others are read. */
const USUAL_A_THREAD = 2;
const USUAL = 8;
/** More are under way while the engine starts, where they are small: so many, or so many bytes of their files and pixels. */
const MOST = 64;
const BYTES = 2 ** 26;

export class UnderWay {
  readonly #usual: number;
  /** Bytes of an image's pixels when they are ready; null where all images keep sizes of their own. */
  readonly #pixels: number | null;
  readonly #images: number;
  readonly #whenFull: () => void;
  /** Resolves when the size of a file is known, with which `most` may grow. */
  readonly widened: Promise<void>;
  #widen: () => void = () => {};
  #given = 0;
  #largestFile: number | null = null;

  /**
   * @param images that there are
   * @param whenFull called once, when as many have been given to the decoder as may be under way
   */
  constructor({ config, threads }: Embedder, images: number, whenFull: () => void) {
    const { size, mean } = config.preprocessing;
    this.#usual = USUAL + USUAL_A_THREAD * threads;
    this.#pixels = size === null ? null : size[0] * size[1] * mean.length;
    this.#images = images;
    this.#whenFull = whenFull;
    this.widened = new Promise((resolve) => {
      this.#widen = resolve;
    });
  }

  get most(): number {
    if (this.#pixels === null || this.#largestFile === null) return this.#usual;
    const fitting = Math.floor(BYTES / (this.#pixels + this.#largestFile));
    return Math.max(this.#usual, Math.min(MOST, fitting));
  }

  /** An image was given to the decoder. @param bytes of its file */
  given(bytes: number): void {
    const wasFull = this.#isFull;
    this.#given++;
    this.#largestFile = Math.max(this.#largestFile ?? 0, bytes);
    if (this.#given === 1) this.#widen();
    if (!wasFull && this.#isFull) this.#whenFull();
  }

  get #isFull(): boolean {
    return this.#given >= Math.min(this.most, this.#images);
  }
}
