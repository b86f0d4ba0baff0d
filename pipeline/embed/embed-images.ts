/**
 * Turns an image file into an event table: read, resize, embed, name, write, all as one stream.
 *
 * This file only connects; images, embeddings and events are defined in `data` and `engine`.
 */
import { basename, dirname, extname, resolve } from 'node:path';
import { eventFormat, openImages } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import type { EmbedImagesOptions } from './embed-options.js';
import { EventTable } from './event-table.js';
import { preparedBatches } from './prepared-batches.js';
import { tellStage } from './stages.js';

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
 * console.log(accuracy({ out: 'week_1.parquet', rows: 4, labelled: 4, correct: 3, seconds: 0.1 })); // 0.75
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
  /** Seconds for reading, preprocessing, inference and writing. */
  seconds: number;
}

/**
 * Embeds every image of a file and writes one event for each: embedding, class scores, label, image URL, event id, and
 * statistics of the image such as its brightness. Memory does not grow with the number of images. If anything fails, no
 * file is written, and a file of that name stays as it was.
 *
 * @param embedder the model. It stays open.
 * @param imagesPath `.npz` or `.npy` file of uint8 images: `[count, height, width, 3]`, `[count, height, width]`
 *   (grey), or `[count, 3, height, width]` with `layout: 'nchw'`. For a model that takes gray images, RGB becomes gray as
 *   Pillow's `convert('L')` does it; for one of four channels, `[count, height, width, 4]` is needed
 * @param out file to write: `.parquet`, `.jsonl`, `.csv` or `.npz`
 * @param options names of the arrays, timestamp, progress
 * @returns number of images, of labels and of correct predictions, and the seconds it took
 * @throws DataError if the images are not as described; EngineError if the network cannot compute them; FileError
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
  imagesPath: string,
  out: string,
  options: EmbedImagesOptions = {},
): Promise<EmbedSummary> {
  const started = performance.now();
  // Checks the format before a minute of work, not after.
  eventFormat(out);
  const channels = embedder.config.preprocessing.mean.length;
  const images = await openImages(imagesPath, { ...options, channels });
  try {
    const table = new EventTable(
      embedder,
      images,
      imagesPath,
      options.dataset ?? (options.redactPaths ? basename(imagesPath) : datasetName(imagesPath)),
      out,
      options,
    );
    try {
      for await (const embedded of embedder.run(preparedBatches(embedder, images, options))) {
        const start = performance.now();
        await table.write(embedded);
        tellStage('write', start, embedded.rows);
        options.onProgress?.(table.rows, images.count);
      }
      const start = performance.now();
      await table.commit();
      tellStage('write', start, 0);
    } catch (error) {
      await table.discard();
      throw error;
    }
    const { rows, labelled, correct } = table;
    return { out, rows, labelled, correct, seconds: (performance.now() - started) / 1000 };
  } finally {
    await images.close();
  }
}

/**
 * Folder and file name without the extension. Unlike the full path, it stays the same when the data moves to another
 * machine.
 */
function datasetName(path: string): string {
  const full = resolve(path);
  return `${basename(dirname(full))}/${basename(full, extname(full))}`;
}
