/** How a task reads its images, and the options of `embedImages`. */
import { anything, number, type OptionsOf, text, toggle } from '../../base/index.js';
import type { CorruptionName, LabelledBatch } from '../../data/index.js';
import { type DecodeOptions, decodeFields, type ImageSetOptions, imageSetFields } from '../../data/options/index.js';

export const cacheField = {
  /** Folder in which files of URLs are kept for the next run. Default: nothing is kept. */
  cache: text()
    .flag('Folder that keeps files of https:// and s3:// URLs for the next run')
    .typedOnly()
    .shows('nothing is kept'),
};

const sourceFields = {
  /** Column of a table with images, their paths or URLs. Default: `image`, `file_name`, `path` or the like. */
  imageColumn: text().computes('Of a table: the column of images, paths or URLs').shows('image, file_name, path, …'),
  /** Folder in which files of URLs are kept for the next run. Default: nothing is kept. */
  cache: cacheField.cache,
  /** Receives what a person should know about how the images were read. */
  onNotice: anything<(text: string) => void>(),
  /** Ends the call after the image or batch under way, and a download at once. It then throws the signal's reason. */
  signal: anything<AbortSignal>(),
};

/** How images are read: arrays, files, and where they come from. */
export interface ImageOptions extends Omit<ImageSetOptions, 'range'>, DecodeOptions, OptionsOf<typeof sourceFields> {}

/** The range is stored with the weights. */
const { range: _, ...setFields } = imageSetFields;

export const imageFields = { ...setFields, ...decodeFields, ...sourceFields };

const eventFields = {
  /** Name of the whole set of images, part of `event_id` and `image_url`. Default: folder and name of the file. */
  dataset: text().computes('Name in event_id and image_url').shows('FOLDER/FILE'),
  /** `image_url`, with `{dataset}`, `{row}`, `{key}`. Default: `{dataset}/{row}.png`; for files, the key. */
  imageUrl: text().flag('Template of image_url').shows('{key} of a file, {dataset}/{row}.png of an array'),
  /**
   * Where the timestamp of each image file comes from: `exif`, `mtime`, `name:REGEX` (the first group of a match in the
   * key) or `column:NAME`. An image without one has none.
   */
  timestampFrom: text().computes('When each image file was taken: exif, mtime, name:REGEX, column:NAME'),
  /** Where the column `group` comes from: `folder:N` of the key, counted from 1, `name:REGEX` or `column:NAME`. */
  groupFrom: text().computes('Column group (camera, site, clip): folder:1, name:REGEX, column:NAME'),
  /** Timestamp of every image, milliseconds since 1970 UTC; left out if not known. */
  timestamp: anything<number>(),
  /**
   * Adds statistics of the images (brightness, …) to the table, from which the causes of drift are found; default true.
   */
  statistics: toggle()
    .default(true)
    .computes('Brightness, sharpness, perceptual hash, … of each image as columns; --no-statistics for none'),
};

const runFields = {
  /**
   * Image files that cannot be used before the run ends without events: a number, or a share of all of them such as
   * `1%`, which is the default. They are listed in `<out>.rejected.jsonl`. An array has no such images.
   */
  maxRejected: text()
    .orNumber()
    .takes('a number of images, or a share such as 1%', (given) => maxRejected(given) !== undefined)
    .from(maxRejected)
    .default('1%')
    .computes('Image files that may be broken, a number or a share, rounded down; more are exit code 4. 0 is strict'),
  /**
   * Seconds after which what is finished is saved in the folder `<out>.parts`, again and again, until the events are in
   * place. If the run is cut off, `embedImages` with the same inputs, model and options goes on from there, and writes
   * what an undisturbed run would have written. 0: nothing is saved. Default: 10. Not with `transform`, nor for stdin.
   */
  saveEvery: number()
    .takes('seconds, or 0 for never', (value) => Number.isFinite(value) && value >= 0)
    .default(10)
    .computes('Seconds after which finished images are saved in OUT.parts, so that the same command goes on; 0: never'),
  /**
   * Leaves out where the images lie: the table does not say where they are read from, `image_url` is `row {row}`, or
   * `{dataset}/{row}` with `dataset`. Reports of the table have no pictures. Default: false.
   */
  redactPaths: toggle()
    .default(false)
    .computes('No folders in what is made: images are named by their rows, and a report finds no pictures'),
  /** What the input `-` is read from. Default: the process's stdin. */
  stdin: anything<AsyncIterable<Uint8Array>>(),
  /** Corruption applied to the images before they are measured, resized and embedded. */
  corruption: anything<{ name: CorruptionName; seed: number }>(),
  /**
   * Any other change to the images, at the same point. It must keep rows and order. The table then does not name its
   * images.
   */
  transform: anything<(batch: LabelledBatch) => LabelledBatch>(),
  /** Called when something was saved, or found saved: with the images that are finished, and the folder. */
  onSaved: anything<(done: number, folder: string) => void>(),
  /** Called after each batch with the images done so far, rejected ones among them, and all there are. */
  onProgress: anything<(done: number, total: number) => void>(),
};

function maxRejected(given: string): number | `${number}%` | undefined {
  if (/^\d+$/.test(given) && Number.isSafeInteger(Number(given))) return Number(given);
  return /^\d+(\.\d+)?%$/.test(given) && Number.parseFloat(given) <= 100 ? (given as `${number}%`) : undefined;
}

export const embedFields = { ...imageFields, ...eventFields, ...runFields };

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
export interface EmbedImagesOptions extends ImageOptions, OptionsOf<typeof eventFields>, OptionsOf<typeof runFields> {}
