/** What `embedImages` needs of images, wherever they are: arrays or listings of files. */
import type { CarriedColumn, CarriedValue, ImageSource } from '../../data/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';

/** An image batch at the model's size, with all that the events say of its images. */
export interface PreparedBatch extends ImageBatch {
  /** What each image is called within its set: its row number in an array, its key in a listing. */
  keys: readonly (string | number)[];
  /** Class names; null without a label. */
  targets: readonly (string | null)[];
  /** Milliseconds since 1970, UTC; null where not known. */
  timestamps: readonly (number | null)[];
  /** Statistics by name, `[rows]` each; empty if they were not asked for. */
  statistics: ReadonlyMap<string, Float32Array>;
  /** Values of the input's columns: name → `[rows]`. */
  carried: ReadonlyMap<string, readonly CarriedValue[]>;
  /** Images that were looked at up to the end of this batch, rejected ones among them. */
  seen: number;
}

export interface EmbedInput {
  /** Images there are. */
  count: number;
  /** Name of the whole set, part of each event's id. */
  dataset: string;
  /** Template of `image_url` where none is given. */
  imageUrl: string;
  hasLabels: boolean;
  hasTimestamps: boolean;
  /** Columns beside those that all events have. */
  columns: readonly CarriedColumn[];
  /** Where a table at `eventsPath` says that its images are; null where it does not say. */
  source(eventsPath: string): ImageSource | null;
  /** All images in order, prepared for the model. */
  batches(embedder: Embedder): AsyncIterable<PreparedBatch>;
  /** Images that could not be used so far. */
  rejected(): number;
  close(): Promise<void>;
}
