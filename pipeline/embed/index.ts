/** The part of the pipeline that `embed` needs, with a door of its own: the rest takes as long to load as to embed. */

export { type EmbedSummary, embedImages } from './embed-images.js';
export type { EmbedImagesOptions } from './embed-options.js';
export type { PreparedBatch } from './prepared-batches.js';
