import { CodedError, publicUrl, shownValue } from '../../base/index.js';
import { type CarriedColumn, type CarriedValue, DataError, type ImageSource } from '../../data/index.js';
import type { Embedded, Embedder, ImageBatch } from '../../engine/index.js';
import type { EmbedImagesOptions } from '../options/index.js';
import type { DepthFacts } from './depth-notices.js';
import type { RunIdentity } from './parts/parts-folder.js';
import type { StampedImage } from './parts/saved-run.js';

export interface RejectedImage {
  key: string;
  code: string;
  message: string;
  hint: string | null;
}

/** All that is said of the images of a batch besides their pixels. It is plain data, which can be kept in a file. */
export interface BatchFacts {
  /** What each image is called within its set: its row number in an array, its key in a listing. */
  keys: readonly (string | number)[];
  targets: readonly (string | null)[];
  /** Milliseconds since 1970, UTC; null where not known. */
  timestamps: readonly (number | null)[];
  /** Statistics by name, `[rows]` each; empty if they were not asked for. */
  statistics: ReadonlyMap<string, Float32Array>;
  /** Values of the input's columns: name → `[rows]`. */
  carried: ReadonlyMap<string, readonly CarriedValue[]>;
  /** Images that were looked at up to the end of this batch, rejected ones among them. */
  seen: number;
  turned: number;
  depth: DepthFacts;
  rejected: readonly RejectedImage[];
}

/** An image batch at the model's size. */
export interface PreparedBatch extends ImageBatch {
  /** All that the events say of its images; the engine need not wait for it. Its error counts when it is awaited. */
  facts: Promise<BatchFacts>;
  /** What each image since the batch before was in its source; empty where the input is one file. */
  stamps: readonly (string | null)[];
}

/** What an event table is written from. It is what a saved run keeps. */
export interface EmbeddedBatch extends Omit<Embedded<PreparedBatch>, 'input'> {
  input: BatchFacts;
}

export interface EmbedInput {
  count: number;
  dataset: string;
  imageUrl: string;
  hasLabels: boolean;
  hasTimestamps: boolean;
  columns: readonly CarriedColumn[];
  /** Where a table at `eventsPath` says that its images are; null where it does not say. */
  source(eventsPath: string): ImageSource | null;
  /** What tells this set of images from any other, without reading them. */
  identity(): Promise<RunIdentity>;
  /** Each image in its source as it is now; nothing where the input is one file, which `identity` has. */
  stamps(): AsyncIterable<StampedImage>;
  /** Images in order, prepared for the model. @param first image to begin with, from 0: the end of a batch */
  batches(first: number): AsyncIterable<PreparedBatch>;
  reuse?(batch: ImageBatch): void;
  /** Notes what an earlier run found out about a batch, so that it need not be prepared again. */
  restore(facts: BatchFacts): Promise<void>;
  rejected(): number;
  /** Names the list of rejected images, if any. Called when the events are on the disk, before they have their name. */
  commit(): Promise<void>;
  close(): Promise<void>;
}

/** One call: the model, the images, and where their events go. */
export interface EmbedRun {
  embedder: Embedder;
  input: EmbedInput;
  out: string;
  options: EmbedImagesOptions;
  /** Whether the same input can be had again. */
  isRepeatable: boolean;
  /** By `performance.now`. */
  started: number;
}

type Options = Pick<
  EmbedImagesOptions,
  | ('images' | 'layout' | 'pixels')
  | ('timestampFrom' | 'groupFrom' | 'imageColumn')
  | ('maxPixels' | 'orientation' | 'background' | 'allowTruncated' | 'depth')
>;
type Name = keyof Options;

/** What each option is where it changes nothing, beside `undefined`. */
const AS_WITHOUT: { readonly [K in Name]?: Options[K] } = { layout: 'nhwc', allowTruncated: false };
const OF_ARRAYS: readonly Name[] = ['images', 'layout', 'pixels'];
const OF_FILES: readonly Name[] = [
  ...(['timestampFrom', 'groupFrom', 'imageColumn'] as const),
  ...(['maxPixels', 'orientation', 'background', 'allowTruncated', 'depth'] as const),
];

export function refuseOptionsOfFiles(path: string, options: Options): void {
  const name = given(OF_FILES, options);
  if (name === undefined) return;
  const hint =
    'The images of an array have no names, times or columns. Leave it out, or give the images as files or parquet.';
  throw new DataError('BAD_OPTION', `${publicUrl(path)}: ${name} is for image files, this is an array`, { hint });
}

export function refuseOptionsOfArrays(where: string, options: Options): void {
  const name = given(OF_ARRAYS, options);
  if (name === undefined) return;
  const hint = 'Leave it out.';
  throw new DataError('BAD_OPTION', `${where}: ${name} is for arrays (npz, npy), these are image files`, { hint });
}

function given(names: readonly Name[], options: Options): Name | undefined {
  return names.find((name) => options[name] !== undefined && options[name] !== AS_WITHOUT[name]);
}

/**
 * JavaScript may pass what `Embedder.load` takes instead of what it gives. @param name of the called function
 * @throws CodedError `BAD_OPTION` for a path, a promise and whatever else is not an embedder
 */
export function checkEmbedder(name: string, embedder: unknown): void {
  if (typeof (embedder as { run?: unknown } | null | undefined)?.run === 'function') return;
  const found = embedder instanceof Promise ? 'a promise' : shownValue(embedder);
  const hint = 'Pass what `await Embedder.load(folder)` gives.';
  throw new CodedError('BAD_OPTION', `${name}: its embedder is ${found}, not an Embedder`, { hint });
}
