/** One image in, an answer out: what `embedImages` says of an image, for a service that gets them one by one. */
import { type Fields, type Settled, settle } from '../../base/index.js';
import {
  DataError,
  type DepthRange,
  type ImageLook,
  ImagePool,
  loadImageKernels,
  notDeep,
  RANGE_HINT,
  ranged,
  statisticNames,
} from '../../data/index.js';
import { decodeFields } from '../../data/options/index.js';
import { predictedOf } from '../../drift/prediction/index.js';
import { Embedder, type TapOutput } from '../../engine/index.js';
import { embedderFields } from '../../engine/options/index.js';
import { pixelSettingsSha256, weightsFolder } from '../../weights/index.js';
import { callFields, type OpenEmbedderOptions, openEmbedderFields } from '../options/index.js';
import { Batches, type ImageOutputs } from './batches.js';
import { ServiceError } from './service-error.js';

/**
 * Decoded pixels: uint8 RGB, `[height, width, 3]`, row-major; of a network for four channels, `[height, width, 4]`. Where
 * the weights have a range, uint16.
 */
export interface Pixels {
  height: number;
  width: number;
  data: Uint8Array | Uint16Array;
}

/** The bytes of an image file, its path on this machine, or pixels. */
export type GivenImage = Uint8Array | string | Pixels;

/**
 * What is known of one image: the same as in its row of `embedImages`, bit for bit.
 *
 * @example
 * ```ts
 * import { type EmbeddedImage, openEmbedder } from 'image-drift/service';
 * import { weightsFolder } from 'image-drift/weights';
 *
 * const embedder = await openEmbedder(weightsFolder('fashion-mnist-resnet18'));
 * const image: EmbeddedImage = await embedder.embed({ height: 28, width: 28, data: new Uint8Array(28 * 28 * 3) });
 * console.log(image.predicted, image.embedding.length); // 128
 * await embedder.close();
 * ```
 */
export interface EmbeddedImage extends ImageOutputs {
  /** The output of the first tap, flattened. */
  embedding: Float32Array;
  /** The class of the highest score; null without classes, and where several may hold. */
  predicted: string | null;
  /** Its score; null where that is. */
  confidence: number | null;
  /** Brightness, sharpness, …, by name; empty if they were not asked for. */
  statistics: Readonly<Record<string, number>>;
  /** Perceptual hash, and how dark, bright and blurred it is; null if statistics were not asked for. */
  look: ImageLook | null;
  /** Pixels, before any resize. */
  width: number;
  /** Pixels, before any resize. */
  height: number;
  /** What kind of file, how many bytes, their sha256, when a camera took it; null for pixels. */
  file: { format: string; bytes: number; sha256: string; taken: number | null } | null;
}

type Prepared = Pick<EmbeddedImage, 'statistics' | 'look' | 'width' | 'height' | 'file'> & {
  pixels: { height: number; width: number; data: Uint8Array };
};

export interface EmbedCallOptions {
  /** Ends the call; it then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Embeds single images on all cores; `openEmbedder` makes one. Close it when you are done: it owns threads.
 *
 * @example
 * ```ts
 * import { type ImageEmbedder, openEmbedder } from 'image-drift/service';
 * import { weightsFolder } from 'image-drift/weights';
 *
 * const embedder: ImageEmbedder = await openEmbedder(weightsFolder('fashion-mnist-resnet18'));
 * const all = await Promise.all(['cat.jpg', 'dog.png'].map((path) => embedder.embed(path)));
 * console.log(all.map(({ predicted }) => predicted));
 * await embedder.close();
 * ```
 */
export class ImageEmbedder implements AsyncDisposable {
  /** The network: its classes, engine and threads. */
  readonly network: Embedder;
  /** Identifies all settings that decide about the pixels, as event tables say it. */
  readonly pixelsSha256: string;
  readonly #pool: ImagePool;
  readonly #batches: Batches;
  readonly #maxWaiting: number;
  #waiting = 0;

