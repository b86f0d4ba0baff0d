import type { CarriedColumn, CarriedValue } from './carried.js';
import type { ImageSource } from './images/sources/image-source.js';

/**
 * What an event table holds: length of the embeddings, class names, and which of the optional columns there are.
 *
 * @example
 * ```ts
 * import type { EventTableSchema } from 'image-drift';
 *
 * const schema: EventTableSchema = {
 *   dimensions: 128,
 *   classes: ['cat', 'dog'],
 *   tap: 'fc.0',
 *   weightsSha256: null,
 *   hasTargets: true,
 *   hasImageUrls: false,
 *   hasTimestamps: true,
 *   hasEventIds: false,
 *   statistics: [],
 *   images: null,
 *   extraTaps: new Map(),
 * };
 * ```
 */
export interface EventTableSchema {
  /** Length of every embedding. */
  dimensions: number;
  /** Class names, the names of the score columns, in the network's order; empty when there are no scores. */
  classes: readonly string[];
  /**
   * One for each class, if several may hold: from this score on, it holds. Not there where one class of all holds, or
   * where the file does not say.
   */
  thresholds?: readonly number[];
  /** The layer that the embeddings are the output of; null where the file does not say. */
  tap: string | null;
  /** sha256 of the weights that made them; null where the file does not say. */
  weightsSha256: string | null;
  /** Identifies all settings that decide about the pixels of the images; not there where the file does not say. */
  pixelsSha256?: string;
  /** One line about how far these weights can be trusted, for reports; not there where the file does not say. */
  weightsNote?: string;
  /** Whether there is a column of labels. */
  hasTargets: boolean;
  /** Whether there is a column of image URLs. */
  hasImageUrls: boolean;
  /** Whether there is a column of timestamps. */
  hasTimestamps: boolean;
  /** Whether there is a column of event ids. */
  hasEventIds: boolean;
  /** Statistics of the images that there are, by name (`brightness`, …), in the order of their columns. */
  statistics: readonly string[];
  /** Where the images are that the events were made of; null where the file does not say. */
  images: ImageSource | null;
  /** Arrays of further taps, npz only: name → shape of one row. */
  extraTaps: ReadonlyMap<string, readonly number[]>;
  /** All other columns, in the order of the table; none if left out. */
  carried?: readonly CarriedColumn[];
}

/**
 * Some events of a table, column by column. Every column has a value for each row.
 *
 * @example
 * ```ts
 * import type { EventBatch } from 'image-drift';
 *
 * // Two events with embeddings of three values, and nothing else.
 * const batch: EventBatch = {
 *   rows: 2,
 *   embeddings: Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
 *   scores: null,
 *   targets: [null, null],
 *   imageUrls: [null, null],
 *   timestamps: [null, null],
 *   eventIds: [null, null],
 *   statistics: new Map(),
 *   extraTaps: new Map(),
 * };
 * ```
 */
export interface EventBatch {
  /** Number of events. */
  rows: number;
  /** `[rows, dimensions]`, row-major, all finite. */
  embeddings: Float32Array;
  /** Softmax, or a score of its own for each class, `[rows, classes]`, row-major, NaN where a file has none; null when the table has no scores. */
  scores: Float32Array | null;
  /** Class names; null without a label. This and the columns below have a value a row, null where not known. */
  targets: readonly (string | null)[];
  /** Where the image of each event can be seen; null where not known. */
  imageUrls: readonly (string | null)[];
  /** Milliseconds since 1970, UTC. */
  timestamps: readonly (number | null)[];
  /** Identifier of each event; null where not known. */
  eventIds: readonly (string | null)[];
  /** Statistics of the images: name → `[rows]`, NaN where not known. */
  statistics: ReadonlyMap<string, Float32Array>;
  /** Outputs of further taps: name → `[rows, …]`. */
  extraTaps: ReadonlyMap<string, Float32Array>;
  /** Values of the carried columns but those of type `other`: name → `[rows]`; none if left out. */
  carried?: ReadonlyMap<string, readonly CarriedValue[]>;
}
