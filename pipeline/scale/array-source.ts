/** An array of images (npz, npy): the plan has ranges of its rows. */

import { publicUrl } from '../../base/index.js';
import { fileSetName, isUrl } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { type EmbedImagesOptions, lookColumns, namedArray, openArray } from '../embed/index.js';
import { cannotPlan, type PlanSource } from './plan-source.js';
import { pinnedRows } from './row-files.js';

/** Images that are read at once. */
const READ_AT_ONCE = 64;

/** @throws as `openImages`; DataError `PLAN_SOURCE` */
export async function arrayPlanSource(
  embedder: Embedder,
  path: string,
  options: EmbedImagesOptions,
): Promise<PlanSource> {
  if (isUrl(path) && publicUrl(path) !== path) throw cannotPlan(publicUrl(path));
  const { images, stamp, close } = await openArray(embedder, path, options);
  const { where, labels, count, height, width } = images;
  const bytes = count * height * width * embedder.config.preprocessing.mean.length;
  return {
    where,
    about: { where, labels, columns: [], origin: { array: namedArray(embedder, path, images, options) } },
    dataset: fileSetName(path),
    count,
    hasTimestamps: options.timestamp !== undefined,
    columns: lookColumns(options).map(({ name }) => name),
    order: 'rows',
    async pin(_, ledger) {
      // A task reads its own rows alone, so this is the only time that the checksum of all bytes is looked at.
      for await (const _ of images.batches(READ_AT_ONCE));
      return { listing: null, rows: pinnedRows([{ file: path, stamp, groups: [{ rows: count, bytes }] }], ledger) };
    },
    close,
  };
}
