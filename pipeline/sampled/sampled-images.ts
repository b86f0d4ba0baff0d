/** A random sample of the images of any source, kept for commands that change it again and again, and embed it. */
import { CodedError, Random, shown } from '../../base/index.js';
import {
  decodeImage,
  entryPlace,
  type Image,
  imagesOf,
  isImageArray,
  labelName,
  labelNames,
  type PixelBatch,
} from '../../data/index.js';
import type { Matrix } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { isRejection, openArray, openSourceListing } from '../embed/index.js';
import type { ImageOptions } from '../options/index.js';

export const SAMPLE_STREAM = 0;
const READ_AT_ONCE = 256;

export interface SampleOptions extends ImageOptions {
  limit: number;
  seed: number;
}

export interface Sampled<T> {
  images: T[];
  targets: (string | null)[] | null;
  where: string;
}

type Size = Pick<Image, 'height' | 'width'>;

interface Keep<T extends Size> {
  /** Makes it. What it throws for a bad image file leaves that file out. */
  image(image: Image, where: string): T | Promise<T>;
  /** Called before images are kept, with how many there will be, and the size of one. May throw. */
  check(rows: number, image: Size, where: string): void;
}

/** Images in order, opened; a file is read when it is asked for. */
interface Source {
  where: string;
  count: number;
  hasLabels: boolean;
  isOfFiles: boolean;
  images(): AsyncIterable<{ where: string; target(): string | null; read(): Image | Promise<Image> }>;
  close(): Promise<void>;
}

/** All images, or `limit` of them, each equally likely; reports unusable files. @throws as `keep.check`; DataError */
export async function sampledImages<T extends Size>(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
  keep: Keep<T>,
): Promise<Sampled<T>> {
  try {
    const isArray = await isImageArray(inputs);
    const source = await (isArray ? arraySource : filesSource)(embedder, inputs, options);
    try {
      return await sample(source, options, keep);
    } finally {
      await source.close();
    }
  } catch (error) {
    // What was being fetched may end with an error of its own.
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function sample<T extends Size>(source: Source, options: SampleOptions, keep: Keep<T>): Promise<Sampled<T>> {
  const rows = Math.min(options.limit, source.count);
  const chosen = new Set(Random.stream(options.seed, SAMPLE_STREAM).sample(source.count, rows));
  const kept: Sampled<T> = { images: [], targets: source.hasLabels ? [] : null, where: source.where };
  const broken: CodedError[] = [];
  let row = 0;
  for await (const { where, target, read } of source.images()) {
    options.signal?.throwIfAborted();
    if (!chosen.delete(row++)) continue;
    const name = target();
    const made = async () => keep.image(await read(), where);
    const image = await made().catch((error: unknown) => {
      if (source.isOfFiles && isRejection(error)) return error;
      throw error;
    });
    if (image instanceof CodedError) broken.push(image);
    else {
      keep.check(rows, image, source.where);
      kept.images.push(image);
      kept.targets?.push(name);
    }
    if (chosen.size === 0) break;
  }
  if (broken.length > 0) options.onNotice?.(leftOut(source, broken, kept.images.length));
  return kept;
}

async function arraySource(embedder: Embedder, inputs: readonly string[], options: SampleOptions): Promise<Source> {
  const { images: set, close } = await openArray(embedder, inputs[0]!, options);
  const { where, count, labels, labelsWhere } = set;
  return {
    ...{ where, count, hasLabels: labels !== null, isOfFiles: false, close },
    async *images() {
      for await (const batch of set.batches(READ_AT_ONCE)) {
        const names = labelNames(batch.labels, embedder.config.classes, labelsWhere ?? where, batch.firstRow);
        for (const [row, image] of [...imagesOf(batch)].entries()) {
          yield { where, target: () => names[row] ?? null, read: () => ({ ...image, data: image.data.slice() }) };
        }
      }
    },
  };
}

async function filesSource(embedder: Embedder, inputs: readonly string[], options: SampleOptions): Promise<Source> {
  const { classes, preprocessing } = embedder.config;
  const { range } = preprocessing;
  const decoding = { ...options, range, orientation: options.orientation ?? preprocessing.orientation };
  const listing = await openSourceListing(embedder, inputs, options);
  return {
    ...{ where: listing.where, count: listing.count, hasLabels: listing.labels !== null, isOfFiles: true },
    async *images() {
      for await (const entry of listing.entries()) {
        const where = entryPlace(listing, entry);
        const read = async () => decodeImage(await entry.read(), where, decoding);
        yield { where, target: () => labelName(entry.label, classes, where), read };
      }
    },
    close: () => listing.close(),
  };
}

function leftOut({ where }: Source, broken: readonly CodedError[], left: number): string {
  const [first] = broken as [CodedError];
  if (left === 0) throw first;
  return `${shown(where)}: ${broken.length} of ${broken.length + left} images cannot be used; the first: ${first.message}`;
}

/** The model must take pictures and have classes, for what is done to the images to be seen. */
export function refuseModel(
  { config: { classes, multiLabel, preprocessing } }: Embedder,
  refusal: (message: string, hint?: string) => Error,
  [changes, headless]: readonly [changes: string, headless: string],
): void {
  const { length } = preprocessing.mean;
  if (length > 3) throw refusal(`the model takes ${length} channels, ${changes} are of RGB`);
  if (classes.length === 0) {
    throw refusal(`the model has no head: ${headless}`, 'Convert the checkpoint with its head.');
  }
  if (multiLabel !== undefined) {
    throw refusal(`several of the ${classes.length} labels of the model may hold: ${headless}, of which one holds`);
  }
}

export interface EmbeddedAll {
  embeddings: Matrix;
  scores: Matrix;
}

/**
 * @param embedder of one tap, with classes @param rows of all batches together
 * @param onProgress called with how many more are done, and how many in all
 */
export async function embedAll(
  embedder: Embedder,
  batches: Iterable<PixelBatch> | AsyncIterable<PixelBatch>,
  rows: number,
  onProgress: (rows: number, done: number) => void,
): Promise<EmbeddedAll> {
  const classes = embedder.config.classes.length;
  const scores = { rows, columns: classes, data: new Float32Array(rows * classes) };
  const embeddings = { rows, columns: 0, data: new Float32Array(0) };
  let done = 0;
  for await (const output of embedder.run(batches)) {
    const [tap] = output.taps.values();
    if (tap === undefined || output.scores === null) throw new TypeError('a tap and the softmax are needed');
    if (done === 0) {
      embeddings.columns = tap.data.length / output.rows;
      embeddings.data = new Float32Array(rows * embeddings.columns);
    }
    embeddings.data.set(tap.data, done * embeddings.columns);
    scores.data.set(output.scores, done * classes);
    done += output.rows;
    onProgress(output.rows, done);
  }
  return { embeddings, scores };
}
