/** The options of `embedImages`. */

import type { OptionNames } from '../../base/index.js';
import {
  type CorruptionName,
  DECODE_OPTIONS,
  type DecodeOptions,
  IMAGE_SET_OPTIONS,
  type ImageSetOptions,
  type LabelledBatch,
} from '../../data/index.js';
import type { MaxRejected } from './rejections.js';

/**
 * Options of `embedImages`.
 *
 * @example
 * ```ts
 * import type { EmbedImagesOptions } from 'image-drift';
 *
 * const options: EmbedImagesOptions = {
 *   images: 'images', // the name of the array in the npz file
 *   labels: null, // this file has no labels
 *   timestamp: Date.UTC(2026, 10, 23),
 *   onProgress: (done, total) => console.log(`${done} of ${total} images`),
 * };
 * ```
 */
export interface EmbedImagesOptions extends ImageSetOptions, DecodeOptions {
  /** Name of the whole set of images, part of `event_id` and `image_url`. Default: folder and name of the file. */
  dataset?: string | undefined;
  /**
   * Image files that cannot be used before the run ends without events: a number, or a share of all of them such as `1%`,
   * which is the default. They are listed in `<out>.rejected.jsonl`. An array has no such images.
   */
  maxRejected?: MaxRejected | undefined;
  /** Column of a table that has the images, or their paths or URLs. Default: `image`, `file_name`, `path` or the like. */
  imageColumn?: string | undefined;
  /**
   * Where the timestamp of each image file comes from: `exif`, `mtime`, `name:REGEX` (the first group of a match in the
   * key) or `column:NAME`. An image without one has none.
   */
  timestampFrom?: string | undefined;
  /** Where the column `group` comes from: `folder:N` of the key, counted from 1, `name:REGEX` or `column:NAME`. */
  groupFrom?: string | undefined;
  /** Folder in which files of URLs are kept for the next run. Default: nothing is kept. */
  cache?: string | undefined;
  /** What the input `-` is read from. Default: the process's stdin. */
  stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Receives what a person should know about how the images were read. */
  onNotice?: ((text: string) => void) | undefined;
  /** Template of `image_url`, with `{dataset}`, `{row}` and `{key}`. Default: `{dataset}/{row}.png`; for files their key. */
  imageUrl?: string | undefined;
  /** Timestamp of every image, milliseconds since 1970 UTC; left out if not known. */
  timestamp?: number | undefined;
  /**
   * Leaves out where the images lie: the table does not say where they are read from, `image_url` is `row {row}`, or
   * `{dataset}/{row}` with `dataset`. Reports of the table have no pictures. Default: false.
   */
  redactPaths?: boolean | undefined;
  /** Corruption applied to the images before they are measured, resized and embedded. */
  corruption?: { name: CorruptionName; seed: number } | undefined;
  /**
   * Any other change to the images, at the same point. It must keep rows and order. The table then does not name its
   * images.
   */
  transform?: ((batch: LabelledBatch) => LabelledBatch) | undefined;
  /**
   * Adds statistics of the images (brightness, …) to the table, from which the causes of drift are found; default true.
   */
  statistics?: boolean | undefined;
  /**
   * Seconds after which what is finished is saved in the folder `<out>.parts`, again and again, until the events are in
   * place. If the run is cut off, `embedImages` with the same inputs, model and options goes on from there, and writes what
   * an undisturbed run would have written. 0: nothing is saved. Default: 10. Not with `transform`, nor for stdin.
   */
  saveEvery?: number | undefined;
  /** Ends the run after the batch under way, and a download at once: no events are written, what was saved stays. It then throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called when something was saved, or found saved: with the images that are finished, and the folder. */
  onSaved?: ((done: number, folder: string) => void) | undefined;
  /** Called after each batch with the images done so far, rejected ones among them, and all there are. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export const EMBED_IMAGES_OPTIONS: OptionNames<EmbedImagesOptions> = {
  ...IMAGE_SET_OPTIONS,
  ...DECODE_OPTIONS,
  dataset: true,
  maxRejected: true,
  imageColumn: true,
  timestampFrom: true,
  groupFrom: true,
  cache: true,
  stdin: true,
  onNotice: true,
  imageUrl: true,
  timestamp: true,
  redactPaths: true,
  corruption: true,
  transform: true,
  statistics: true,
  saveEvery: true,
  signal: true,
  onSaved: true,
  onProgress: true,
};
