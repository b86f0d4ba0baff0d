/** A separate entry for the `embed` command. Loading the rest takes as long as embedding a few images. */

export { type EmbedSummary, embedImages } from './embed-images.js';
export type { PreparedBatch } from './embed-input.js';
export type { EmbedImagesOptions } from './embed-options.js';
export { isRejection, type MaxRejected, rejectedPath } from './rejections.js';
export { remoteFiles } from './remote-files.js';
