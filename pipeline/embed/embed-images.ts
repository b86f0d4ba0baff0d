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

export interface EmbedSummary {
  out: string;
  rows: number;
  /** Images with a label; `correct` of them are predicted correctly. */
  labelled: number;
  correct: number;
  /** Seconds for reading, preprocessing, inference and writing. */
  seconds: number;
}

/**
 * Embeds every image of `imagesPath` and writes the events to `out`, in the format of its file extension. Memory does
 * not grow with the number of images. After an error there is no file `out`, or the old one.
 *
 * @throws DataError, EngineError, FileError
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
  const images = await openImages(imagesPath, options);
  try {
    const table = new EventTable(
      embedder,
      images,
      imagesPath,
      options.dataset ?? datasetName(imagesPath),
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
