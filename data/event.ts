/** The event table: one row an image, as a stream of batches, so that memory stays flat however many images. */
import type { ImageSource } from './images/sources/image-source.js';

export interface EventTableSchema {
  /** Length of every embedding. */
  dimensions: number;
  /** Class names, the names of the score columns, in the network's order; empty when there are no scores. */
  classes: readonly string[];
  /** The layer that the embeddings are the output of; null where the file does not say. */
  tap: string | null;
  /** sha256 of the weights that made them; null where the file does not say. */
  weightsSha256: string | null;
  /** Which optional columns there are. */
  hasTargets: boolean;
  hasImageUrls: boolean;
  hasTimestamps: boolean;
  hasEventIds: boolean;
  /** Statistics of the images that there are, by name (`brightness`, …), in the order of their columns. */
  statistics: readonly string[];
  /** Where the images are that the events were made of; null where the file does not say. */
  images: ImageSource | null;
  /** Arrays of further taps, npz only: name → shape of one row. */
  extraTaps: ReadonlyMap<string, readonly number[]>;
}

export interface EventBatch {
  rows: number;
  /** `[rows, dimensions]`, row-major, all finite. */
  embeddings: Float32Array;
  /** Softmax, `[rows, classes]`, row-major, NaN where a file has none; null when the table has no scores. */
  scores: Float32Array | null;
  /** Class names; null without a label. This and the columns below have a value a row, null where not known. */
  targets: readonly (string | null)[];
  imageUrls: readonly (string | null)[];
  /** Milliseconds since 1970, UTC. */
  timestamps: readonly (number | null)[];
  eventIds: readonly (string | null)[];
  /** Statistics of the images: name → `[rows]`, NaN where not known. */
  statistics: ReadonlyMap<string, Float32Array>;
  /** Outputs of further taps: name → `[rows, …]`. */
  extraTaps: ReadonlyMap<string, Float32Array>;
}
