/** Makes the images of a listing ready for the model: on threads, or here where that is sooner or the only way. */
import {
  type ImageEntry,
  type ImageListing,
  ImagePool,
  type ReadyImage,
  type ReadySettings,
  readyImage,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import type { EmbedImagesOptions } from '../options/index.js';

/** So few images are ready before threads for them have started. */
const FEW = 48;

export class Ready {
  readonly #settings: ReadySettings;
  readonly #transform: EmbedImagesOptions['transform'];
  /** Null where all is done in the calling thread. */
  readonly #pool: ImagePool | null;

  constructor({ config }: Embedder, { count }: ImageListing, options: EmbedImagesOptions) {
    const { maxPixels, orientation, background, allowTruncated, corruption, statistics = true, transform } = options;
    const rule = config.preprocessing;
    const channels = rule.mean.length === 1 ? 1 : 3;
    this.#settings = { maxPixels, orientation, background, allowTruncated, corruption, statistics, rule, channels };
    this.#transform = transform;
    // A thread cannot be sent a function.
    this.#pool = count < FEW || transform !== undefined ? null : new ImagePool(this.#settings);
  }

  /** @throws DataError as `readyImage` */
  image(entry: ImageEntry, bytes: Uint8Array, where: string, row: number): Promise<ReadyImage> {
    const file = { bytes, where, row };
    if (this.#pool !== null) return this.#pool.ready(file);
    const transform = this.#transform;
    return readyImage(
      file,
      this.#settings,
      transform && ((batch) => transform({ ...batch, firstRow: row, labels: [entry.label] })),
    );
  }

  /** Gives back the pixels of an image, which may then be overwritten. */
  reuse(pixels: ReadyImage['pixels']): void {
    this.#pool?.reuse(pixels);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
