import { anything, text, toggle } from '../../base/index.js';
import type { ColumnChoice } from '../../data/index.js';
import type { DrillTable } from '../../report/index.js';
import { cacheField } from './images.js';

export const reportFields = {
  /** Event table of the baseline, for pictures of its images. If left out, its points have no pictures. */
  baselineEvents: text().flag("The baseline's events, so that the report can show its images too, and for --centroids"),
  /** Which columns are embeddings and scores, where the tables do not say; as given to `measureWindows`. */
  columns: anything<ColumnChoice>(),
  /** Result of `runDrill`, shown as a table; default none. */
  drill: anything<DrillTable | null>(),
  /** Computes UMAP for the 3-D view, which takes some seconds; default true. */
  umap: toggle().default(true).computes('UMAP in the report; --no-umap saves some seconds'),
  /** Shows pictures of images; default true. Without them the report has no pixel of any image. */
  images: toggle().default(true).computes('Pictures in the report; --no-images for not a pixel of any'),
  /** Asks servers for the images at URLs that the tables name; default false, since a table from elsewhere may name any. */
  fetchImages: toggle()
    .default(false)
    .flag('Also pictures of images at URLs in the report: asks the servers that the events name'),
  /** Folder in which files of URLs are kept. Default: nothing is kept. */
  cache: cacheField.cache,
  /** Shows where files lie; default true. Without it, files and images are shown by their last name alone. */
  paths: anything<boolean>(),
  /** Further lines under "what was run". */
  provenance: anything<readonly { label: string; value: string }[]>(),
};
