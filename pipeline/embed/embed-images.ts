/** Turns images into an event table: read, resize, embed, name, write, all as one stream. */

import { setV8Flag } from '#platform';
import { SavedRun } from '#surroundings';
import { checkedOptions } from '../../base/index.js';
import {
  DataError,
  eventFormat,
  type ImageListing,
  isImageArray,
  isStdin,
  loadImageKernels,
  type PinnedFile,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { orderedMap } from '../../files/index.js';
import { packageVersion, pixelSettingsSha256 } from '../../weights/index.js';
import { type EmbedImagesOptions, embedFields } from '../options/index.js';
import { type ArrayRange, openArrayInput } from './array-input.js';
import { checkEmbedder, type EmbeddedBatch, type EmbedRun } from './embed-input.js';
import { EventTable } from './event-table.js';
import { inputOfListing, openListingInput } from './listing-input.js';
import type { RunIdentity } from './parts/parts-folder.js';
import { tellStage } from './queue.js';

/** Seconds: little work is lost with what was not saved, and saving takes milliseconds. */
const SAVE_EVERY = 10;
/** Batches that the engine may be ahead of the statistics: a thread takes a while to start. */
const AHEAD = 3;

/**
 * What `embedImages` has done. `correct / labelled` is the accuracy.
 *
 * @example
 * ```ts
 * import type { EmbedSummary } from 'image-drift';
 *
 * function accuracy({ labelled, correct }: EmbedSummary): number | null {
 *   return labelled === 0 ? null : correct / labelled;
 * }
 * const summary = { out: 'week_1.parquet', rows: 4, labelled: 4, correct: 3, rejected: 0, resumed: 0, seconds: 0.1 };
 * console.log(accuracy(summary)); // 0.75
 * ```
 */
export interface EmbedSummary {
  /** Path of the event table. */
  out: string;
  /** Images embedded; each is one event. */
  rows: number;
  /** Images with a label. */
  labelled: number;
  /** Labelled images whose predicted class is their label. */
  correct: number;
  /** Image files that could not be used; they are listed in `<out>.rejected.jsonl`. 0 for an array. */
  rejected: number;
  /** Images embedded by an earlier run that was cut off; `rows` counts them too. */
  resumed: number;
  /** Seconds for reading, preprocessing, inference and writing. */
  seconds: number;
}

/**
 * Embeds images and writes one event for each: embedding, class scores, label, image URL, event id, and statistics of
 * the image such as its brightness. Memory does not grow with the number of images. If anything fails, no event file
 * is written, and a file of that name stays as it was. A run of more than ten seconds saves what it has finished in
 * the folder `<out>.parts`: after a failure or a kill, the same call goes on from there.
 *
 * Images are an array or files. An array is an `.npz` or `.npy` of uint8: `[count, height, width, 3]`,
 * `[count, height, width]` (grey), or `[count, 3, height, width]` with `layout: 'nchw'`. Files are given as folders, image
 * files, patterns, tars, zips, tables, or `-` for a list of paths or a tar on stdin; all of them also at `https://` and
 * `s3://` URLs. Their events come in the order of their keys,
 * and have further columns: `image_path`, `image_width`, `image_height`, `image_format`, `image_bytes` and
 * `image_sha256`. For a model that takes gray images, RGB becomes gray as Pillow's `convert('L')` does it; one of
 * four channels needs an array `[count, height, width, 4]`.
 *
 * @param embedder the model. It stays open.
 * @param images one input or several
 * @param out file to write: `.parquet`, `.jsonl`, `.csv` or `.npz`
 * @param options names of arrays, labels, how files are decoded, timestamp, progress
 * @returns number of images, of labels and of correct predictions, and the seconds it took
 * @throws DataError if an array is not as described, or `IMAGES_REJECTED` if more image files than `maxRejected`
 *   cannot be used; EngineError if the network cannot compute them; FileError, also `OUT_IN_USE` and `PARTS_FOLDER`;
 *   CodedError `DOWNLOAD_…`, `S3_…` if what is at a URL cannot be had
 *
 * @example
 * ```ts
 * import { Embedder, embedImages, weightsFolder } from 'image-drift';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const { rows, correct, labelled } = await embedImages(embedder, 'week_1.npz', 'embedded.parquet');
 * console.log(`${rows} images, ${correct} of ${labelled} labels predicted`);
 * await embedder.close();
 * ```
 */
export async function embedImages(
  embedder: Embedder,
  images: string | readonly string[],
  out: string,
  options: EmbedImagesOptions = {},
): Promise<EmbedSummary> {
  options = checkedOptions('embedImages', options, embedFields);
  checkEmbedder('embedImages', embedder);
  const whole = labelOptions(embedder, options);
  const started = performance.now();
  options.signal?.throwIfAborted();
  // Checks the format before a minute of work, not after.
  eventFormat(out);
  const inputs = [images].flat();
  await loadImageKernels();
  try {
    const input = (await isImageArray(inputs))
      ? await openArrayInput(embedder, inputs[0]!, whole)
      : await openListingInput(embedder, inputs, out, whole);
    return await embedInput({ embedder, input, isRepeatable: !inputs.some(isStdin), out, started, options: whole });
  } catch (error) {
    // What was being fetched may end with an error of its own.
    options.signal?.throwIfAborted();
    throw error;
  }
}

/** As `embedImages`; any number may be rejected. If all are, no table is written. @param listing is closed */
export async function embedListing(
  embedder: Embedder,
  listing: ImageListing,
  out: string,
  given: EmbedImagesOptions = {},
): Promise<EmbedSummary> {
  const started = performance.now();
  const options = labelOptions(embedder, given);
  const input = await inputOfListing(embedder, listing, out, null, options);
  return embedInput({ embedder, input, isRepeatable: true, out, started, options });
}

/** Embeds some images of an array that a plan has pinned, as `embedImages` does. */
export async function embedArray(
  embedder: Embedder,
  array: PinnedFile,
  range: ArrayRange,
  out: string,
  given: EmbedImagesOptions = {},
): Promise<EmbedSummary> {
  const started = performance.now();
  const options = labelOptions(embedder, given);
  const input = await openArrayInput(embedder, array, options, range);
  return embedInput({ embedder, input, isRepeatable: true, out, started, options });
}

/**
 * A folder or an array has one label for each image. Where several may hold, that is not all of them.
 * @throws DataError `LABELS_SEVERAL`
 */
export function labelOptions<O extends Pick<EmbedImagesOptions, 'labels'>>({ config }: Embedder, options: O): O {
  if (config.multiLabel === undefined) return options;
  const { labels = null } = options;
  if (labels === null) return { ...options, labels };
  const message = `labels ${labels}: one for each image, and several of the ${config.classes.length} labels of these weights may hold`;
  throw new DataError('LABELS_SEVERAL', message, {
    hint: 'Give them to image-drift accuracy, as a csv with a column of 0 and 1 for each label.',
  });
}

/**
 * How much V8 lets its heap grow before it marks all of it, in percent; 0: V8 chooses. It chose 10, and counts arrays,
 * which are outside of the heap: the heap was marked each second, which took 1 % of two cores.
 */
const [GROWTH, USUAL_GROWTH] = [100, 0];

function letHeapGrow(percent: number): void {
  setV8Flag(`--heap-growing-percent=${percent}`);
}

/** Closes the input. */
async function embedInput(run: EmbedRun): Promise<EmbedSummary> {
  const { input, out, options } = run;
  let saved: SavedRun<EmbeddedBatch> | null = null;
  letHeapGrow(GROWTH);
  try {
    saved = await openSavedRun(run);
    const table = new EventTable(run);
    try {
      const resumed = await takeFinished(run, saved, table);
      await embedRest(run, saved, table);
      const start = performance.now();
      await table.finish();
      saved.check();
      await input.commit();
      await table.commit();
      tellStage('write', start, 0);
      await saved.remove();
      if (table.sameForAll !== null) options.onNotice?.(table.sameForAll);
      const { rows, labelled, correct } = table;
      const seconds = (performance.now() - run.started) / 1000;
      return { out, rows, labelled, correct, rejected: input.rejected(), resumed, seconds };
    } catch (error) {
      await table.discard();
      throw error;
    }
  } finally {
    letHeapGrow(USUAL_GROWTH);
    await saved?.close();
    await input.close();
  }
}

async function openSavedRun(run: EmbedRun): Promise<SavedRun<EmbeddedBatch>> {
  const { input, out, isRepeatable } = run;
  const { saveEvery = SAVE_EVERY, transform, onNotice, onSaved } = run.options;
  if (!(saveEvery >= 0 && Number.isFinite(saveEvery))) {
    throw new DataError('BAD_OPTION', `saveEvery ${saveEvery}: seconds, or 0 for never, are possible`);
  }
  // What a function does to the images cannot be compared.
  const every = transform === undefined ? saveEvery : 0;
  const identity = () => embedIdentity(run);
  return SavedRun.open(out, { every, isRepeatable, count: input.count, identity, onNotice, onSaved });
}

/** Writes the events that an earlier run has finished, and notes what it found. Gives their number. */
async function takeFinished(
  { input, options: { onProgress, signal } }: EmbedRun,
  saved: SavedRun<EmbeddedBatch>,
  table: EventTable,
): Promise<number> {
  for await (const batch of saved.finished(input.stamps())) {
    signal?.throwIfAborted();
    await input.restore(batch.input);
    await table.write(batch);
  }
  if (saved.images > 0) onProgress?.(saved.images, input.count);
  return table.rows;
}

async function embedRest(
  { embedder, input, options: { onProgress, signal } }: EmbedRun,
  saved: SavedRun<EmbeddedBatch>,
  table: EventTable,
): Promise<void> {
  const results = embedder.run(input.batches(saved.images), table.rows);
  const withFacts = orderedMap(results, AHEAD, async (batch) => ({ batch, facts: await batch.input.facts }));
  for await (const { batch, facts } of withFacts) {
    const start = performance.now();
    const embedded = { ...batch, input: facts };
    await table.write(embedded);
    input.reuse?.(batch.input);
    await saved.add(() => embedded, facts.seen, batch.input.stamps);
    tellStage('write', start, batch.rows);
    onProgress?.(facts.seen, input.count);
    signal?.throwIfAborted();
  }
}

/**
 * Names of flags are the command line's. Left out is what only changes how events are written (`dataset`, `imageUrl`,
 * the format), and what only decides whether a run ends (`maxRejected`).
 */
async function embedIdentity({ embedder, input, options }: EmbedRun): Promise<RunIdentity> {
  const {
    maxPixels,
    imageColumn,
    timestamp,
    timestampFrom,
    groupFrom,
    corruption,
    depth,
    labels,
    statistics = true,
  } = options;
  const given: Record<string, string | number | null | undefined> = {
    'max-pixels': maxPixels,
    'image-column': imageColumn,
    depth,
    labels: labels === null ? 'none' : labels,
    timestamp,
    'timestamp-from': timestampFrom,
    'group-from': groupFrom,
    corruption: corruption && `${corruption.name}, seed ${corruption.seed}`,
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    version: packageVersion,
    ...embedder.computation,
    pixels: pixelSettingsSha256(embedder.config.preprocessing, options),
    statistics: statistics ? 'yes' : 'no',
    'redact-paths': options.redactPaths ? 'yes' : 'no',
    ...Object.fromEntries(said.map(([name, value]) => [name, String(value)])),
    ...(await input.identity()),
  };
}
