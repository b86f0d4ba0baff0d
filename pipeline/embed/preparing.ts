/** Makes images ready for the model: on threads, or here where that is sooner or the only way. */
import {
  type CarriedColumn,
  type CarriedValue,
  IMAGE_LOOK_COLUMNS,
  type ImageEntry,
  type ImageLook,
  ImagePool,
  type ImageRows,
  type LabelledBatch,
  type PixelBatch,
  type ReadyImage,
  type ReadyRows,
  type ReadySettings,
  readyImage,
  readyRows,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import type { EmbedImagesOptions } from '../options/index.js';

/** So few files, or pixels of an array, are ready before threads for them have started. */
const FEW_FILES = 48;
const FEW_PIXELS = 2 ** 20;

export class Preparing {
  readonly #settings: ReadySettings;
  readonly #transform: EmbedImagesOptions['transform'];
  /** Null where all is done in the calling thread. */
  readonly #pool: ImagePool | null;
  /** Bytes of the largest file that this thread has read; threads of the pool read those that have a path. */
  largestRead = 0;
  /** The image before, where they are made ready here: only one of them is decoded at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param images how many files there are, or the pixels of an array */
  constructor(
    { config }: Pick<Embedder, 'config'>,
    images: { files: number } | { pixels: number },
    options: EmbedImagesOptions,
  ) {
    const { maxPixels, orientation, background, allowTruncated, corruption, statistics = true, transform } = options;
    const rule = config.preprocessing;
    const channels = rule.mean.length;
    const decoding = { maxPixels, orientation, background, allowTruncated };
    this.#settings = { ...decoding, corruption, statistics, rule, channels, facts: true };
    this.#transform = transform;
    // A thread cannot be sent a function.
    const isFew = 'files' in images ? images.files < FEW_FILES : images.pixels < FEW_PIXELS;
    this.#pool = isFew || transform !== undefined ? null : new ImagePool(this.#settings);
  }

  async image(entry: ImageEntry, where: string, row: number): Promise<ReadyImage> {
    const bytes = entry.path ?? (await this.#read(entry));
    const file = { bytes, where, row };
    if (this.#pool !== null) return this.#pool.ready(file);
    const transform = this.#transform;
    const change = transform && ((batch: PixelBatch) => transform({ ...batch, firstRow: row, labels: [entry.label] }));
    const image = this.#last.then(() => readyImage(file, this.#settings, change));
    this.#last = image.catch(() => {});
    return image;
  }

  async rows(batch: LabelledBatch, where: string): Promise<ReadyRows> {
    const { labels, firstRow, ...pixels } = batch;
    const rows: ImageRows = { ...pixels, firstRow, where };
    if (this.#pool !== null) return this.#pool.readyRows(rows);
    const transform = this.#transform;
    const change = transform && ((seen: PixelBatch) => transform({ ...seen, firstRow, labels }));
    return readyRows(rows, this.#settings, change);
  }

  async #read(entry: ImageEntry): Promise<Uint8Array> {
    const bytes = await entry.read();
    this.largestRead = Math.max(this.largestRead, bytes.length);
    return bytes;
  }

  /** Gives back pixels that are not needed any more, which may then be overwritten. */
  reuse(pixels: { data: Uint8Array }): void {
    this.#pool?.reuse(pixels);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}

export function lookColumns({ statistics = true }: EmbedImagesOptions): readonly CarriedColumn[] {
  return statistics ? IMAGE_LOOK_COLUMNS : [];
}

/** A value for each of `lookColumns`. */
export function lookValues(look: ImageLook | null): CarriedValue[] {
  return look === null ? [] : [look.phash, look.dark, look.bright, look.blurred, look.grid];
}