  private constructor(network: Embedder, { maxDelay, maxWaiting, statistics, ...decoding }: Settled<typeof called>) {
    const { preprocessing } = network.config;
    const asked = { ...decoding, orientation: decoding.orientation ?? preprocessing.orientation };
    const channels = preprocessing.mean.length;
    this.network = network;
    this.pixelsSha256 = pixelSettingsSha256(preprocessing, decoding);
    const { range } = preprocessing;
    this.#pool = new ImagePool({ ...asked, range, rule: preprocessing, channels, statistics, facts: true });
    this.#batches = new Batches(network, maxDelay);
    this.#maxWaiting = maxWaiting;
  }

  /** @param weights a weights folder, or a bundled model's name @param options as of `openEmbedder` */
  static async open(weights: string, options: OpenEmbedderOptions): Promise<ImageEmbedder> {
    const settled = settle('openEmbedder', options, openEmbedderFields);
    const [network] = await Promise.all([
      Embedder.load(weightsFolder(weights), pick(settled, embedderFields)),
      loadImageKernels(),
    ]);
    return new ImageEmbedder(network, pick(settled, called));
  }

  /**
   * Decodes, measures, resizes and embeds an image, as `embedImages` does. Calls that meet share a batch.
   *
   * @param image bytes of a file, its path, or pixels; a path from a stranger reads this machine's disk
   * @throws DataError for an image that cannot be used, as `embedImages` lists it; ServiceError `QUEUE_FULL` at once
   *   where too many calls are under way, `IMAGE_NEEDED` for anything else, `PIXELS_LENGTH`; EngineError as
   *   `Embedder.run`. The next call is not affected
   */
  async embed(image: GivenImage, { signal }: EmbedCallOptions = {}): Promise<EmbeddedImage> {
    signal?.throwIfAborted();
    if (this.#waiting >= this.#maxWaiting) throw queueFull(this.#maxWaiting);
    this.#waiting++;
    try {
      return await untilAborted(this.#embedded(image), signal);
    } finally {
      this.#waiting--;
    }
  }

  /** Ends the threads. Calls under way fail. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.network.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #embedded(image: GivenImage): Promise<EmbeddedImage> {
    const isFile = typeof image === 'string' || image instanceof Uint8Array;
    if (!isFile && !isPixels(image)) throw notAnImage(image);
    const prepared = isFile ? this.#file(image) : this.#pixels(image);
    const outputs = await this.#batches.outputsOf(prepared.then(({ pixels }) => pixels));
    const { pixels: _, ...facts } = await prepared;
    return { ...facts, ...outputs, ...predictionOf(outputs, this.network), embedding: firstOf(outputs.taps).data };
  }

  async #file(given: Uint8Array | string): Promise<Prepared> {
    const where = typeof given === 'string' ? given : 'image';
    const { pixels, statistics, look, width, height, format, facts } = await this.#pool.ready({ bytes: given, where });
    return {
      pixels,
      statistics: byName(statistics, this.network),
      look,
      width,
      height,
      file: facts && { format, ...facts },
    };
  }

  async #pixels(given: Pixels): Promise<Prepared> {
    const { height, width, data } = given;
    const bytes = height * width * RGB;
    if (data.length !== bytes) throw pixelsLength(given, bytes);
    const levels = levelsOf(given, this.network.config.preprocessing.range);
    const rows = { rows: 1, height, width, ...levels, where: 'image', firstRow: 0 };
    const { statistics, looks, ...pixels } = await this.#pool.readyRows(rows);
    const [phash, dark, bright, blurred, grid] = looks.map(([value]) => value) as LookValues;
    const look = phash === undefined ? null : { phash, dark, bright, blurred, grid };
    return { pixels, statistics: byName(statistics, this.network), look, width, height, file: null };
  }
}

/** @throws DataError `IMAGES_DEPTH` for 8 bits where the weights have a range, and for 16 where they have none */
function levelsOf({ height, width, data }: Pixels, range: DepthRange | undefined) {
  if (range === undefined) {
    if (data instanceof Uint8Array) return { data };
    throw new DataError('IMAGES_DEPTH', 'image: pixels of 16 bits, the weights are for 8', { hint: RANGE_HINT });
  }
  if (data instanceof Uint8Array) throw notDeep('image', 'pixels of 8 bits', range, 'IMAGES_DEPTH');
  const { levels, cutOff } = ranged(data, range, RGB);
  return { data: levels, cutOffs: Float32Array.of(cutOff / (height * width)) };
}

const called = { ...decodeFields, ...callFields };
const RGB = 3;

/** In the order of `IMAGE_LOOK_COLUMNS`. */
type LookValues = [phash: string, dark: number, bright: number, blurred: number, grid: string];

/** Those of the options that are in `fields`. */
function pick<O extends object, F extends Fields>(options: O, fields: F): Pick<O, keyof O & keyof F> {
  const own = Object.entries(options).filter(([name]) => Object.hasOwn(fields, name));
  return Object.fromEntries(own) as Pick<O, keyof O & keyof F>;
}

function byName(statistics: Float32Array, { config }: Embedder): Readonly<Record<string, number>> {
  const names = statisticNames(config.preprocessing.range);
  return Object.fromEntries(Array.from(statistics, (value, i) => [names[i], value]));
}

function firstOf(taps: ReadonlyMap<string, TapOutput>): TapOutput {
  return taps.values().next().value as TapOutput;
}

function predictionOf({ scores }: ImageOutputs, { config }: Embedder) {
  if (scores === null || config.multiLabel !== undefined) return { predicted: null, confidence: null };
  const best = predictedOf({ rows: 1, columns: scores.length, data: scores }, 0);
  return { predicted: config.classes[best] ?? null, confidence: scores[best] ?? null };
}

/** What has begun goes on, and is dropped. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function queueFull(most: number): ServiceError {
  return new ServiceError('QUEUE_FULL', `${most} images are under way, as many as maxWaiting allows`, {
    hint: 'Answer 503 and let the caller try again, or raise maxWaiting.',
    exitCode: 5,
  });
}

/** Programs without types give what a request had. */
function isPixels(given: unknown): given is Pixels {
  const { height, width, data } = (given ?? {}) as Partial<Pixels>;
  const isSide = (side: unknown) => Number.isInteger(side) && (side as number) > 0;
  return isSide(height) && isSide(width) && (data instanceof Uint8Array || data instanceof Uint16Array);
}

function notAnImage(given: unknown): ServiceError {
  const found = given === null || given === undefined ? String(given) : `a value of type ${typeof given}`;
  return new ServiceError('IMAGE_NEEDED', `image: ${found}, bytes of an image file, its path, or pixels are needed`);
}

function pixelsLength({ height, width, data }: Pixels, needed: number): ServiceError {
  const [found, wanted] = [data.length, needed].map((bytes) => bytes.toLocaleString('en'));
  return new ServiceError(
    'PIXELS_LENGTH',
    `image: ${height}×${width} RGB pixels are ${wanted} bytes, data has ${found}`,
  );
}

/**
 * Opens a network for single images.
 *
 * @param weights a weights folder, or the name of a bundled model
 * @returns an embedder, which owns threads: close it
 * @throws as `Embedder.load`
 *
 * @example
 * ```ts
 * import { openEmbedder } from 'image-drift/service';
 * import { weightsFolder } from 'image-drift/weights';
 *
 * const embedder = await openEmbedder(weightsFolder('fashion-mnist-resnet18'), { maxPixels: 20_000_000 });
 * const { predicted, confidence } = await embedder.embed('cat.jpg');
 * console.log(predicted, confidence);
 * await embedder.close();
 * ```
 */
export function openEmbedder(weights: string, options: OpenEmbedderOptions = {}): Promise<ImageEmbedder> {
  return ImageEmbedder.open(weights, options);
}
